import { below } from '../talk.ts';
import type { GoContext } from './context.ts';
import type { TreeHead } from './note.ts';
import type { Verifier } from './verifier.ts';

/** Where the database is, below this mirror, and whose signature it carries. */
export interface Database {
  readonly context: GoContext;
  readonly name: string;
  readonly verifier: Verifier;
}

/** A looked-up record that names the module version, with the verified head it came with. */
export interface FoundRecord {
  readonly id: number;
  readonly text: string;
  readonly head: TreeHead;
  readonly hashes: Readonly<Record<string, string>>;
}

/** The URL of a path of the database. Unlike module URLs, a `!` stays literal here, as the go command sends it. */
export function at({ context, name }: Database, path: string): string {
  return below(context, `sumdb/${name}/${path}`);
}

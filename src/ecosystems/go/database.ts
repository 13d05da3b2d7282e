import type { Ask } from '../../core/transcript.ts';
import type { Answered } from '../status.ts';
import { below, type Got, type Talk } from '../talk.ts';
import { get } from './ask.ts';
import type { GoContext } from './context.ts';
import type { SignedHead } from './note.ts';
import type { Verifier } from './verifier.ts';

/** Where the database is asked, and whose signature it carries. */
export interface Database {
  readonly context: GoContext;
  /** The URL that its paths stand below: a mirror's relay, or its own. */
  readonly base: string;
  readonly verifier: Verifier;
  /** What was fetched in this conversation, by path: each proof holds it against its root again. */
  readonly fetched: Map<string, Buffer>;
  /** How long its answers took in this conversation, by path. */
  readonly took: Map<string, NonNullable<Answered['took']>>;
}

/** A looked-up record that names the module version, with the verified head it came with. */
export interface FoundRecord {
  readonly id: number;
  readonly text: string;
  readonly head: SignedHead;
  readonly hashes: Readonly<Record<string, string>>;
}

/** The database as a mirror relays it. */
export function relayOf(context: GoContext, verifier: Verifier): Database {
  return { context, verifier, fetched: new Map(), took: new Map(), base: below(context, `sumdb/${verifier.name}`) };
}

/** The database itself; `null`: it is asked through relays alone. */
export function directOf(context: GoContext, verifier: Verifier): Database | null {
  const { direct } = context.own.sumdb ?? {};
  return direct === undefined ? null : { context, verifier, fetched: new Map(), took: new Map(), base: direct };
}

/** Asks a path of the database, and keeps how long its answer took. */
export function* getFrom(
  database: Database,
  path: string,
  { aside, bodyBytesMax }: Pick<Ask, 'aside' | 'bodyBytesMax'>,
): Talk<Got> {
  const ask = { url: at(database, path), bodyBytesMax, ...(aside === true ? { aside } : {}) };
  const got = yield* get(ask, database.context);
  if (got.tag === 'ok' && got.value.took !== undefined) database.took.set(path, got.value.took);
  return got;
}

/** The URL of a path of the database. Unlike module URLs, a `!` stays literal here, as the go command sends it. */
function at({ base }: Database, path: string): string {
  return `${base}/${path}`;
}

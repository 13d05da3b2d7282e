import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Packages whose dependencies make a corpus, by part; a part that is not named takes what the clients of the machine hold. */
export type Roots = Readonly<Partial<Record<'go' | 'npm' | 'pypi' | 'debian', readonly string[]>>>;

/** How much a part takes. */
export interface Wanted {
  /** Where it is kept, and what is not taken again by the next run. */
  readonly dir: string;
  readonly roots: readonly string[];
  /** No further root is taken when so many packages are held. */
  readonly count: number;
  readonly say: (what: string) => void;
}

const names = z.array(z.string().min(1)).optional();
const shape = z.strictObject({ go: names, npm: names, pypi: names, debian: names });

/** @throws Error if it is no list of roots, with the place */
export function readRoots(file: string): Roots {
  const read = shape.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return Object.fromEntries(Object.entries(read.data).filter(([, value]) => value !== undefined));
}

/**
 * Takes one root after the other with all its dependencies, until enough is held. A root that was taken is noted, and not
 * taken again by the next run; a refused one is not tried twice in a run.
 * @param countHeld  how many packages are held now
 * @param take       `null`: taken; else why not, in a line
 * @returns          what was refused, a line each
 */
export async function takeRoots(
  { dir, roots, count, say }: Wanted,
  countHeld: () => number,
  take: (root: string) => Promise<string | null>,
): Promise<readonly string[]> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'roots-taken.json');
  const taken = new Set(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []);
  const refused: string[] = [];
  for (const root of roots) {
    const held = countHeld();
    if (held >= count) break;
    if (taken.has(root)) continue;
    say(`taking ${root}, ${held} of ${count} packages held`);
    const why = await take(root);
    if (why === null) writeFileSync(file, JSON.stringify([...taken.add(root)]));
    else refused.push(`${root}: ${why}`);
  }
  return refused;
}

/** The last line that a client wrote, as the reason for which it took nothing. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Facts } from '../../core/transcript.ts';
import { mismatchOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import type { End, Talk } from '../talk.ts';
import type { KnownHead } from './context.ts';
import type { Database, FoundRecord } from './database.ts';
import type { TreeHead } from './note.ts';
import { fetchTiles } from './tiles.ts';
import { areTrue, isIncluded, rootOf, type Tile, type Tiles, tilesToProve } from './tlog.ts';

/** How a proof fails. */
export interface Unproven {
  readonly end: End;
  readonly facts: Facts;
}

/** What is to be proven by the tiles of one place. */
export interface Claim {
  /** A signed head of that place. */
  readonly largest: KnownHead;
  /** Other signed heads, of any place; larger ones are left out. */
  readonly heads: readonly KnownHead[];
  /** Records that it looked up. */
  readonly found: readonly FoundRecord[];
}

/**
 * Proves by a database's own tiles that its records are in the log, and that every smaller head is a prefix of its largest.
 * Where its tiles contradict its own head, they lie; where they bear it out and another signed head is no prefix, two
 * signed heads contradict one another, and that is proof of a fork.
 */
export function* prove(database: Database, { largest, heads, found }: Claim): Talk<Result<null, Unproven>> {
  const older = heads.filter(({ size }) => size <= largest.size);
  const wanted = tilesToProve(
    largest.size,
    found.map(({ id }) => id),
    older.map(({ size }) => size),
  );
  const tiles = yield* fetchTiles(database, wanted, found.length);
  if (tiles.tag === 'error') return error({ end: tiles.error, facts: {} });
  const lie = contradiction(largest, found, wanted, tiles.value);
  if (lie !== null) return error({ end: { tag: 'failed', failure: lie }, facts: {} });
  for (const head of older) {
    const root = rootOf(head.size, tiles.value)?.toString('base64') ?? '';
    if (root !== head.rootBase64) return error(fork(database.verifier.name, head, largest, root));
  }
  return ok(null);
}

/** Where tiles and the head they belong to disagree, or `null`: then the records are logged. */
function contradiction(
  largest: TreeHead,
  found: readonly FoundRecord[],
  wanted: readonly Tile[],
  tiles: Tiles,
): ProbeFailure | null {
  const got = rootOf(largest.size, tiles)?.toString('base64') ?? '';
  if (got !== largest.rootBase64) return mismatch(largest.rootBase64, got);
  if (!areTrue(tiles, wanted)) return mismatch(largest.rootBase64, phrase('answer.tileParent'));
  if (!found.every(({ id, text }) => isIncluded(id, text, tiles)))
    return mismatch(largest.rootBase64, phrase('answer.notInTree'));
  return null;
}

/** @param root  what the first so many records of the larger head come to, in truth */
function fork(name: string, older: KnownHead, larger: KnownHead, root: string): Unproven {
  return {
    end: { tag: 'failed', failure: mismatch(older.rootBase64, root) },
    facts: { forked: { name, statements: [statementOf(older), statementOf(larger)] } },
  };
}

/** The note as it was signed; of a head whose note was not kept, what it said. */
function statementOf({ note, size, rootBase64 }: KnownHead): string {
  return note ?? `go.sum database tree\n${size}\n${rootBase64}\n`;
}

function mismatch(want: string, got: Sentence | string): ProbeFailure {
  return mismatchOf({ algorithm: 'tree', want, got, by: phrase('answer.treeHead') });
}

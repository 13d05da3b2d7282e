import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { type Ask, type End, ended, failedBy, isNotOffered, stoppedBy, type Talk } from '../talk.ts';
import type { KnownHead } from './context.ts';
import { type Database, type FoundRecord, getFrom } from './lookup.ts';
import type { TreeHead } from './note.ts';
import {
  hashBytes,
  isIncluded,
  rootOf,
  type Tile,
  type Tiles,
  tileKeyOf,
  tilePathOf,
  tilesToProve,
  tileWidth,
  verifyTiles,
} from './tlog.ts';

interface Claim {
  /** The largest signed tree head (size and root hash of the log) that the server returned. */
  readonly largest: KnownHead;
  /** Tree heads from any server. Those larger than `largest` are ignored. */
  readonly heads: readonly KnownHead[];
  readonly found: readonly FoundRecord[];
}

/**
 * Proves with a server's tiles (parts of the log's hash tree) that its records are in the log. Also proves that older
 * tree heads are consistent with the largest one. An inconsistent tree head is reported as a fork. The error is the
 * verdict of the probe; `ok`: all is proven.
 */
export function* verifyClaim(database: Database, { largest, heads, found }: Claim): Talk<Result<null, Verdict>> {
  const older = heads.filter(({ size }) => size <= largest.size);
  const wanted = tilesToProve(
    largest.size,
    found.map(({ id }) => id),
    older.map(({ size }) => size),
  );
  const tiles = yield* fetchTiles(database, wanted, found.length);
  if (tiles.tag === 'error') return error(ended(tiles.error));
  const lie = contradiction(largest, found, wanted, tiles.value);
  if (lie !== null) return error(failedBy(lie));
  for (const head of older) {
    const root = rootOf(head.size, tiles.value)?.toString('base64') ?? '';
    if (root !== head.rootBase64) return error(fork(database.verifier.name, head, largest, root));
  }
  return ok(null);
}

/**
 * Returns how the tiles (parts of the hash tree) contradict the largest tree head or the records; `null`: they confirm
 * both.
 */
function contradiction(
  largest: TreeHead,
  found: readonly FoundRecord[],
  wanted: readonly Tile[],
  tiles: Tiles,
): ProbeFailure | null {
  const got = rootOf(largest.size, tiles)?.toString('base64') ?? '';
  if (got !== largest.rootBase64) return mismatch(largest.rootBase64, got);
  if (!verifyTiles(tiles, wanted)) return mismatch(largest.rootBase64, phrase('answer.tileParent'));
  if (!found.every(({ id, text }) => isIncluded(id, text, tiles)))
    return mismatch(largest.rootBase64, phrase('answer.notInTree'));
  return null;
}

/**
 * Makes the verdict for two signed tree heads that contradict each other.
 * @param root  the root hash of the first `older.size` records, computed from verified tiles
 */
function fork(name: string, older: KnownHead, larger: KnownHead, root: string): Verdict {
  const statements = [statementOf(older), statementOf(larger)] as const;
  return failedBy(mismatch(older.rootBase64, root), { forked: { name, statements } });
}

/**
 * Returns the signed note of a tree head. If the note was not stored, it returns the text of the tree head without a
 * signature.
 */
function statementOf({ note, size, rootBase64 }: KnownHead): string {
  return note ?? `go.sum database tree\n${size}\n${rootBase64}\n`;
}

function mismatch(want: string, got: Sentence | string): ProbeFailure {
  return mismatchOf({ algorithm: 'tree', want, got, by: phrase('answer.treeHead') });
}

/** The maximum number of requests for tiles (parts of the hash tree) if no record must be proven. */
const headRequestsMax = 20;

/**
 * Requests the wanted tiles.
 * @param records  the number of records to prove: in a large log each needs its own tile and that tile's parent
 */
function* fetchTiles(database: Database, wanted: readonly Tile[], records: number): Ask<Tiles> {
  const tiles = new Map<string, Buffer>();
  let requestsLeft = headRequestsMax + 2 * records;
  for (const tile of wanted) {
    const known = database.fetched.get(tilePathOf(tile));
    if (known !== undefined) {
      tiles.set(tileKeyOf(tile), known);
      continue;
    }
    let got: Result<Buffer, End> | null = null;
    for (const width of tile.width === tileWidth ? [tileWidth] : [tile.width, tileWidth]) {
      if (requestsLeft-- <= 0) return stoppedBy(malformed('answer.fewTiles'));
      got = yield* fetchTile(database, { ...tile, width });
      // If the partial tile is missing, request the full tile, which begins with the same hashes. Servers may delete
      // partial tiles.
      if (got.tag === 'ok' || !isNotOffered(got.error)) break;
    }
    if (got === null || got.tag === 'error') return got ?? error({ tag: 'unknown', because: 'defect' });
    const hashes = got.value.subarray(0, tile.width * hashBytes);
    database.fetched.set(tilePathOf(tile), hashes);
    tiles.set(tileKeyOf(tile), hashes);
  }
  return ok(tiles);
}

function* fetchTile(database: Database, tile: Tile): Ask<Buffer> {
  const got = yield* getFrom(database, tilePathOf(tile), { aside: true, bodyBytesMax: limits.tileBytes });
  if (got.tag === 'error') return got;
  const { body } = got.value;
  if (body.length !== tile.width * hashBytes) {
    return stoppedBy(malformed('answer.tile'));
  }
  return ok(Buffer.from(body));
}

import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { type End, isNotOffered, type Talk } from '../talk.ts';
import { get } from './ask.ts';
import { at, type Database, type FoundRecord } from './database.ts';
import type { TreeHead } from './note.ts';
import {
  areTrue,
  hashBytes,
  isIncluded,
  rootOf,
  type Tile,
  type Tiles,
  tileKey,
  tilePath,
  tilesToProve,
  tileWidth,
} from './tlog.ts';

/** `supported`, the lookup, `latest` and the negative control are asked beside the tiles. */
const otherAsks = 4;

/**
 * Proves by the mirror's own tiles that the record is in the log and that every head seen is a prefix of the largest.
 * A head known from before that is larger than all of this mirror's can't be proven from here: the mirror lags, and
 * the next larger head that it serves will be held against it.
 * @returns the largest head of this mirror; a mismatch where the hashes contradict a signed root
 */
export function* prove(database: Database, latest: TreeHead, found: FoundRecord | null): Talk<Result<TreeHead, End>> {
  const seen = found === null ? [latest] : [latest, found.head];
  const largest = seen.reduce((a, b) => (b.size > a.size ? b : a));
  const before = database.context.own.treeHead;
  const older = [...seen, ...(before === undefined ? [] : [before])].filter((head) => head.size <= largest.size);
  const leaves = found === null ? [] : [found.id];
  const wanted = tilesToProve(
    largest.size,
    leaves,
    older.map((head) => head.size),
  );
  const tiles = yield* fetchTiles(database, wanted);
  if (tiles.tag === 'error') return tiles;
  const failure = contradiction(largest, older, found, wanted, tiles.value);
  return failure === null ? ok(largest) : error({ tag: 'failed', failure });
}

function* fetchTiles(database: Database, wanted: readonly Tile[]): Talk<Result<Tiles, End>> {
  const tiles = new Map<string, Buffer>();
  let asksLeft = limits.asksPerProbe - otherAsks;
  for (const tile of wanted) {
    let got: Result<Buffer, End> | null = null;
    for (const width of tile.width === tileWidth ? [tileWidth] : [tile.width, tileWidth]) {
      if (asksLeft-- <= 0)
        return error({ tag: 'failed', failure: { kind: 'malformed', expected: 'a proof in few tiles' } });
      got = yield* fetchTile(database, { ...tile, width });
      // A partial tile may vanish once its full one exists; that one begins with the same hashes.
      if (got.tag === 'ok' || !isNotOffered(got.error)) break;
    }
    if (got === null || got.tag === 'error') return got ?? error({ tag: 'unknown', because: 'defect' });
    tiles.set(tileKey(tile), got.value.subarray(0, tile.width * hashBytes));
  }
  return ok(tiles);
}

function* fetchTile(database: Database, tile: Tile): Talk<Result<Buffer, End>> {
  const ask = { url: at(database, tilePath(tile)), aside: true, bodyBytesMax: limits.tileBytes };
  const got = yield* get(ask, database.context);
  if (got.tag === 'error') return got;
  const { body } = got.value;
  if (body.length !== tile.width * hashBytes) {
    return error({ tag: 'failed', failure: { kind: 'malformed', expected: 'a tile of hashes' } });
  }
  return ok(Buffer.from(body));
}

/** Where tiles and signed roots disagree, or `null`: then the record is logged and no head contradicts another. */
function contradiction(
  largest: TreeHead,
  older: readonly TreeHead[],
  found: FoundRecord | null,
  wanted: readonly Tile[],
  tiles: Tiles,
): ProbeFailure | null {
  const got = rootOf(largest.size, tiles)?.toString('base64') ?? '';
  if (got !== largest.rootBase64) return mismatch(largest.rootBase64, got);
  if (!areTrue(tiles, wanted)) return mismatch(largest.rootBase64, 'a full tile that its parent tile contradicts');
  if (found !== null && !isIncluded(found.id, found.text, tiles)) {
    return mismatch(largest.rootBase64, 'a record that is not in the tree');
  }
  for (const head of older) {
    const root = rootOf(head.size, tiles)?.toString('base64') ?? '';
    if (root !== head.rootBase64) return mismatch(head.rootBase64, root);
  }
  return null;
}

function mismatch(want: string, got: string): ProbeFailure {
  return { kind: 'mismatch', algorithm: 'tree', want, got };
}

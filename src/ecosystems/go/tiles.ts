import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { malformed } from '../../words/failure.ts';
import { type End, isNotOffered, type Talk } from '../talk.ts';
import { type Database, getFrom } from './database.ts';
import { hashBytes, type Tile, type Tiles, tileKey, tilePath, tileWidth } from './tlog.ts';

/** Asks that prove a root and a few older ones: some eight tiles, twice where partial ones have vanished. */
const tilesMin = 20;

/**
 * Fetches tiles, aside, each once in a conversation.
 * @param records  how many records they prove beside: in a large log each needs a tile of its own and one above it
 */
export function* fetchTiles(database: Database, wanted: readonly Tile[], records: number): Talk<Result<Tiles, End>> {
  const tiles = new Map<string, Buffer>();
  let asksLeft = tilesMin + 2 * records;
  for (const tile of wanted) {
    const known = database.fetched.get(tilePath(tile));
    if (known !== undefined) {
      tiles.set(tileKey(tile), known);
      continue;
    }
    let got: Result<Buffer, End> | null = null;
    for (const width of tile.width === tileWidth ? [tileWidth] : [tile.width, tileWidth]) {
      if (asksLeft-- <= 0) return error({ tag: 'failed', failure: malformed('answer.fewTiles') });
      got = yield* fetchTile(database, { ...tile, width });
      // A partial tile may vanish once its full one exists; that one begins with the same hashes.
      if (got.tag === 'ok' || !isNotOffered(got.error)) break;
    }
    if (got === null || got.tag === 'error') return got ?? error({ tag: 'unknown', because: 'defect' });
    const hashes = got.value.subarray(0, tile.width * hashBytes);
    database.fetched.set(tilePath(tile), hashes);
    tiles.set(tileKey(tile), hashes);
  }
  return ok(tiles);
}

function* fetchTile(database: Database, tile: Tile): Talk<Result<Buffer, End>> {
  const got = yield* getFrom(database, tilePath(tile), { aside: true, bodyBytesMax: limits.tileBytes });
  if (got.tag === 'error') return got;
  const { body } = got.value;
  if (body.length !== tile.width * hashBytes) {
    return error({ tag: 'failed', failure: malformed('answer.tile') });
  }
  return ok(Buffer.from(body));
}

import { createHash } from 'node:crypto';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { type Ask, type End, ended, failedBy, isNotOffered, stoppedBy, type Talk } from '../talk.ts';
import type { KnownHead } from './context.ts';
import { type Database, type FoundRecord, getFrom } from './lookup.ts';
import type { TreeHead } from './note.ts';

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

/**
 * The number of hashes in a full tile. A tile is a part of the log's hash tree, fetched as one file. `hashBytes`: the
 * bytes of one hash.
 */
export const tileWidth = 256;
export const hashBytes = 32;

/**
 * One tile (a part) of the log's hash tree. `level` and `number` count from 0. `width`: the number of hashes in the
 * tile, 1 to `tileWidth`.
 */
export interface Tile {
  readonly level: number;
  readonly number: number;
  readonly width: number;
}

/** The concatenated hashes of each tile, keyed by `tileKeyOf`. */
export type Tiles = ReadonlyMap<string, Buffer>;

/**
 * A complete subtree of the log's hash tree, with 2^`level` leaves. `index` numbers the subtrees of one level from the
 * left, from 0.
 */
interface Node {
  readonly level: number;
  readonly index: number;
}

export function leafHashOf(text: string): Buffer {
  return createHash('sha256').update('\0').update(text).digest();
}

export function nodeHashOf(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update('\x01').update(left).update(right).digest();
}

export function tileKeyOf(tile: Pick<Tile, 'level' | 'number'>): string {
  return `${tile.level}/${tile.number}`;
}

/** Returns the path of a tile below a database's base URL, such as `tile/8/1/x001/x234/067.p/8`. */
export function tilePathOf({ level, number, width }: Tile): string {
  const groups = [String(number % 1000).padStart(3, '0')];
  for (let left = Math.floor(number / 1000); left > 0; left = Math.floor(left / 1000)) {
    groups.unshift(`x${String(left % 1000).padStart(3, '0')}`);
  }
  return `tile/8/${level}/${groups.join('/')}${width === tileWidth ? '' : `.p/${width}`}`;
}

/**
 * Returns the tiles that prove the root of a tree with `size` records, in the order of requests. They also prove that
 * the tree contains the records `leaves`, and the roots of the smaller trees with `olderSizes` records.
 * @see docs/protocols/go.md#the-tree
 */
export function tilesToProve(size: number, leaves: readonly number[], olderSizes: readonly number[]): readonly Tile[] {
  const wanted = new Map<string, Tile>();
  for (const node of subtreesOf(size)) add(wanted, size, tileOf(node));
  for (const leaf of leaves) addWithParents(wanted, size, tileOf({ level: 0, index: leaf }));
  for (const older of olderSizes) {
    for (const node of subtreesOf(older)) addWithParents(wanted, size, tileOf(node));
  }
  return [...wanted.values()];
}

/** Computes the root hash of the first `size` records; `null`: a tile is missing. */
export function rootOf(size: number, tiles: Tiles): Buffer | null {
  if (size === 0) return createHash('sha256').digest();
  let root: Buffer | null = null;
  for (const node of subtreesOf(size).reverse()) {
    const hash = hashOf(node, tiles);
    if (hash === null) return null;
    root = root === null ? hash : nodeHashOf(hash, root);
  }
  return root;
}

/**
 * True if each full tile has the hash that its parent tile states. Partial tiles are not checked here, because the root
 * hash is computed from them.
 */
export function verifyTiles(tiles: Tiles, proven: readonly Tile[]): boolean {
  return proven.every((tile) => {
    if (tile.width < tileWidth) return true;
    const own = tiles.get(tileKeyOf(tile));
    const entry = hashOf({ level: (tile.level + 1) * 8, index: tile.number }, tiles);
    return own !== undefined && entry !== null && fold(own).equals(entry);
  });
}

export function isIncluded(id: number, text: string, tiles: Tiles): boolean {
  return hashOf({ level: 0, index: id }, tiles)?.equals(leafHashOf(text)) ?? false;
}

/**
 * Returns the complete subtrees that together contain `size` records: one for each power of two in `size`, the largest
 * first.
 */
function subtreesOf(size: number): Node[] {
  const nodes: Node[] = [];
  let start = 0;
  for (let level = 52; level >= 0; level--) {
    const leaves = 2 ** level;
    if (size - start < leaves) continue;
    nodes.push({ level, index: start / leaves });
    start += leaves;
  }
  return nodes;
}

/** Returns the tile that contains the hashes of a subtree (node): `count` hashes, beginning at hash number `offset`. */
function tileOf({ level, index }: Node): Pick<Tile, 'level' | 'number'> & { offset: number; count: number } {
  const count = 2 ** (level % 8);
  const first = index * count;
  return {
    level: Math.floor(level / 8),
    number: Math.floor(first / tileWidth),
    offset: first % tileWidth,
    count,
  };
}

/** Returns the number of hashes in a tile of a tree with `size` records; 0: the tile does not exist yet. */
function widthIn(size: number, level: number, number: number): number {
  const hashes = Math.floor(size / tileWidth ** level);
  return Math.max(0, Math.min(tileWidth, hashes - number * tileWidth));
}

function add(wanted: Map<string, Tile>, size: number, { level, number }: Pick<Tile, 'level' | 'number'>): boolean {
  const key = tileKeyOf({ level, number });
  const width = widthIn(size, level, number);
  if (width === 0 || wanted.has(key)) return false;
  wanted.set(key, { level, number, width });
  return true;
}

function addWithParents(wanted: Map<string, Tile>, size: number, tile: Pick<Tile, 'level' | 'number'>): void {
  let { level, number } = tile;
  while (add(wanted, size, { level, number })) {
    level += 1;
    number = Math.floor(number / tileWidth);
  }
}

function hashOf(node: Node, tiles: Tiles): Buffer | null {
  const place = tileOf(node);
  const tile = tiles.get(tileKeyOf(place));
  const end = (place.offset + place.count) * hashBytes;
  return tile === undefined || end > tile.length ? null : fold(tile.subarray(place.offset * hashBytes, end));
}

/** Computes the root hash over consecutive hashes. Their number must be a power of two. */
function fold(hashes: Buffer): Buffer {
  let level = hashes;
  while (level.length > hashBytes) {
    const next = Buffer.alloc(level.length / 2);
    for (let at = 0; at < level.length; at += 2 * hashBytes) {
      const middle = at + hashBytes;
      nodeHashOf(level.subarray(at, middle), level.subarray(middle, middle + hashBytes)).copy(next, at / 2);
    }
    level = next;
  }
  return level;
}

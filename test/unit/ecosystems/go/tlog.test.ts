import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hashBytes,
  isIncluded,
  leafHashOf,
  nodeHashOf,
  rootOf,
  type Tile,
  type Tiles,
  tileKeyOf,
  tilePathOf,
  tilesToProve,
  verifyTiles,
} from '../../../../src/ecosystems/go/proof.ts';
import { table } from '../../../support/table.ts';
import { createTree, type Tree } from './tree.ts';

/** Fetches tiles from a tree, as a mirror would serve them. */
const tilesFrom = (tree: Tree, wanted: readonly Tile[]): Map<string, Buffer> =>
  new Map(wanted.map((tile) => [tileKeyOf(tile), tree.tile(tilePathOf(tile)) ?? Buffer.alloc(0)]));

const pathsOf = (wanted: readonly Tile[]): readonly string[] => wanted.map(tilePathOf);

/** Roots of the eight leaves of docs/protocols/go.md#the-tree, which come as raw bytes. */
test('RFC 6962 roots', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const hashes = leaves.map((hex) => leafHashOf(Buffer.from(hex, 'hex').toString('latin1')));
  const tiles: Tiles = new Map([['0/0', Buffer.concat(hashes)]]);
  const roots = [1, 2, 3, 5, 7, 8].map((size) => rootOf(size, tiles)?.toString('hex'));
  expect(roots).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]);
});

const goRecords = [
  'rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=\nrsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=\nrsc.io/quote v1.5.2 h2:xyzzy\n',
  'golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c h1:qgOY6WgZOaTkIIMiVjBQcw93ERBE4m30iBm00nkL0i8=\ngolang.org/x/text v0.0.0-20170915032832-14c0d48ead0c/go.mod h1:NqM8EUOU14njkJ3fqMW+pc6Ldnwhi/IjpwHt7yyuwOQ=\n',
  'rsc.io/sampler v1.3.0 h1:7uVkIFmeBqHfdjD+gZwtXXI+RODJ2Wc4O7MPEh/QiW4=\nrsc.io/sampler v1.3.0/go.mod h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA=\n',
  'rsc.io/Quote v1.5.2 h1:uppercase!=\n',
  'rsc.io/pkg1 v1.5.3 h1:hash!=\n',
  'rsc.io/pkg1 v1.5.4 h1:hash!=\n',
];

test('the small reproducible log', () => {
  const tree = createTree(goRecords);
  const tiles = tilesFrom(tree, tilesToProve(6, [], []));
  expect([1, 2, 3, 4, 5, 6].map((size) => rootOf(size, tiles)?.toString('base64'))).toEqual([
    'WjvL/HG+LcMcRc63kFcpeP289Y+SW6L8uHapnVU30FU=',
    'wsqcgX5rABDmI7Y6Jhe+ltsmLPNQB4CCfpqFJVwMGNk=',
    'BqP+0lgg2eJ2ftkPcKT+ltQjkVMh3THoMw60om6MwKo=',
    '/7Aw5jVSMM9sFjQhaMg+iiDYPMk6decH7QLOGrL9Lx0=',
    'T7i+H/8ER4nXOiw4Bj0koZOkGjkxoNvlI34GpvhHhQg=',
    'wc4SkQt52o5W2nQ8To2ARs+mWuUJjss+sdleoiqxMmM=',
  ]);
});

test('the leaf of record 2580307', () => {
  const text =
    'github.com/google/uuid v1.2.0 h1:qJYtXnJRWmpe7m/3XlyhrsLrEURqHRM2kxzoxXqyUDs=\ngithub.com/google/uuid v1.2.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n';
  expect(text).toHaveLength(163);
  expect(leafHashOf(text).toString('base64')).toBe('xrvBSS0VxqEVIi3YJE3dOKn3XDpSBi+S6bSDTcC1nis=');
});

describe('which tiles', () => {
  test.each<[string, number, readonly number[], readonly number[], readonly string[]]>(
    table('unit/ecosystems/go/tlog', 'which tiles'),
  )('%s', (_, size, leaves, older, want) => expect(pathsOf(tilesToProve(size, leaves, older))).toEqual(want));

  test('numbers past a thousand', () =>
    expect(tilePathOf({ level: 0, number: 1_234_067, width: 256 })).toBe('tile/8/0/x001/x234/067'));
});

describe('proofs over trees of every awkward size', () => {
  const records = Array.from({ length: 66_000 }, (_, id) => `example.com/m v0.0.${id} h1:${id}\n`);
  const whole = createTree(records);

  test.each([1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 65_800])('size %i', (size) => {
    const tree: Tree = { ...whole, size };
    const older = [0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 1, size];
    const leaves = [0, Math.floor(size / 2), size - 1];
    const wanted = tilesToProve(size, leaves, older);
    const tiles = tilesFrom(tree, wanted);
    expect(rootOf(size, tiles)).toEqual(whole.root(size));
    expect(verifyTiles(tiles, wanted)).toBe(true);
    for (const id of leaves) expect(isIncluded(id, records[id] ?? '', tiles)).toBe(true);
    for (const before of older) expect(rootOf(before, tiles)).toEqual(whole.root(before));
  });

  test('a flipped bit in any tile is found', () => {
    const size = 65_800;
    const [id, older] = [1_000, 700];
    const wanted = tilesToProve(size, [id], [older]);
    fc.assert(
      fc.property(fc.nat(wanted.length - 1), fc.nat(), (which, at) => {
        const tiles = tilesFrom(whole, wanted);
        const tile = tiles.get(tileKeyOf(wanted[which] ?? { level: 0, number: 0 })) ?? Buffer.alloc(1);
        tile.writeUInt8((tile[at % tile.length] ?? 0) ^ 1, at % tile.length);
        expect(rootOf(size, tiles)?.equals(whole.root(size)) === true && verifyTiles(tiles, wanted)).toBe(false);
      }),
    );
  });

  test('another text is not included', () => {
    const tiles = tilesFrom({ ...whole, size: 300 }, tilesToProve(300, [7], []));
    expect(isIncluded(7, 'example.com/m v0.0.7 h1:other\n', tiles)).toBe(false);
  });

  test('a missing tile gives no root', () =>
    expect(rootOf(300, new Map([['0/1', Buffer.alloc(44 * hashBytes)]]))).toBeNull());
});

test('a node is not a leaf', () =>
  expect(nodeHashOf(Buffer.from('a'), Buffer.from('b'))).not.toEqual(leafHashOf('ab')));

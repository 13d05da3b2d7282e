import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { leafHashOf, nodeHashOf, tileWidth } from '../../../../src/ecosystems/go/proof.ts';

/** A signing half and its verifier key string. */
export type Signer = { readonly name: string; readonly verifierKey: string; note(text: string): string };

/** A key pair of our own, signing as `name`. */
export function createSigner(name: string): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = Buffer.concat([Buffer.from([1]), rawPublic(privateKey)]);
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4);
  return {
    name,
    verifierKey: `${name}+${hash.toString('hex')}+${key.toString('base64')}`,
    note(text) {
      const signature = Buffer.concat([hash, sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
    },
  };
}

function rawPublic(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

/** A log built the slow, obvious way, to hold the tile reader against. */
export interface Tree {
  readonly size: number;
  /** RFC 6962 root of the first `size` records. */
  root(size?: number): Buffer;
  /** Bytes of a tile path (`tile/8/0/000.p/3`), or `null` where this tree has no such tile. */
  tile(path: string): Buffer | null;
}

export function createTree(texts: readonly string[]): Tree {
  const levels: Buffer[][] = [texts.map((text) => leafHashOf(text))];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    const above: Buffer[] = [];
    for (let at = 0; at + 1 < below.length; at += 2) {
      above.push(nodeHashOf(below[at] ?? Buffer.alloc(0), below[at + 1] ?? Buffer.alloc(0)));
    }
    levels.push(above);
  }
  const rootOf = (from: number, to: number): Buffer => {
    const level = Math.log2(to - from);
    if (Number.isInteger(level)) return levels[level]?.[from / (to - from)] ?? Buffer.alloc(0);
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    return nodeHashOf(rootOf(from, from + half), rootOf(from + half, to));
  };
  return {
    size: texts.length,
    root: (size = texts.length) => (size === 0 ? createHash('sha256').digest() : rootOf(0, size)),
    tile(path) {
      const found = /^tile\/8\/(\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path);
      if (found === null) return null;
      const number = Number((found[2] ?? '').replaceAll(/[x/]/g, ''));
      const width = Number(found[3] ?? tileWidth);
      const hashes = (levels[8 * Number(found[1])] ?? []).slice(number * tileWidth, number * tileWidth + width);
      return hashes.length === width ? Buffer.concat(hashes) : null;
    },
  };
}

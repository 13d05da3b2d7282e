import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import {
  type Answered,
  below,
  type End,
  ended,
  failedBy,
  get,
  isNotOffered,
  runMeanwhile,
  seenIn,
  type Talk,
  wholeOf,
} from '../talk.ts';
import type { HttpContext } from './context.ts';
import { formatFailure, isFilePath } from './format.ts';
import type { IndexAt, Leads, ListedFile, PackageFile } from './profile.ts';
import type { WholeFile } from './signed.ts';
import { sumOf } from './verify.ts';

/** The packages of one index; each probe checks one. */
interface Rota {
  /** The SHA-256 of the signed list, lower-case hex. */
  readonly list: string;
  readonly index: string;
  readonly packages: readonly PackageFile[];
  /** The position of the next package, modulo their number. */
  readonly at: number;
  /** How many packages are not yet checked; 0 or less: none. */
  readonly left: number;
  /** No package of the index was left out, except those that are too large or have an unusable path. */
  readonly isAll: boolean;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const pieceBytes = 2 ** 20;

/**
 * Checks one package of an index that a signed list names: the next one, or again the one that failed last time. The
 * index is read again if the list changed, or if all chosen packages were checked and the index has others.
 * @param list  a list whose signature was verified
 * @returns     `null`: the package is right, or there is none to check
 */
export function* findWrongPackage(list: WholeFile, leads: Leads, context: HttpContext): Talk<Verdict | null> {
  const key = `packages ${list.path}`;
  const kept = JSON.parse(context.memory?.get(key, context.nowWallMs) ?? 'null') as Rota | null;
  const isDue = kept === null || kept.list !== list.sum.sha256 || (kept.left <= 0 && !kept.isAll);
  const rota = isDue ? yield* newRota(list, leads, context) : ok(kept);
  if (rota.tag === 'error') return rota.error;
  if (rota.value === null) return null;
  const { packages, at, left } = rota.value;
  const next = packages[at % packages.length];
  const wrong = next === undefined ? null : yield* checked(next, rota.value.index, list.path, context);
  const turn = wrong === null ? { at: at + 1, left: left - 1 } : {};
  context.memory?.keep(key, JSON.stringify({ ...rota.value, ...turn }), context.nowWallMs + limits.rotaKeptMs);
  return wrong;
}

/** Chooses packages: on one UTC day the same for all mirrors with the same list. */
function* newRota(list: WholeFile, leads: Leads, context: HttpContext): Talk<Result<Rota | null, Verdict>> {
  const at = leads.indexIn(list.path, list.body);
  if (at === null) return ok(null);
  const got = yield* indexOf(at, list.path, context);
  if (got.tag === 'error') return got;
  if (got.value === null) return ok(null);
  const { path, whole } = got.value;
  const seed = seedOf(`${list.sum.sha256} ${Math.floor(context.nowWallMs / dayMs)}`);
  const chosen = new Nearest(seed, limits.rotaPackages);
  yield* runMeanwhile(() => readPackages(whole, at, leads, chosen));
  const packages = chosen.packages();
  const begin = Math.floor(context.nowWallMs / hourMs) % Math.max(1, packages.length);
  return ok({
    list: list.sum.sha256,
    index: path,
    packages,
    at: begin,
    left: packages.length,
    isAll: chosen.isAll,
  });
}

/** Fetches an index and compares it with the signed list; `null`: none of its paths exists. */
function* indexOf(
  { paths, file }: IndexAt,
  list: string,
  context: HttpContext,
): Talk<Result<{ readonly path: string; readonly whole: WholeBody } | null, Verdict>> {
  for (const path of paths) {
    const got = yield* getAside(path, limits.packageIndexBytes, context);
    if (got.tag === 'error') {
      if (isNotOffered(got.error)) continue;
      return error(ended(got.error));
    }
    const wrong = yield* differs(path, got.value, file, list, phrase('answer.signedList', { list }));
    return wrong === null ? ok({ path, whole: wholeOf(got.value) }) : error(wrong);
  }
  return ok(null);
}

function* checked(file: PackageFile, index: string, list: string, context: HttpContext): Talk<Verdict | null> {
  const got = yield* getAside(file.path, limits.rotaPackageBytes, context);
  if (got.tag === 'error') return ended(got.error);
  const { body } = got.value;
  const wrongFormat = formatFailure({ path: file.path, body });
  if (wrongFormat !== null) return failedBy(wrongFormat);
  return yield* differs(file.path, got.value, file, index, phrase('answer.signedList', { list }));
}

function* getAside(path: string, bodyBytesMax: number, context: HttpContext): Talk<Result<Answered, End>> {
  return yield* get({ url: below(context, path), aside: true, asSent: true, large: true, bodyBytesMax }, context);
}

/**
 * `null`: length and hash are as listed. Another length is malformed and no mismatch, because it occurs during a
 * synchronisation.
 */
function* differs(
  path: string,
  answer: Answered,
  { sha256: want, bytes }: ListedFile,
  index: string,
  by: Sentence,
): Talk<Verdict | null> {
  const sum = yield* sumOf(wholeOf(answer));
  if (sum.bytes !== bytes) return failedBy(malformed('answer.listedSizeOf', { file: path, list: index }));
  if (sum.sha256 === want) return null;
  const failure = mismatchOf({ algorithm: 'sha256', want, got: sum.sha256, by, side: path });
  return failedBy(failure, seenIn(answer.body, sum.bytes));
}

function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

/** Reads at most `limits.packageIndexPlainBytes` of unpacked text. */
async function readPackages(whole: WholeBody, { root, isPacked }: IndexAt, leads: Leads, chosen: Nearest) {
  let rest = '';
  let bytes = 0;
  const take = (stanza: string): void => {
    const found = leads.packageIn(stanza);
    if (found !== null) chosen.take({ ...found, path: `${root}${found.path}` });
  };
  const read = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of pieces) {
      bytes += piece.length;
      if (bytes > limits.packageIndexPlainBytes) throw new TooLong();
      const stanzas = `${rest}${piece.toString('latin1')}`.split('\n\n');
      rest = (stanzas.pop() ?? '').slice(-pieceBytes);
      for (const stanza of stanzas) take(stanza);
    }
    take(rest);
  };
  try {
    const packed = Readable.from(piecesOf(whole));
    await (isPacked ? pipeline(packed, createGunzip({ chunkSize: pieceBytes }), read) : pipeline(packed, read));
  } catch (thrown) {
    // The index is the one that the list names: if unpacking fails, the mirror is not at fault.
    const isTheirs = thrown instanceof TooLong || (thrown as NodeJS.ErrnoException).code?.startsWith('Z_') === true;
    if (!isTheirs) throw thrown;
    chosen.isAll = false;
  }
}

class TooLong extends Error {}

function* piecesOf(whole: WholeBody): Generator<Uint8Array, void> {
  for (let at = 0; at < whole.bytes; at += pieceBytes) yield Buffer.from(whole.read(at, pieceBytes));
}

/** Collects the `count` packages whose hashes are nearest to `seed`, so all mirrors get the same random choice. */
class Nearest {
  isAll = true;
  readonly #seed: number;
  readonly #count: number;
  #found: { readonly apart: number; readonly file: PackageFile }[] = [];

  constructor(seed: number, count: number) {
    this.#seed = seed;
    this.#count = count;
  }

  take(file: PackageFile): void {
    if (file.bytes > limits.rotaPackageBytes || !isFilePath(file.path) || file.path.includes('%')) return;
    const apart = (Number.parseInt(file.sha256.slice(0, 8), 16) ^ this.#seed) >>> 0;
    this.#found.push({ apart, file });
    if (this.#found.length >= 2 * this.#count) this.#narrow();
  }

  packages(): readonly PackageFile[] {
    this.#narrow();
    return this.#found.map(({ file }) => file);
  }

  #narrow(): void {
    if (this.#found.length > this.#count) this.isAll = false;
    this.#found = this.#found.toSorted((a, b) => a.apart - b.apart).slice(0, this.#count);
  }
}

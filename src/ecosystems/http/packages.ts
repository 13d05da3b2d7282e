import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Verdict } from '../../core/transcript.ts';
import { phrase } from '../../words/tell.ts';
import { ended, failedBy, runMeanwhile, seenIn, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import { formatFailure, isFilePath } from './format.ts';
import type { IndexAt, Leads, PackageFile, Packing } from './profile.ts';
import { type FormAt, getBeside, listedFailureOf, readIndex, type WholeFile } from './signed.ts';
import { digestSumOf } from './verify.ts';

interface Chosen extends PackageFile {
  /** The path of the index that names the package. */
  readonly index: string;
}

/** The packages of one signed list that were chosen for checks. Each probe checks one package. */
interface Rota {
  /** The SHA-256 of the signed list, lower-case hex. */
  readonly list: string;
  readonly packages: readonly Chosen[];
  /** The position of the package to check next, modulo the number of packages. */
  readonly at: number;
  /** The number of chosen packages that are not checked yet; at 0 or below, all are checked. */
  readonly left: number;
  /** True if all packages of the indexes are chosen, except those that are too large or have an unusable path. */
  readonly isAll: boolean;
  /** When the indexes were last read whole, wall-clock milliseconds. */
  readonly readAtMs: number;
}

/** The result of checking the packages of a list. `wrong`: the fault; `unchecked`: why no package is checked. */
interface Sampled {
  readonly wrong?: Verdict;
  readonly unchecked?: Sentence;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const pieceChars = 2 ** 20;

/**
 * Compares the indexes with the signed list that names them, and checks one package. It checks the next package, or
 * again the package that failed last time. The indexes are read again if `limits.indexReadMs` have passed or the list
 * changed. They are also read again if all chosen packages were checked and the indexes have further packages.
 * @param list  a list whose signature was verified
 */
export function* checkPackages(list: WholeFile, leads: Leads, context: HttpContext): Talk<Sampled> {
  const { nowWallMs, memory } = context;
  const key = `packages ${list.path}`;
  const kept = JSON.parse(memory?.get(key, nowWallMs) ?? 'null') as Rota | null;
  const isSame = kept !== null && kept.list === list.sum.sha256 && (kept.left > 0 || kept.isAll);
  const isRead = isSame && nowWallMs - kept.readAtMs < limits.indexReadMs;
  const seed = hash('sha256', `${list.sum.sha256} ${Math.floor(nowWallMs / dayMs)}`, 'buffer').readUInt32BE();
  const chosen = isSame ? null : new Nearest(seed);
  const read = isRead ? ok(null) : yield* readIndexes(list, leads, chosen, context);
  if (read.tag === 'error') return { wrong: read.error };
  const readAtMs = isRead ? kept.readAtMs : nowWallMs;
  const rota = isSame ? { ...kept, readAtMs } : newRota(list.sum.sha256, chosen, nowWallMs);
  const next = rota.packages[rota.at % rota.packages.length];
  if (next === undefined) return { unchecked: phrase('answer.noPackages', { list: list.path }) };
  const wrong = yield* checked(next, list.path, context);
  const turn = wrong === null ? { at: rota.at + 1, left: rota.left - 1 } : {};
  memory?.keep(key, JSON.stringify({ ...rota, ...turn }), nowWallMs + limits.rotaKeptMs);
  return wrong === null ? {} : { wrong };
}

function newRota(list: string, chosen: Nearest | null, nowWallMs: number): Rota {
  const packages = chosen?.packages() ?? [];
  const at = Math.floor(nowWallMs / hourMs) % Math.max(1, packages.length);
  return { list, packages, at, left: packages.length, isAll: chosen?.isAll ?? true, readAtMs: nowWallMs };
}

/**
 * Downloads the indexes and compares them with the signed list. The error is the verdict on the first wrong index.
 * @param chosen  collects the packages of the indexes; `null`: they are not needed
 */
function* readIndexes(
  list: WholeFile,
  leads: Leads,
  chosen: Nearest | null,
  context: HttpContext,
): Talk<Result<null, Verdict>> {
  for (const index of leads.indexesIn(list.path, list.body)) {
    const read = yield* readIndex(index, list.path, context);
    if (read.tag === 'wrong') return error(failedBy(read.failure, read.facts));
    if (read.tag === 'ended') return error(ended(read.end));
    if (read.tag === 'right' && chosen !== null) yield* choose(index, read.at, wholeOf(read.response), leads, chosen);
  }
  return ok(null);
}

function* checked(file: Chosen, list: string, context: HttpContext): Talk<Verdict | null> {
  const got = yield* getBeside(file.path, { large: true, bodyBytesMax: limits.rotaPackageBytes }, context);
  if (got.tag === 'error') return ended(got.error);
  const { body } = got.value;
  const wrongFormat = formatFailure({ path: file.path, body });
  if (wrongFormat !== null) return failedBy(wrongFormat);
  const sum = yield* digestSumOf(wholeOf(got.value));
  const failure = listedFailureOf(sum, file, { list: file.index, file: file.path, signed: list });
  return failure === null ? null : failedBy(failure, seenIn(body, sum.bytes));
}

/**
 * Passes the packages in an index to `chosen`. It reads at most `limits.packageIndexPlainBytes` of unpacked text, and
 * lets the event loop run between pieces. The index has the hash that the list states. So if it cannot be unpacked, the
 * mirror is not at fault.
 */
function* choose({ root }: IndexAt, at: FormAt, whole: WholeBody, leads: Leads, chosen: Nearest): Talk<void> {
  const pieces = decodeBody(whole, at.form.packing);
  let rest = '';
  let bytes = 0;
  const take = (stanza: string): void => {
    const found = leads.packageIn(stanza);
    if (found !== null) chosen.take({ ...found, path: `${root}${found.path}`, index: at.path });
  };
  let isOver = false;
  const readPiece = async (): Promise<void> => {
    let text = '';
    while (text.length < pieceChars && !isOver) {
      const next = await pieces.next();
      if (next.done === true) isOver = true;
      else text += Buffer.from(next.value).toString('latin1');
    }
    bytes += text.length;
    if (bytes > limits.packageIndexPlainBytes) throw new Error('too long');
    const stanzas = `${rest}${text}`.split('\n\n');
    rest = (stanzas.pop() ?? '').slice(-pieceChars);
    for (const stanza of stanzas) take(stanza);
  };
  while (!isOver)
    yield* runMeanwhile(async () => {
      try {
        await readPiece();
      } catch {
        isOver = true;
        chosen.isAll = false;
        await pieces.return();
      }
    });
  take(rest);
}

/**
 * Collects the `limits.rotaPackages` packages whose hashes are nearest to `seed`. So the choice is random, but the same
 * for all mirrors.
 */
class Nearest {
  isAll = true;
  readonly #seed: number;
  #found: { readonly apart: number; readonly file: Chosen }[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  take(file: Chosen): void {
    if (file.bytes > limits.rotaPackageBytes || !isFilePath(file.path) || file.path.includes('%')) return;
    const apart = (Number.parseInt(file.sha256.slice(0, 8), 16) ^ this.#seed) >>> 0;
    this.#found.push({ apart, file });
    if (this.#found.length >= 2 * limits.rotaPackages) this.#narrow();
  }

  packages(): readonly Chosen[] {
    this.#narrow();
    return this.#found.map(({ file }) => file);
  }

  #narrow(): void {
    if (this.#found.length > limits.rotaPackages) this.isAll = false;
    this.#found = this.#found.toSorted((a, b) => a.apart - b.apart).slice(0, limits.rotaPackages);
  }
}

const pieceBytes = 2 ** 20;
/** The length of the pieces that the xz decoder gets as input, bytes. */
const xzPieceBytes = 2 ** 16;

/**
 * Decompresses a body, in pieces of at most 1 MiB. Memory is bounded: it rejects xz with a dictionary above 64 MiB. The
 * caller must read to the end or call `return` of the generator.
 * @throws if the body is damaged, or if its compression is not supported
 */
export async function* decodeBody(whole: WholeBody, packing: Packing): AsyncGenerator<Uint8Array, void> {
  if (packing === 'plain') yield* piecesOf(whole, pieceBytes);
  else if (packing === 'gzip') yield* gunzipped(whole);
  else if (packing === 'xz') yield* unxzed(whole);
  else throw new Error('no decoder');
}

async function* gunzipped(whole: WholeBody): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  const packed = Readable.from(piecesOf(whole, pieceBytes));
  packed.on('error', (cause) => gunzip.destroy(cause));
  yield* packed.pipe(gunzip);
}

/** Decodes xz with WebAssembly, piece by piece. Each thread decodes one body at a time. */
async function* unxzed(whole: WholeBody): AsyncGenerator<Uint8Array, void> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  yield* new XzReadableStream(ReadableStream.from(piecesOf(whole, xzPieceBytes)));
}

function* piecesOf(whole: WholeBody, bytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
  for (let at = 0; at < whole.bytes; at += bytes) yield new Uint8Array(whole.read(at, bytes));
}

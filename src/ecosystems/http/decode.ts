import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { WholeBody } from '../../core/body.ts';
import type { Packing } from './profile.ts';

const pieceBytes = 2 ** 20;
/** The decoder of xz takes its input in such pieces. */
const xzPieceBytes = 2 ** 16;

/**
 * The plain text of a body, in pieces of at most 1 MiB. Memory is bounded: xz with a dictionary above 64 MiB is
 * unreadable. The caller must read to the end or return the generator.
 * @throws if the body is damaged, or in a form that cannot be read
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

/** Decodes by WebAssembly, a piece at a time; one body at a time in each thread. */
async function* unxzed(whole: WholeBody): AsyncGenerator<Uint8Array, void> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  yield* new XzReadableStream(ReadableStream.from(piecesOf(whole, xzPieceBytes)));
}

function* piecesOf(whole: WholeBody, bytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
  for (let at = 0; at < whole.bytes; at += bytes) yield new Uint8Array(whole.read(at, bytes));
}

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { WholeBody } from '../../core/body.ts';
import type { Packing } from './profile.ts';

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

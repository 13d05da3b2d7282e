import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { BodyHold, type Collected, type Spill } from './body-hold.ts';
import type { Carrier } from './carrier.ts';
import { Collector, type Read } from './collector.ts';
import { type Deadline, stopOf, WireStop } from './deadline.ts';
import { floodCheckMs } from './inflow.ts';
import type { ExchangeRequest, ExchangeTrace } from './trace.ts';

/**
 * Sends one request and reads its response. Decodes the body if it is complete, unless `request.asSent` is set. Closes
 * the connection after an error or an incomplete read, unless the connection is shared.
 * @param now  the monotonic clock
 * @throws WireStop
 */
export async function exchange(
  carrier: Carrier,
  request: ExchangeRequest,
  trace: ExchangeTrace,
  deadline: Deadline,
  now: () => number,
): Promise<Collected> {
  try {
    const { isWhole, ...collected } = await deadline.run<Read>((done, failed) => {
      const collector = new Collector(carrier, request, trace, now, done, failed);
      try {
        carrier.send(request, collector);
      } catch (error) {
        collector.broken(error);
      }
      if (carrier.protocol === '2') deadline.every(floodCheckMs, () => collector.check());
      return () => collector.leave();
    });
    const isDecoded = isWhole && request.method !== 'HEAD' && request.asSent !== true;
    if (!isDecoded) return collected;
    const encoding = { sent: trace.headers['content-encoding'], requested: request.headers['accept-encoding'] };
    return await decoded(encoding, collected, request.bodyBytesMax, request.spill);
  } catch (error) {
    carrier.close();
    throw stopOf(error, trace.bodyBytes);
  }
}

/**
 * Decodes a body piece by piece, as clients do: in gzip, which they request of every server, or in another known encoding
 * that the request named. A body in another encoding, or in several, is not decoded.
 * @param bodyBytesMax  the maximum size of the result. A second limit is `limits.decodedBytes`, or
 * `limits.decodedFactor` times the received bytes if that is more
 * @param spill  how a long result is stored; `null`: in memory
 * @throws WireStop `MW_BODY_TOO_LARGE`, or zlib's own code (`Z_BUF_ERROR`: cut short, `Z_DATA_ERROR`: broken)
 */
export async function decoded(
  encoding: { readonly sent: string | undefined; readonly requested: string | undefined },
  packed: Collected,
  bodyBytesMax: number,
  spill: Spill | null,
): Promise<Collected> {
  const bytes = bytesOf(packed);
  const name = encoding.sent?.trim().toLowerCase() ?? '';
  const isTaken = name.endsWith('gzip') || (encoding.requested ?? '').split(/[, ]+/).includes(name);
  const decoder = isTaken ? decoders.get(name) : undefined;
  if (decoder === undefined || bytes === 0) return packed;
  const bytesMax = Math.min(bodyBytesMax, Math.max(limits.decodedBytes, limits.decodedFactor * bytes));
  const plain = capped(layerOff(decoder, piecesOf(packed)), bytesMax, bytes);
  const hold = new BodyHold();
  try {
    for await (const piece of plain) hold.take(piece, spill);
  } catch (error) {
    throw stopOf(error, bytes);
  }
  return hold.collected();
}

type Pieces = AsyncIterable<Buffer>;

const pieceBytes = 64 * 1024;

function bytesOf({ body, whole }: Collected): number {
  return whole?.bytes ?? body.length;
}

async function* piecesOf(packed: Collected): Pieces {
  const { body, whole } = packed;
  for (let at = 0; at < bytesOf(packed); at += pieceBytes)
    yield whole === null ? body.subarray(at, at + pieceBytes) : whole.read(at, pieceBytes);
}

async function* capped(pieces: Pieces, bytesMax: number, packedBytes: number): Pieces {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new WireStop('MW_BODY_TOO_LARGE', phrase('fault.decodes'), packedBytes);
    yield piece;
  }
}

async function* layerOff(decoderOf: DecoderOf, pieces: Pieces): Pieces {
  const source = pieces[Symbol.asyncIterator]();
  const first = await source.next();
  if (first.done === true) return;
  const all = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => source };
  })();
  // The callback of `pipeline` is empty, because errors of the source also arrive through the decoder.
  yield* pipeline(Readable.from(all), decoderOf(first.value[0] ?? 0), () => undefined) as Pieces;
}

/**
 * Creates a decoder for a body. `byte` is the first byte of the body; it distinguishes zlib format from a raw stream.
 */
type DecoderOf = (byte: number) => Transform;

const options = { chunkSize: pieceBytes };
const gunzip: DecoderOf = () => createGunzip(options);
const decoders: ReadonlyMap<string, DecoderOf> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  // In RFC 9110 section 8.4.1.2, `deflate` is the zlib format. Some servers send the raw stream.
  ['deflate', (byte) => ((byte & 15) === 8 ? createInflate(options) : createInflateRaw(options))],
]);

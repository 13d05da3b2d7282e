import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import type { Collected } from './body-hold.ts';
import type { Carrier } from './carrier.ts';
import { Collector, type Read } from './collector.ts';
import { codeOf, type Deadline, stopOf, WireStop } from './deadline.ts';
import { floodLookMs } from './inflow.ts';
import type { ExchangeRequest, ExchangeTrace } from './trace.ts';

/**
 * Sends one request and reads its response. Decodes the body if it is complete and in memory, unless `asSent`. Closes
 * the connection after an error or an incomplete read, unless it is shared.
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
    const { body, whole, isWhole } = await deadline.run<Read>((done, failed) => {
      const collector = new Collector(carrier, request, trace, now, done, failed);
      try {
        carrier.send(request, collector);
      } catch (error) {
        collector.broken(error);
      }
      if (carrier.protocol === '2') deadline.every(floodLookMs, () => collector.look());
      return () => collector.leave();
    });
    const isDecoded = isWhole && whole === null && request.method !== 'HEAD' && request.asSent !== true;
    if (!isDecoded) return { body, whole };
    const isOffered = request.headers['accept-encoding'] !== 'identity';
    return { body: await decoded(trace.headers['content-encoding'], body, request.bodyBytesMax, isOffered), whole };
  } catch (error) {
    carrier.close();
    throw stopOf(error, trace.bodyBytes);
  }
}

const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);
const inflateRawAsync = promisify(inflateRaw);
const brotliAsync = promisify(brotliDecompress);

const layersMax = 2;

/**
 * Decodes a body; an unknown encoding is left as it is.
 * @param bodyBytesMax  the limit of the result; if no encoding was offered, `limits.decodedBytes` or twice the received
 *                      bytes, whichever is larger, is a second limit
 * @throws WireStop `MW_BODY_TOO_LARGE`, or zlib's own code (`Z_BUF_ERROR`: cut short, `Z_DATA_ERROR`: broken)
 */
export async function decoded(
  encoding: string | undefined,
  body: Buffer,
  bodyBytesMax: number,
  isOffered = false,
): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity' || body.length === 0) return body;
  const layers = encoding
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
    .reverse();
  if (layers.length > layersMax) throw new WireStop('MW_BODY_TOO_LARGE', phrase('fault.encodings'), body.length);
  // Long bodies (zips, tarballs) hardly compress, so twice the received size is enough.
  const decodedMax = isOffered ? bodyBytesMax : Math.max(limits.decodedBytes, 2 * body.length);
  const maxOutputLength = Math.max(1, Math.min(bodyBytesMax, decodedMax));
  let plain = body;
  for (const layer of layers) plain = await layerOff(layer, plain, maxOutputLength, body.length);
  return plain;
}

async function layerOff(layer: string, body: Buffer, maxOutputLength: number, wireBytes: number): Promise<Buffer> {
  try {
    switch (layer) {
      case 'gzip':
      case 'x-gzip':
        return await gunzipAsync(body, { maxOutputLength });
      case 'deflate':
        // RFC 9110 section 8.4.1.2 means zlib's format; some servers send the bare stream.
        return ((body[0] ?? 0) & 15) === 8
          ? await inflateAsync(body, { maxOutputLength })
          : await inflateRawAsync(body, { maxOutputLength });
      case 'br':
        return await brotliAsync(body, { maxOutputLength });
      default:
        return body;
    }
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE')
      throw new WireStop('MW_BODY_TOO_LARGE', phrase('fault.decodes'), wireBytes);
    throw stopOf(error, wireBytes);
  }
}

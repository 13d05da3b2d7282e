import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { codeOf, stopOf, WireStop } from './stop.ts';

const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);
const inflateRawAsync = promisify(inflateRaw);
const brotliAsync = promisify(brotliDecompress);

/** More layers than this are nobody's honest answer. */
const layersMax = 2;

/**
 * The body as it was before the server encoded it. An unknown encoding is left as it is: the shape tests will say.
 * @param bodyBytesMax  the ask's cap; what decodes to more is a bomb, and where we asked for `identity` what decodes to
 *   more than a light answer can be
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
  // What is heavy (zips, tarballs) hardly shrinks, so twice its wire size is room enough.
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
        // RFC 9110 section 8.4.1.2 means zlib's form; some servers send the bare stream.
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

import { limits } from '../core/limits.ts';
import type { Facts } from '../core/transcript.ts';

/**
 * The length and the first bytes of a body that was hashed, as a fact.
 * @param body   or its beginning
 * @param bytes  its whole length
 */
export function seenIn(body: Uint8Array, bytes = body.length): Pick<Facts, 'seen'> {
  const firstHex = Buffer.from(body.subarray(0, limits.bytesShown)).toString('hex');
  return { seen: { bytes, firstHex } };
}

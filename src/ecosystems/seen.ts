import { limits } from '../core/limits.ts';
import type { Facts } from '../core/transcript.ts';

/** The length and the first bytes of a body that was hashed, as a fact. */
export function seenIn(body: Uint8Array): Pick<Facts, 'seen'> {
  const firstHex = Buffer.from(body.subarray(0, limits.bytesShown)).toString('hex');
  return { seen: { bytes: body.length, firstHex } };
}

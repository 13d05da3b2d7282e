import { createHash } from 'node:crypto';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { seenIn } from '../seen.ts';
import { ended, fine } from '../talk.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by their sha256: by a lock file or the public index (`pinned`) where one is known, else by what the
 * mirror's own page tells (`index`), as clients do: that page vouches for itself, so the bytes are compared too.
 * @param name   of the file
 * @param wants  what an authority knows of bytes with such a hash, as `Pins.wants`
 * @param told   hex of the page; `null`: it has none
 */
export function verify(
  body: Uint8Array,
  name: string,
  wants: (hex: string) => string | null,
  told: string | null,
  known: Facts,
): Verdict {
  const hex = createHash(algorithm).update(body).digest('hex');
  const digest = `sha256:${hex}`;
  const pinned = wants(hex);
  const against = pinned === null ? 'index' : 'pinned';
  const want = pinned ?? (told === null ? null : `sha256:${told}`);
  const seen = { ...known, ...seenIn(body) };
  if (want !== null && want !== digest)
    return ended(
      {
        tag: 'failed',
        failure: {
          kind: 'mismatch',
          algorithm,
          want,
          got: digest,
          by: pinned === null ? 'its own page' : 'the public index',
        },
      },
      seen,
    );
  const facts = pinned === null ? { ...seen, compared: { algorithm, digest, of: name } } : seen;
  return fine(want === null ? facts : { ...facts, verified: { algorithm, digest, against } });
}

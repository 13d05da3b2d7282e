import { limits } from '../../core/limits.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import type { WholeBody } from '../../core/whole-body.ts';
import { mismatchOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { seenIn } from '../seen.ts';
import { ended, fine, type Talk } from '../talk.ts';
import { hashOf } from '../whole.ts';

const algorithm = 'sha256';

/**
 * Judges bytes by their sha256: by a lock file or the public index (`pinned`) where one is known, else by what the
 * mirror's own page tells (`index`), as clients do: that page vouches for itself, so the bytes are compared too.
 * @param name   of the file
 * @param wants  what an authority knows of bytes with such a hash, as `Pins.wants`
 * @param told   hex of the page; `null`: it has none
 */
export function* verify(
  body: WholeBody,
  name: string,
  wants: (hex: string) => string | null,
  told: string | null,
  known: Facts,
): Talk<Verdict> {
  const hex = (yield* hashOf(body, algorithm)).toString('hex');
  const digest = `sha256:${hex}`;
  const pinned = wants(hex);
  const against = pinned === null ? 'index' : 'pinned';
  const want = pinned ?? (told === null ? null : `sha256:${told}`);
  const seen = { ...known, ...seenIn(body.read(0, limits.bytesShown), body.bytes) };
  if (want !== null && want !== digest)
    return ended(
      {
        tag: 'failed',
        failure: mismatchOf({
          algorithm,
          want,
          got: digest,
          by: pinned === null ? phrase('answer.ownPage') : phrase('answer.publicIndex'),
        }),
      },
      seen,
    );
  const facts = pinned === null ? { ...seen, compared: { algorithm, digest, of: name } } : seen;
  return fine(want === null ? facts : { ...facts, verified: { algorithm, digest, against } });
}

import type { Verdict } from '../../core/transcript.ts';
import { ended, fine } from '../talk.ts';

/**
 * Judges an immutable answer by its hash: verified where an authority's is known, else only compared.
 * @param want  the authority's `h1:…`, or `undefined` without one
 */
export function verify(got: string, want: string | undefined, facts: Verdict['facts']): Verdict {
  if (want === undefined) return fine({ ...facts, compared: { algorithm: 'h1', digest: got } });
  if (got === want) return fine({ ...facts, verified: { algorithm: 'h1', digest: got, against: 'pinned' } });
  return ended(
    { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want, got, by: 'the checksum database' } },
    facts,
  );
}

import type { ProbeFailure } from '../core/failure.ts';
import { parseRetryAfter } from '../core/retry-after.ts';
import type { Answer } from '../core/transcript.ts';
import { wrongContent } from '../words/failure.ts';

/** An answer with a head. */
export type Answered = Extract<Answer, { tag: 'answered' }>;

/**
 * The failure that a status stands for; `null` for 200, the only success.
 * @param wallMs  wall clock, for a `Retry-After` that is a date
 * @see design.md section 5, Which reason
 */
export function failureOfStatus(answer: Pick<Answered, 'status' | 'headers'>, wallMs: number): ProbeFailure | null {
  const { status } = answer;
  if (status === 200) return null;
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], wallMs);
  if (status === 429 || (status === 503 && retryAfterMs !== null)) return { kind: 'throttled', status, retryAfterMs };
  // 511 asks a human to log in to the network between us and the mirror (RFC 6585 section 6).
  if (status === 511) return wrongContent('answer.portal');
  if (status >= 500) return { kind: 'server', status };
  if (status === 401 || status === 403) return { kind: 'denied', status };
  if (status === 404 || status === 410) return { kind: 'absent', status };
  return { kind: 'status', status };
}

import type { ProbeContext } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { Answer, Ask, Facts, Verdict } from '../core/transcript.ts';
import { type Answered, failureOfStatus } from './status.ts';

/** A part of a conversation that gives a value. */
export type Talk<T> = Generator<Ask, T, Answer>;

/** How a conversation can end. */
export type End = Verdict['outcome'];

/** What can't be asked because the configured words make no request: our fault, never the mirror's. */
export const unaskable: End = { tag: 'unknown', because: 'local' };

/** Ends a conversation. */
export function ended(outcome: End, facts: Facts = {}): Verdict {
  return { outcome, facts };
}

/** Ends it well. */
export function fine(facts: Facts = {}): Verdict {
  return ended({ tag: 'ok' }, facts);
}

/** An answer with status 200, or how the conversation ends. */
export type Got = Result<Answered, End>;

/** A URL below the mirror's base, its path kept. */
export function below({ baseUrl }: Pick<ProbeContext, 'baseUrl'>, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/${path}`;
}

/**
 * Asks, and gives the answer where its status is 200.
 * @param isMasked  whether a "not found" says that the mirror could not reach its own upstream: a fault, not an absence
 */
export function* get(
  ask: Ask,
  context: Pick<ProbeContext, 'nowWallMs'>,
  isMasked: (answer: Answered) => boolean = () => false,
): Talk<Got> {
  const answer = yield ask;
  if (answer.tag === 'failed') return error(answer);
  if (answer.tag === 'unknown') return error({ tag: 'unknown', because: answer.because });
  const failure = failureOfStatus(answer, context.nowWallMs);
  if (failure === null) return ok(answer);
  if (failure.kind === 'absent' && isMasked(answer)) {
    return error({ tag: 'failed', failure: { kind: 'masked_upstream', status: answer.status } });
  }
  return error({ tag: 'failed', failure });
}

/** True where an optional endpoint is simply not there. */
export function isNotOffered(end: End): boolean {
  return end.tag === 'failed' && end.failure.kind === 'absent';
}

import type { ProbeContext } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Ask, Facts, Verdict } from '../../core/transcript.ts';
import type { Talk } from '../ecosystem.ts';
import { type Answered, failureOfStatus } from '../status.ts';
import { firstLine, isMarkup } from '../text.ts';
import { encodePath, escapeModule } from './escape.ts';

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

/**
 * The URL of `rest` below a module, spelled as the go command spells it; `null` where the path is no module path.
 * @see protocols.md 1.2
 */
export function moduleUrl(context: Pick<ProbeContext, 'baseUrl'>, module: string, rest: string): string | null {
  const escaped = escapeModule(module);
  return escaped === null ? null : below(context, encodePath(`${escaped}/${rest}`));
}

/** A URL below the mirror's base, its path kept. */
export function below({ baseUrl }: Pick<ProbeContext, 'baseUrl'>, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/${path}`;
}

/** Asks, and gives the answer where its status is 200. */
export function* get(ask: Ask, context: Pick<ProbeContext, 'nowWallMs'>): Talk<Got> {
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

/**
 * True where a "not found" says that the proxy could not reach its own upstream: a fault, not an absence.
 * @see protocols.md 1.6; goproxy/goproxy goproxy.go responseNotFound
 */
function isMasked(answer: Answered): boolean {
  return !isMarkup(answer.body) && /bad upstream|fetch timed out/i.test(firstLine(answer.body) ?? '');
}

/** True where an optional endpoint is simply not there. */
export function isNotOffered(end: End): boolean {
  return end.tag === 'failed' && end.failure.kind === 'absent';
}

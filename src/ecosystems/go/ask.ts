import { firstLineOf, isMarkup } from '../../core/body.ts';
import type { ProbeContext } from '../../core/ports.ts';
import { error } from '../../core/result.ts';
import type { Ask } from '../../core/transcript.ts';
import { type Answered, below, type Got, get as getAny, type Talk, unaskable } from '../talk.ts';
import type { GoContext } from './context.ts';
import { encodePath, escapeModule } from './escape.ts';

function moduleUrlOf(context: Pick<ProbeContext, 'baseUrl'>, module: string, rest: string): string | null {
  const escaped = escapeModule(module);
  return escaped === null ? null : below(context, encodePath(`${escaped}/${rest}`));
}

/** Like `get` of talk.ts, but a 404 or 410 that reports a failure of the proxy's own upstream is `masked_upstream`. */
export function get(ask: Ask, context: Pick<ProbeContext, 'nowWallMs'>): Talk<Got> {
  return getAny(ask, context, isMasked);
}

/** Requests the path `rest` below a module. Ends as `unaskable` for an invalid module path. */
export function* getBelow(module: string | null, rest: string, ask: Omit<Ask, 'url'>, context: GoContext): Talk<Got> {
  const url = moduleUrlOf(context, module ?? '', rest);
  return url === null ? error(unaskable) : yield* get({ ...ask, url }, context);
}

/**
 * True if the proxy could not reach its own upstream.
 * @see protocols.md 1.6; goproxy/goproxy goproxy.go responseNotFound
 */
function isMasked(answer: Answered): boolean {
  return !isMarkup(answer.body) && /bad upstream|fetch timed out/i.test(firstLineOf(answer.body) ?? '');
}

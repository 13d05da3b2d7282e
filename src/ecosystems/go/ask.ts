import { firstLineOf, isMarkup } from '../../core/body.ts';
import type { ProbeContext } from '../../core/ports.ts';
import { error } from '../../core/result.ts';
import type { Ask } from '../../core/transcript.ts';
import { type Answered, below, type Got, get as getAny, type Talk, unaskable } from '../talk.ts';
import type { GoContext } from './context.ts';
import { encodePath, escapeModule } from './escape.ts';

/**
 * The URL of `rest` below a module, escaped as the go command does; `null` for an invalid module path.
 * @see protocols.md 1.2
 */
function moduleUrlOf(context: Pick<ProbeContext, 'baseUrl'>, module: string, rest: string): string | null {
  const escaped = escapeModule(module);
  return escaped === null ? null : below(context, encodePath(`${escaped}/${rest}`));
}

/**
 * Sends a request and returns the response if its status is 200. A 404 or 410 by which a proxy reports an error of its own
 * upstream is the failure `masked_upstream`.
 */
export function get(ask: Ask, context: Pick<ProbeContext, 'nowWallMs'>): Talk<Got> {
  return getAny(ask, context, isMasked);
}

/** Like `get`, for the path `rest` below a module; `unaskable` for an invalid module path. */
export function* getBelow(module: string | null, rest: string, ask: Omit<Ask, 'url'>, context: GoContext): Talk<Got> {
  const url = moduleUrlOf(context, module ?? '', rest);
  return url === null ? error(unaskable) : yield* get({ ...ask, url }, context);
}

/**
 * True if a "not found" means that the proxy could not reach its own upstream: a fault, not an absence.
 * @see protocols.md 1.6; goproxy/goproxy goproxy.go responseNotFound
 */
function isMasked(answer: Answered): boolean {
  return !isMarkup(answer.body) && /bad upstream|fetch timed out/i.test(firstLineOf(answer.body) ?? '');
}

import { type Advice, type AdviceCause, isSlowness } from '../../core/advice.ts';
import { type Finding, isDeliberate, isDisputed, kindTraits } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Standing } from '../../core/standing.ts';
import type { ApiDeps } from '../deps.ts';

/**
 * The states of mirrors that pages show. To those of `Standing` they add `slow` (it costs clients time, and nothing
 * else) and `wrong` (it serves wrong bytes).
 */
export const shownStates = ['up', 'slow', 'degraded', 'wrong', 'down', 'unknown'] as const;
export type ShownState = (typeof shownStates)[number];

/**
 * Returns the state that every page shows for a mirror. It is never `up` if clients are advised to leave the mirror, or
 * if an open finding says that it costs them something.
 * @param advice  the advice in force
 */
export function shownStateOf(standing: Standing | undefined, advice: readonly Advice[]): ShownState {
  if (standing === undefined) return 'unknown';
  const { state } = standing;
  const open = standing.findings.filter(costsClients);
  if (open.some((one) => one.kind === 'mismatch' && !isDisputed(one))) return 'wrong';
  if (state === 'down' || state === 'unknown') return state;
  const left = advice.find((one) => isToLeave(one, standing));
  const isMore = open.some((one) => !costsTime(one)) || (left !== undefined && !isSlowness(causeNowIn(left)));
  if (isMore) return 'degraded';
  return left !== undefined || open.length > 0 ? 'slow' : state;
}

/** True for an open finding that says what a mirror costs its clients. */
function costsClients(finding: Finding): boolean {
  const { advice, isAgainst } = kindTraits[finding.kind];
  return finding.state === 'open' && !isDeliberate(finding) && (isAgainst?.(finding) ?? advice !== undefined);
}

/** The open finding that makes a mirror slow although its canary is not; `undefined`: none. */
export function slownessOf({ state, findings }: Standing): Finding | undefined {
  return state === 'up' ? findings.find((one) => costsClients(one) && costsTime(one)) : undefined;
}

function costsTime({ kind }: Finding): boolean {
  return kindTraits[kind].advice?.costs === 'time';
}

/** The advice in force, of all upstreams. */
export function adviceInForce(deps: Pick<ApiDeps, 'advice'>): readonly Advice[] {
  return deps.advice({ limit: limits.pageRows, cursor: null, history: false }).items;
}

/** True for a proposal whose trouble lasts. */
export function isAdvised(one: Advice): boolean {
  return one.state === 'proposed' && one.phase === 'active';
}

/** True for advice that clients leave the mirror because of its trouble, so not for a switch back to the usual mirror. */
export function isToLeave(one: Advice, { registry, ecosystem, upstream }: Standing): boolean {
  const isOfMirror = one.from === registry && one.ecosystem === ecosystem && one.upstream === upstream;
  return isOfMirror && one.to !== registry && isAdvised(one) && one.cause !== 'failback';
}

/**
 * The cause of an advice as the measurements have it now, as its sentence does: an outage can become slowness, and
 * slowness an outage.
 */
export function causeNowIn({ cause, causeNow }: Advice): AdviceCause {
  if (causeNow === 'slow' || causeNow === 'faster') return isSlowness(cause) ? cause : 'slower';
  if (!isSlowness(cause)) return cause;
  if (causeNow === 'all') return 'outage';
  return causeNow === 'share' || causeNow === 'targets' || causeNow === 'downloads' ? 'unreliable' : cause;
}

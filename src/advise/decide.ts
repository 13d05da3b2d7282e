import type { AdviceCause, Refusal } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Mirror, Step } from '../core/mirror.ts';
import type { Chain } from '../ecosystems/client.ts';
import { type BypassDecision, bypassesAt } from './bypass.ts';
import { type Cause, causeOfAlarm, findCauses, gravestCauseOf, isForced } from './cause.ts';
import { type ChoiceRule, choose, chooseAnyway, isAnyPast, isGoodNow } from './comparison/choose.ts';
import { recordOf } from './comparison/costs.ts';
import { healthBound, isHomeAsGood, reviewMsOf, waitMs } from './comparison/home.ts';
import { type Alarm, isOfTime } from './comparison/pair.ts';
import { isFaster, noiseMs, sortWithEquals } from './comparison/rank.ts';
import { chainInForce, headOf, homeOf, mirrorAt } from './group.ts';
import { listLastChoices } from './last-choice.ts';
import { isDearer, movePricesOf, type Prices } from './prices.ts';
import { isUpstreamFault, type TallyEntry } from './tally.ts';
import type { View } from './view.ts';
import { chainOfMove, listCandidates, mayBeProposed, type Weighed, weighAll, weighRuleOf } from './weigh.ts';

interface Decided {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  readonly at: Mirror;
  readonly weighed: readonly Weighed[];
}

export interface MoveDecision extends Decided {
  readonly kind: 'move';
  readonly alarm: Alarm | null;
  readonly to: Weighed;
  readonly after: Chain;
  /** As in `weighed`; `null`: the move is not chosen by cost. */
  readonly prices: Prices | null;
}

/** No mirror can be advised although one is needed, or the vantage is suspect. */
export interface Refused extends Decided {
  readonly kind: 'refuse';
  readonly refusal: Refusal;
  /** The mirrors that pass on failures of the upstream. */
  readonly faults: readonly string[];
  readonly stranded: readonly string[];
}

/**
 * `none`: there is no reason to leave the head, or the head is not monitored. `wait`: there is a reason, but no advice
 * now.
 */
export type Decision = { readonly kind: 'none' } | { readonly kind: 'wait' } | MoveDecision | BypassDecision | Refused;

interface Case {
  readonly at: Mirror;
  readonly cause: Cause | null;
  readonly lag: Cause | null;
  readonly rule: ChoiceRule;
  readonly weigh: () => readonly Weighed[];
}

export function decide(view: View): Decision {
  const { group, vantage } = view;
  const at = headOf(group);
  if (at === null) return { kind: 'none' };
  const { gravest: cause, lag } = findCauses(view, at);
  const rule = weighRuleOf(view, at);
  let known: readonly Weighed[] | null = null;
  const weigh = (): readonly Weighed[] => {
    known ??= weighAll(view, at);
    return known;
  };
  const one: Case = { at, cause, lag, rule, weigh };
  const moved =
    vantage.suspect === true
      ? null
      : (leave(view, one) ?? takeBackLate(view, one) ?? leaveLate(view, one) ?? goHome(view, one));
  return moved ?? stay(view, one);
}

function leave(view: View, one: Case): Decision | null {
  const { at, rule, weigh } = one;
  const { contest } = view.group;
  const must = mustLeave(view, one);
  if (must !== null) return moveToCheapest(view, one, must, candidatesFrom(view, one, must.kind));
  if (!isAnyPast(contest, rule)) return null;
  const choice = choose(contest, candidatesFrom(view, one, null), rule);
  if (choice === null) return null;
  const { alarm, to } = choice;
  const standing = view.standingOf(at.name);
  // A confirming round shows the cause within seconds: two failed downloads may belong to an outage.
  if (alarm === 'heavy_failures' && standing?.inDoubt === true) return null;
  // A broken address family may cause the slowness: this is known some seconds later.
  if (isOfTime(alarm) && standing?.oneFamily === 'likely') return null;
  const why = causeOfAlarm(alarm, standing, view.evidenceOf(at.name).length > 0);
  const kind = gravestCauseOf(view.tallyOf(at.name), why.kind);
  if (isMuted(view, at.name, to, kind)) return null;
  return moveTo(view, at, to, { kind, findings: why.findings }, alarm, weigh());
}

/**
 * A move away from a mirror with lag, if `hold` has passed since the last move.
 * @see docs/decisions/0017-lag.md
 */
function leaveLate(view: View, one: Case): Decision | null {
  return sinceMoveMs(view) < view.config.advise.holdMs ? null : toPrompt(view, one);
}

/** Infinity: no move yet. */
function sinceMoveMs({ group, now }: View): number {
  return now.monotonicMs - (group.moves.lastMs ?? Number.NEGATIVE_INFINITY);
}

/** Takes back or replaces a proposal that was made for lag, if the advised mirror is no better any more. */
function takeBackLate(view: View, one: Case): Decision | null {
  const { group, now } = view;
  const { at, lag, weigh } = one;
  const open = group.open?.advice;
  const left = mirrorAt(group, group.chain?.members[0]);
  if (open?.state !== 'proposed' || open.cause !== 'lag' || left === null || left === at) return null;
  const against = findCauses(view, left);
  if (against.lag !== null && lag === null) return null;
  const next = against.lag === null ? null : toPrompt(view, one);
  if (next !== null) return next;
  const isOnlyLate = against.gravest === null || against.gravest.kind === 'lag';
  if (!isOnlyLate || !isGoodNow(group.contest, left.name, now.monotonicMs)) return null;
  return moveTo(view, at, left.name, back, null, weigh());
}

/** A move from a mirror with lag to one without lag that costs at most a little more; `null`: none. */
function toPrompt(view: View, one: Case): Decision | null {
  const { at, lag } = one;
  const { minGain } = view.config.advise;
  if (lag === null) return null;
  const weighed = one.weigh();
  const here = weighed.find(({ mirror }) => mirror === at)?.scoreMs ?? null;
  const isEqual = ({ gate, scoreMs }: Weighed): boolean =>
    gate === 'ok' && here !== null && scoreMs !== null && !isFaster(scoreMs, here, minGain);
  const names = new Set(weighed.filter(isEqual).map(({ mirror }) => mirror.name));
  const candidates = candidatesFrom(view, one, lag.kind).filter((name) => names.has(name));
  return moveToCheapest(view, one, lag, candidates);
}

/** The cause if it needs no test: wrong bytes, or a finding of throttled requests of a fetch; `null`: none. */
function mustLeave(view: View, { at, cause }: Case): Cause | null {
  if (cause?.kind === 'mismatch') return cause;
  const standing = view.standingOf(at.name);
  if ((standing?.throttledUntilMs ?? 0) <= view.now.wallMs || standing?.isWaitForPace === true) return null;
  const findings = (standing?.findings ?? []).filter((one) => isThrottling(one, view.group.kind.fetch));
  return findings.length === 0 ? null : { kind: 'refusal', findings };
}

function isThrottling({ kind, state, cause, scope }: Finding, fetch: readonly Step[]): boolean {
  return (
    kind === 'refusal' && state === 'open' && cause === 'throttled' && scope.some(({ step }) => fetch.includes(step))
  );
}

function candidatesFrom(view: View, { at }: Case, cause: AdviceCause | null): readonly string[] {
  const names = listCandidates(view, at).map(({ name }) => name);
  return cause === null ? names : names.filter((name) => !isMuted(view, at.name, name, cause));
}

function isMuted(view: View, from: string, to: string, cause: AdviceCause): boolean {
  return view.group.muted.some(
    (one) => one.from === from && one.to === to && one.cause === cause && one.untilMs > view.now.wallMs,
  );
}

/** A move that needs no test; `null`: no candidate is good now and has a known cost. */
function moveToCheapest(
  view: View,
  { at, rule, weigh }: Case,
  cause: Cause,
  names: readonly string[],
): MoveDecision | null {
  const to = chooseAnyway(view.group.contest, names, rule);
  return to === null ? null : moveTo(view, at, to, cause, null, weigh());
}

const back = { kind: 'failback', findings: [] } as const;

/** Moves that clients need whatever the costs. */
const isForcedMove: ReadonlySet<AdviceCause> = new Set(['outage', 'mismatch', 'refusal']);

function moveTo(
  view: View,
  at: Mirror,
  name: string,
  { kind: cause, findings }: { readonly kind: AdviceCause; readonly findings: readonly Finding[] },
  alarm: Alarm | null,
  weighed: readonly Weighed[],
): MoveDecision | null {
  const found = weighed.find((one) => one.mirror.name === name);
  if (found === undefined) return null;
  const { mirror } = found;
  const prices = movePricesOf(view, at, mirror, cause, alarm);
  if (!isForcedMove.has(cause) && isDearer(prices)) return null;
  const priced = weighed.map((one): Weighed => {
    const price = one.mirror === at ? prices.from : one.mirror === mirror ? prices.to : null;
    return price === null ? one : { ...one, scoreMs: price.costMs, failedShare: price.failedShare };
  });
  const to = priced.find((one) => one.mirror === mirror) ?? found;
  if (!isForcedMove.has(cause) && isDearerThanLeft(view, at, to, priced)) return null;
  const after = chainOfMove(view, at, mirror, cause);
  return { kind: 'move', cause, alarm, findings, at, to, after, prices, weighed: rankWeighed(view, priced) };
}

/** True if a proposal that is not accepted would be replaced by one that costs clients more than where they are. */
function isDearerThanLeft({ group }: View, at: Mirror, to: Weighed, priced: readonly Weighed[]): boolean {
  const left = mirrorAt(group, group.chain?.members[0]);
  const scoreMs = priced.find(({ mirror }) => mirror === left)?.scoreMs ?? null;
  return left !== at && scoreMs !== null && to.scoreMs !== null && to.scoreMs - scoreMs > noiseMs;
}

/** A failback if it is due, else `null`. */
function goHome(view: View, { at, weigh }: Case): Decision | null {
  const { group, config, now } = view;
  const { contest, moves } = group;
  const home = homeOf(group);
  if (home === null || home === at || view.evidenceOf(home.name).length > 0) return null;
  const dueMs = waitMs(moves.departures, config.advise.holdMs, now.monotonicMs);
  if (sinceMoveMs(view) < dueMs) return null;
  if (contest.health < healthBound || !isGoodNow(contest, home.name, now.monotonicMs)) return null;
  const here = recordOf(contest, at.name);
  const timesMs = reviewMsOf(moves.departures, config.advise.holdMs, now.monotonicMs);
  const isLeftForTime = moves.departures.at(-1)?.isOfTime === true;
  if (!isHomeAsGood(recordOf(contest, home.name), here, dueMs, timesMs, now.monotonicMs, isLeftForTime)) return null;
  if (isMuted(view, at.name, home.name, 'failback')) return null;
  return listCandidates(view, at).includes(home) ? moveTo(view, at, home.name, back, null, weigh()) : null;
}

function stay(view: View, { at, cause, weigh }: Case): Decision {
  const { undo, bypass, stranded } = bypassesAt(view, at, cause?.findings ?? []);
  const { group, now, vantage } = view;
  const isSuspect = vantage.suspect === true;
  if (!isSuspect) {
    if (undo !== null && !isMuted(view, at.name, at.name, 'failback')) return undo;
    if (cause === null) return { kind: 'none' };
    if (!isForced(cause.kind)) return { kind: 'wait' };
  }
  const weighed = weigh();
  const others = weighed.filter((one) => one.mirror !== at);
  const isOpen = others.some(
    ({ gate, mirror }) =>
      gate === 'in_doubt' || (mayBeProposed(gate) && isGoodNow(group.contest, mirror.name, now.monotonicMs)),
  );
  if (isOpen && !isSuspect) return { kind: 'wait' };
  const last = isSuspect || cause?.kind !== 'outage' ? null : moveToLast(view, at, cause, weighed);
  if (last !== null) return last;
  const faults = listUpstreamFaults(view);
  const isShared = cause?.kind !== 'mismatch' && faults.length >= 2;
  const isMeasured = !others.some((one) => one.gate === 'unmeasured');
  const lacking = isShared ? 'shared_fate' : isMeasured ? 'no_candidate' : 'nothing_measured';
  const refusal = isSuspect ? 'vantage_suspect' : lacking;
  const grounds = {
    findings: cause?.findings ?? [],
    at,
    refusal,
    weighed: rankWeighed(view, weighed),
    faults,
  } as const;
  if (!isSuspect && cause?.kind === 'outage' && bypass !== null && !isMuted(view, at.name, at.name, 'outage'))
    return { kind: 'bypass', cause: 'outage', bypass, after: chainInForce(group), ...grounds };
  return { kind: 'refuse', cause: cause?.kind ?? 'outage', stranded, ...grounds };
}

/** A move to a mirror that serves wrong bytes of other items, where nothing else is left; `null`: none. */
function moveToLast(view: View, at: Mirror, cause: Cause, weighed: readonly Weighed[]): MoveDecision | null {
  const names = listLastChoices(view, at, weighed).filter((name) => !isMuted(view, at.name, name, cause.kind));
  const to = chooseAnyway(view.group.contest, names, weighRuleOf(view, at));
  return to === null ? null : moveTo(view, at, to, cause, null, weighed);
}

/** The mirrors that now pass on failures of the upstream, by their last canary responses. */
function listUpstreamFaults(view: View): readonly string[] {
  const lasts = view.mirrors.map((mirror) => [mirror.name, view.tallyOf(mirror.name).canary.at(-1)] as const);
  const faults = lasts.filter((pair): pair is readonly [string, TallyEntry] => {
    const last = pair[1];
    return last !== undefined && isUpstreamFault(last) && view.now.monotonicMs - last.atMs <= 2 * view.nearMs;
  });
  const newest = Math.max(...faults.map(([, entry]) => entry.atMs));
  return faults.filter(([, entry]) => newest - entry.atMs <= view.nearMs).map(([name]) => name);
}

/** Measured mirrors with a higher `failedShare` rank behind the other measured ones. */
const unreliableShare = 0.1;

/** Sorts mirrors, the best first; excluded ones come last. */
export function rankWeighed(view: View, all: readonly Weighed[]): readonly Weighed[] {
  const { minGain } = view.config.advise;
  const usable = all.filter(({ gate }) => mayBeProposed(gate) || gate === 'current');
  const rest = all.filter((one) => !usable.includes(one));
  const tierOf = ({ scoreMs, failedShare }: Weighed): number =>
    scoreMs === null ? 2 : Number(failedShare > unreliableShare);
  const scoreOf = ({ scoreMs }: Weighed): number => scoreMs ?? Number.POSITIVE_INFINITY;
  const { inOrder } = view.group.roster;
  const ranked = [0, 1, 2].flatMap((tier) => {
    const equals = usable.filter((one) => tierOf(one) === tier);
    return sortWithEquals(equals, scoreOf, minGain, (a, b) => inOrder(a.mirror.name, b.mirror.name));
  });
  return [...ranked, ...rest];
}

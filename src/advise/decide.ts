import type { AdviceCause, Refusal } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Bypass } from '../ecosystems/bypass.ts';
import type { Chain } from '../ecosystems/client.ts';
import { type BypassDecision, bypassAt, bypassInForce, chainInForce, undoBypass } from './bypass.ts';
import {
  type Cause,
  causeOfAlarm,
  findCause,
  gravestCauseOf,
  isForced,
  lateCauseOf,
  listUpstreamFaults,
} from './cause.ts';
import { isFaster, sortByCost, sortWithEquals } from './rank.ts';
import { type Alarm, choose, chooseAnyway, isAnyPast, isGoodNow, isOfTime } from './tests/choose.ts';
import { costOf, hasFailedLast, recordOf } from './tests/costs.ts';
import { healthBound, isHomeAsGood, lookBackMsOf, waitMs } from './tests/home.ts';
import type { View } from './view.ts';
import {
  chainTo,
  headOf,
  homeOf,
  listDroppedKeys,
  mayBeProposed,
  memberOf,
  mirrorAt,
  ruleOf,
  type Weighed,
  weighAll,
} from './weigh.ts';

/** The decision on one group. `none`: nothing is wrong; `wait`: something is wrong, but it is too early to act. */
export type Decision =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'move';
      readonly cause: AdviceCause;
      /** The test that triggered; `null`: none was needed, or home is as good again. */
      readonly alarm: Alarm | null;
      readonly findings: readonly Finding[];
      /** The mirror in force, and the one to move to. */
      readonly at: Mirror;
      readonly to: Weighed;
      readonly after: Chain;
      /** An advised client switch to be removed with the move; `null`: none. */
      readonly undo: Bypass | null;
      readonly weighed: readonly Weighed[];
    }
  | BypassDecision
  | {
      readonly kind: 'refuse';
      readonly cause: AdviceCause;
      readonly findings: readonly Finding[];
      readonly at: Mirror;
      readonly refusal: Refusal;
      readonly weighed: readonly Weighed[];
    };

/** A `Retry-After` longer than this at the head fails every build meanwhile. Milliseconds. */
const awayMsMin = 60_000;

/** Decides from the mirror in force: leave it, return home, or neither. */
export function decide(view: View): Decision {
  const at = headOf(view.group);
  if (at === null) return { kind: 'none' };
  const cause = findCause(view, at);
  if (view.vantage.suspect === true) {
    const weighed = rankWeighed(view, weighAll(view));
    const refused = { kind: 'refuse', refusal: 'vantage_suspect', weighed, at } as const;
    return { ...refused, cause: cause?.kind ?? 'outage', findings: cause?.findings ?? [] };
  }
  // Weighed on first use, because most calls need no weighing.
  let known: readonly Weighed[] | null = null;
  const weighed = (): readonly Weighed[] => {
    known ??= weighAll(view);
    return known;
  };
  return (
    leave(view, at, cause, weighed) ??
    takeBackLate(view, at, weighed) ??
    leaveLate(view, at, weighed) ??
    goHome(view, at, weighed) ??
    stay(view, at, cause, weighed)
  );
}

type Weigh = () => readonly Weighed[];

function leave(view: View, at: Mirror, cause: Cause | null, weigh: Weigh): Decision | null {
  const must = mustLeave(view, at, cause);
  const rule = ruleOf(view, at);
  if (must === null && !isAnyPast(view.group.contest, rule)) return null;
  const weighed = weigh();
  const candidates = candidatesFrom(view, at, weighed);
  if (must !== null) return moveToCheapest(view, at, must, candidates(must.kind), weighed);
  const choice = choose(view.group.contest, candidates(null), rule);
  if (choice === null) return null;
  // A running round shows the cause within seconds: two failed downloads may belong to an outage.
  if (choice.alarm === 'heavy_failures' && view.standingOf(at.name)?.inDoubt === true) return null;
  // The address family may be the cause of the first failures, which then do not count: wait some seconds.
  if (isOfTime(choice.alarm) && view.standingOf(at.name)?.oneFamily === 'likely') return null;
  const why = causeOfAlarm(choice.alarm, view.standingOf(at.name), view.evidenceOf(at.name).length > 0);
  const named = gravestCauseOf(view.tallyOf(at.name), why.kind);
  if (isMuted(view, at.name, choice.to, named)) return null;
  return moveTo(view, at, choice.to, named, why.findings, choice.alarm, weighed);
}

/**
 * A mirror with lag still serves what it has well. It is left only for a mirror without lag where a fetch costs less
 * than `minGain` more, and only when the last move is at least `hold` ago.
 * @see docs/decisions/0017-lag.md
 */
function leaveLate(view: View, at: Mirror, weigh: Weigh): Decision | null {
  const { moves } = view.group;
  const restedMs = view.now.monotonicMs - (moves.lastMs ?? Number.NEGATIVE_INFINITY);
  return restedMs < view.config.advise.holdMs ? null : toPrompt(view, at, weigh);
}

/**
 * An unaccepted proposal for lag is withdrawn once the mirror in force has no lag. If its target lags now, it is
 * replaced, or withdrawn where no mirror is without lag. Neither waits for `hold`.
 */
function takeBackLate(view: View, at: Mirror, weigh: Weigh): Decision | null {
  const { group, now } = view;
  const open = group.open?.advice;
  const left = mirrorAt(group, group.chain?.members[0]);
  if (open?.state !== 'proposed' || open.cause !== 'lag' || left === null || left === at) return null;
  const isLate = lateCauseOf(view.standingOf(left.name)) !== null;
  if (isLate && lateCauseOf(view.standingOf(at.name)) === null) return null;
  const next = isLate ? toPrompt(view, at, weigh) : null;
  if (next !== null) return next;
  const against = findCause(view, left)?.kind ?? 'lag';
  if (against !== 'lag' || !isGoodNow(group.contest, left.name, now.monotonicMs)) return null;
  return moveTo(view, at, left.name, 'failback', [], null, weigh());
}

/** A move from a mirror with lag to one without that costs no more; `null`: no lag, or no such mirror. */
function toPrompt(view: View, at: Mirror, weigh: Weigh): Decision | null {
  const cause = lateCauseOf(view.standingOf(at.name));
  const { config } = view;
  if (cause === null) return null;
  const weighed = weigh();
  const here = weighed.find(({ mirror }) => mirror === at)?.scoreMs ?? null;
  const equals = weighed.filter(
    ({ gate, scoreMs }) =>
      gate === 'ok' && here !== null && scoreMs !== null && !isFaster(scoreMs, here, config.advise.minGain),
  );
  const names = new Set(equals.map(({ mirror }) => mirror.name));
  const candidates = candidatesFrom(view, at, weighed)(cause.kind).filter((name) => names.has(name));
  return moveToCheapest(view, at, cause, candidates, weighed);
}

/** The causes that need no test: wrong bytes, and a `Retry-After` longer than a build can wait. */
function mustLeave(view: View, at: Mirror, cause: Cause | null): Cause | null {
  if (cause?.kind === 'mismatch') return cause;
  const standing = view.standingOf(at.name);
  const untilMs = standing?.throttledUntilMs ?? null;
  const isAway = untilMs !== null && untilMs - view.now.wallMs > awayMsMin && standing?.isWaitForPace !== true;
  if (!isAway) return null;
  return cause?.kind === 'refusal' ? cause : { kind: 'refusal', findings: [] };
}

function candidatesFrom(view: View, at: Mirror, weighed: readonly Weighed[]) {
  const able = weighed.filter((one) => one.mirror !== at && mayBeProposed(one.gate)).map((one) => one.mirror.name);
  return (cause: AdviceCause | null): readonly string[] =>
    cause === null ? able : able.filter((name) => !isMuted(view, at.name, name, cause));
}

/** True where an operator dismissed this move for now. */
function isMuted(view: View, from: string, to: string, cause: AdviceCause): boolean {
  return view.group.muted.some(
    (one) => one.from === from && one.to === to && one.cause === cause && one.untilMs > view.now.wallMs,
  );
}

/** A forced move, to the cheapest candidate that is healthy now; `null`: there is none. */
function moveToCheapest(
  view: View,
  at: Mirror,
  { kind, findings }: Cause,
  candidates: readonly string[],
  weighed: readonly Weighed[],
): Decision | null {
  const to = chooseAnyway(view.group.contest, candidates, ruleOf(view, at));
  return to === null ? null : moveTo(view, at, to, kind, findings, null, weighed);
}

function moveTo(
  view: View,
  at: Mirror,
  name: string,
  cause: AdviceCause,
  findings: readonly Finding[],
  alarm: Alarm | null,
  weighed: readonly Weighed[],
): Decision | null {
  const to = weighed.find((one) => one.mirror.name === name);
  if (to === undefined) return null;
  const dropped = new Set(listDroppedKeys(view));
  // Its outage finding may open a second later, but a walk would already break at it (docs/decisions/0002).
  if (hasFailedLast(recordOf(view.group.contest, at.name), view.config.detect.outage.open))
    dropped.add(memberOf(view.group, at).key);
  const after = tailInOrder(view, chainTo(view, to.mirror, dropped), cause);
  const undo = bypassInForce(view.group);
  return { kind: 'move', cause, alarm, findings, at, to, after, undo, weighed: rankWeighed(view, weighed) };
}

/** Sorts the members behind the new head by cost, cheapest first. A failback restores the declared chain unchanged. */
function tailInOrder(view: View, chain: Chain, cause: AdviceCause): Chain {
  if (cause === 'failback') return chain;
  const { failureCostMs, minGain } = view.config.advise;
  const rule = { nowMs: view.now.monotonicMs, failureCostMs, rescue: 1, errors: 0 };
  const costAt = (member: Chain['members'][number]): number | null => {
    const mirror = mirrorAt(view.group, member);
    return mirror === null ? null : costOf(view.group.contest, mirror.name, rule);
  };
  return sortByCost(chain, costAt, minGain);
}

/** A failback: after the wait, once home has proven itself, and where it costs no more. */
function goHome(view: View, at: Mirror, weigh: Weigh): Decision | null {
  const { group, config, now } = view;
  const home = homeOf(group);
  if (home === null || home === at || view.evidenceOf(home.name).length > 0) return null;
  const awayMs = now.monotonicMs - (group.moves.lastMs ?? Number.NEGATIVE_INFINITY);
  const dueMs = waitMs(group.moves.departures, config.advise.holdMs, now.monotonicMs);
  if (awayMs < dueMs) return null;
  const { contest } = group;
  if (contest.health.sum < healthBound || !isGoodNow(contest, home.name, now.monotonicMs)) return null;
  const here = recordOf(contest, at.name);
  const timesMs = lookBackMsOf(group.moves.departures, config.advise.holdMs, now.monotonicMs);
  const isLeftForTime = group.moves.departures.at(-1)?.isOfTime === true;
  if (!isHomeAsGood(recordOf(contest, home.name), here, dueMs, timesMs, now.monotonicMs, isLeftForTime)) return null;
  if (isMuted(view, at.name, home.name, 'failback')) return null;
  const weighed = weigh();
  const one = weighed.find(({ mirror }) => mirror === home);
  if (one === undefined || !mayBeProposed(one.gate)) return null;
  return moveTo(view, at, home.name, 'failback', [], null, weighed);
}

/** No candidate: `refused` where staying is not acceptable, silent where a move is merely not worthwhile. */
function stay(view: View, at: Mirror, cause: Cause | null, weigh: Weigh): Decision {
  const back = undoBypass(view, at);
  if (back !== null) return back;
  if (cause === null) return { kind: 'none' };
  if (!isForced(cause.kind)) return { kind: 'wait' };
  const weighed = weigh();
  const others = weighed.filter((one) => one.mirror !== at);
  const { contest } = view.group;
  const isOpen = others.some(
    (one) =>
      one.gate === 'in_doubt' || (mayBeProposed(one.gate) && isGoodNow(contest, one.mirror.name, view.now.monotonicMs)),
  );
  if (isOpen) return { kind: 'wait' };
  const refusal: Refusal =
    cause.kind !== 'mismatch' && listUpstreamFaults(view).length >= 2
      ? 'shared_fate'
      : others.some((one) => one.gate === 'unmeasured')
        ? 'nothing_measured'
        : 'no_candidate';
  const said = { findings: cause.findings, at, refusal, weighed: rankWeighed(view, weighed) };
  const bypass = cause.kind === 'outage' ? bypassAt(view, at, cause.findings) : null;
  if (bypass !== null && !isMuted(view, at.name, at.name, 'outage'))
    return { kind: 'bypass', cause: 'outage', bypass, after: chainInForce(view.group), ...said };
  return { kind: 'refuse', cause: cause.kind, ...said };
}

/** A mirror whose share of failures (upper bound) is above this goes behind all more reliable ones. */
const unreliableShare = 0.1;

/**
 * Sorts weighed mirrors, best first: first those that may be proposed or are in use, then the rest in the order of
 * the file. Among the former reliable ones come first, then cheaper ones. Scores within `minGain` or 10 ms of the
 * cheapest are equal: then weight, then the order of the file decides.
 */
export function rankWeighed(view: View, all: readonly Weighed[]): readonly Weighed[] {
  const { minGain } = view.config.advise;
  const usable = all.filter(({ gate }) => mayBeProposed(gate) || gate === 'current');
  const tiers = [
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare <= unreliableShare),
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare > unreliableShare),
    usable.filter(({ scoreMs: score }) => score === null),
  ];
  const rest = all.filter((one) => !usable.includes(one));
  return [...tiers.flatMap((tier) => byScore(tier, minGain)), ...rest];
}

function byScore(tier: readonly Weighed[], minGain: number): readonly Weighed[] {
  const byWeight = (a: Weighed, b: Weighed): number => (b.mirror.weight ?? 0) - (a.mirror.weight ?? 0);
  return sortWithEquals(tier, scoreOf, minGain, byWeight);
}

function scoreOf(one: Weighed): number {
  return one.scoreMs ?? Number.POSITIVE_INFINITY;
}

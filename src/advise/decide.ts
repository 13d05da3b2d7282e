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
import { type Alarm, choose, chooseAnyway, isAnyPast, isGoodNow } from './tests/choose.ts';
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

/** What should be done about one group now. `none`: nothing is wrong; `wait`: something is, but nothing is to be done yet. */
export type Decision =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'move';
      readonly cause: AdviceCause;
      /** The test that spoke; `null`: none was needed, or home is as good. */
      readonly alarm: Alarm | null;
      readonly findings: readonly Finding[];
      /** Where clients are told to be now, and where to go. */
      readonly at: Mirror;
      readonly to: Weighed;
      readonly after: Chain;
      /** A switch of the client that was told before, and is taken back with it; `null`: none was. */
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

/** A `Retry-After` longer than this on the head of a chain fails every build for as long. Milliseconds. */
const awayMsMin = 60_000;

/** Decides from where clients are told to be now: leave it, go home from it, or neither. */
export function decide(view: View): Decision {
  const at = headOf(view.group);
  if (at === null) return { kind: 'none' };
  const cause = findCause(view, at);
  if (view.vantage.suspect === true) {
    const weighed = rankWeighed(view, weighAll(view));
    const refused = { kind: 'refuse', refusal: 'vantage_suspect', weighed, at } as const;
    return { ...refused, cause: cause?.kind ?? 'outage', findings: cause?.findings ?? [] };
  }
  // Nearly always there is nothing to weigh.
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
  // A round is under way that names what it is within seconds; two failed downloads alone would call it by another name.
  if (choice.alarm === 'heavy_failures' && view.standingOf(at.name)?.inDoubt === true) return null;
  const why = causeOfAlarm(choice.alarm, view.standingOf(at.name), view.evidenceOf(at.name).length > 0);
  const named = gravestCauseOf(view.tallyOf(at.name), why.kind);
  if (isMuted(view, at.name, choice.to, named)) return null;
  return moveTo(view, at, choice.to, named, why.findings, choice.alarm, weighed);
}

/**
 * A mirror that is behind serves what it has as well as ever: it is left for one that is not, where a fetch costs
 * less than `minGain` more, and only when the last move is `hold` ago.
 * @see docs/decisions/0017-lag.md
 */
function leaveLate(view: View, at: Mirror, weigh: Weigh): Decision | null {
  const { moves } = view.group;
  const restedMs = view.now.monotonicMs - (moves.lastMs ?? Number.NEGATIVE_INFINITY);
  return restedMs < view.config.advise.holdMs ? null : toPrompt(view, at, weigh);
}

/**
 * A proposal for lag that nobody accepted has no other reason: it is withdrawn once the mirror in force is late no more, and
 * where its target has become late it is replaced, or withdrawn where nobody else is prompt. Neither waits for `hold`.
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

/** From a late mirror to a prompt one that costs no more; `null`: it is not late, or there is none. */
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

/** What needs no test: wrong bytes, and a mirror that asked us to stay away for longer than a build can wait. */
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

/** True where a person does not want to be told of this move for now. */
function isMuted(view: View, from: string, to: string, cause: AdviceCause): boolean {
  return view.group.muted.some(
    (one) => one.from === from && one.to === to && one.cause === cause && one.untilMs > view.now.wallMs,
  );
}

/** Where staying is no choice: to the cheapest candidate that answered well just now; `null`: there is none. */
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
  // Its outage may be named a second later: a walk would break at it all the same (docs/decisions/0002).
  if (hasFailedLast(recordOf(view.group.contest, at.name), view.config.detect.outage.open))
    dropped.add(memberOf(view.group, at).key);
  const after = tailInOrder(view, chainTo(view, to.mirror, dropped), cause);
  const undo = bypassInForce(view.group);
  return { kind: 'move', cause, alarm, findings, at, to, after, undo, weighed: rankWeighed(view, weighed) };
}

/** What stands behind the new first member, the cheaper first; the way back is the declared chain, word for word. */
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

/** Back to the preferred mirror: after the wait, once it has proven itself, and where nothing is lost by it. */
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
  if (!isHomeAsGood(recordOf(contest, home.name), here, dueMs, timesMs, now.monotonicMs)) return null;
  if (isMuted(view, at.name, home.name, 'failback')) return null;
  const weighed = weigh();
  const one = weighed.find(({ mirror }) => mirror === home);
  if (one === undefined || !mayBeProposed(one.gate)) return null;
  return moveTo(view, at, home.name, 'failback', [], null, weighed);
}

/** Nobody to move to: said aloud where staying is no choice, and silent where it merely is not worth it. */
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

/** Behind every more reliable one goes a mirror whose failures, as an upper bound, lie above this share. */
const unreliableShare = 0.1;

/**
 * Best first: what may be proposed or is in use, then the rest in the order of the file. Among the former reliable ones
 * first, then the cheaper; scores closer to the cheapest left than `minGain` or 10 ms are equal: the greater weight, then
 * the order in the file decides.
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

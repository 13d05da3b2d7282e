import type { AdviceCause } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import { once } from '../core/get-or-make.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Apart } from './apart.ts';
import { bypassesAt } from './bypass.ts';
import { type Cause, type Causes, causeOfAlarm, findCauses, findFetchOutages, isSetAside } from './cause.ts';
import { assess, choiceOf, chooseAnyway, chooseBetter, isAnyPast, isGoodNow } from './comparison/choose.ts';
import type { Contest } from './comparison/contest.ts';
import { type Alarm, isOfTime, lightTestOf } from './comparison/pair.ts';
import { type Grounds, groundsOf, type Subject } from './grounds.ts';
import { chainInForce, headOf, mirrorAt } from './group.ts';
import { listLastChoices, type WrongBytes, wrongBytesOf } from './last-choice.ts';
import { readyHomeOf } from './obstacles.ts';
import { movePricesOf } from './prices.ts';
import { isUpstreamFault } from './tally.ts';
import { passedOverFromMs } from './trouble.ts';
import type { View } from './view.ts';
import { chainOfMove, listCandidates, listOpenChoices, weighAll, weighRuleOf } from './weigh.ts';

/**
 * A head that clients pass over is left for a better mirror than the next one after this time. Most real outages last
 * longer. Milliseconds.
 */
const passedOverMs = 120_000;

export type HeadValues = ReturnType<typeof headValuesOf>;

/**
 * A view with the inputs from which one turn of the main loop makes the decision, the table of candidates and the
 * sentence.
 */
export interface Prepared extends View {
  /** The inputs about the head; `null`: the first member of the advised chain is not monitored. */
  readonly head: HeadValues | null;
  readonly causesOf: (mirror: Mirror) => Causes;
  /** The outages that raise the confidence of advice to switch from `left` to `to`. */
  readonly fetchOutagesOf: (cause: AdviceCause, left: Mirror, to: Mirror) => readonly Finding[];
  readonly isGoodNow: (registry: string) => boolean;
  readonly groundsOf: (subject: Subject) => Grounds;
  readonly wrongBytesOf: (mirror: Mirror) => WrongBytes;
  /** True for the mirror of an open proposal that is paused or in a maintenance window. */
  readonly isSetAside: (mirror: Mirror) => boolean;
}

export function prepareView(view: View): Prepared {
  const at = headOf(view.group);
  return {
    ...view,
    head: at === null ? null : headValuesOf(view, at),
    causesOf: (mirror) => findCauses(view, mirror),
    fetchOutagesOf: (cause, left, to) => findFetchOutages(view, cause, left, to),
    isGoodNow: (registry) => isGoodNow(view.group.contest, registry, view.now.monotonicMs),
    groundsOf: (subject) => groundsOf(view, subject),
    wrongBytesOf: (mirror) => wrongBytesOf(view, mirror),
    isSetAside: ({ name }) => isSetAside(view.group, view.standingOf(name)),
  };
}

/** Returns the inputs of a decision about the head. Each value without arguments is calculated once, when it is first read. */
function headValuesOf(view: View, at: Mirror) {
  const { contest, moves } = view.group;
  const rule = weighRuleOf(view, at);
  const causes = once(() => findCauses(view, at));
  const weighed = once(() => weighAll(view, at));
  const candidates = once(() => listCandidates(view, at).map(({ name }) => name));
  const openChoices = once(() => listOpenChoices(view, at));
  const assessed = once(() => (isAnyPast(contest, rule) ? assess(contest, candidates(), rule) : []));
  return {
    at,
    causes,
    /** All mirrors with their gates and fetch costs. */
    weighed,
    /** The names of the mirrors that may be proposed. */
    candidates,
    bypasses: once(() => bypassesAt(view, at, causes().gravest?.findings ?? [])),
    /** The candidate that the tests choose now; `null`: none, or no test has passed its bound. */
    choose: once(() => choiceOf(assessed(), rule)),
    /** The candidates that work now, and what blocks each; empty: no test has passed its bound. */
    assessed,
    rule,
    /**
     * The cheapest of the mirrors in `names`, whatever the tests say; `null`: none of them works now and has a known
     * cost.
     */
    cheapestOf: (names: readonly string[]) => chooseAnyway(contest, names, rule),
    /** The mirror that is better than the head, if the choice of the head is provisional; `null`: none. It is not home. */
    better: once(() => chooseBetter(contest, openChoices(), rule)),
    /**
     * If the head is down for some time and clients pass over it (`isPassedOver`): the mirror where builds cost at least
     * `advise.minGain` less than at the next mirror of the chain; `null`: none.
     */
    betterThanNext: once(() => {
      const fromMs = contest.without.has('passed-over') ? null : passedOverFromMs(view, at);
      if (fromMs === null || view.now.monotonicMs - fromMs < passedOverMs) return null;
      const next = mirrorAt(view.group, chainInForce(view.group).members[1]);
      return chooseBetter(contest, candidates(), rule, next?.name ?? null, 1 - rule.minGain);
    }),
    testedBy: (name: string, alarm: Alarm | null) => testedBy(contest, name, alarm),
    causeOf: (alarm: Alarm): Cause => causeOfAlarm(view, at, alarm),
    pricesOf: (to: Mirror, cause: AdviceCause, alarm: Alarm | null) => movePricesOf(view, at, to, cause, alarm),
    chainOf: (to: Mirror, cause: AdviceCause) => chainOfMove(view, at, to, cause),
    /** Milliseconds since the last switch; Infinity: none yet. */
    sinceMoveMs: view.now.monotonicMs - (moves.lastMs ?? Number.NEGATIVE_INFINITY),
    /** The first mirror of the declared chain if it is not the head and a failback to it is due; else `null`. */
    homeReady: once(() => readyHomeOf(view, at, rule)),
    lastChoices: once(() => listLastChoices(view, at, weighed())),
    /** The mirrors that now pass on failures of the upstream, by their last canary responses. */
    upstreamFaults: once(() => listUpstreamFaults(view)),
  };
}

/** The mean times that a test of times for a switch to `name` compared; `null`: no such test. */
function testedBy({ pairs }: Contest, name: string, alarm: Alarm | null): Apart | null {
  const time = pairs.get(name)?.time;
  if (time === undefined || alarm === null || !isOfTime(alarm)) return null;
  const { rounds, headTookMs, candidateMs, fromMs } = alarm === 'time' ? lightTestOf(time) : time.heavy;
  return { rounds, hereMs: headTookMs / rounds, thereMs: candidateMs / rounds, fromMs };
}

function listUpstreamFaults(view: View): readonly string[] {
  const faults = view.mirrors.flatMap(({ name }) => {
    const last = view.tallyOf(name).canary.at(-1);
    if (last === undefined || !isUpstreamFault(last)) return [];
    return view.now.monotonicMs - last.atMs <= 2 * view.nearMs ? [{ name, atMs: last.atMs }] : [];
  });
  const newest = Math.max(...faults.map(({ atMs }) => atMs));
  return faults.flatMap(({ name, atMs }) => (newest - atMs <= view.nearMs ? [name] : []));
}

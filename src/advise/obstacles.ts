import type { Mirror } from '../core/mirror.ts';
import { isGoodNow } from './comparison/choose.ts';
import { type BuildRule, costOf, recordOf } from './comparison/costs.ts';
import {
  countGoodLeft,
  earliestFailbackOf,
  type HomeLack,
  healthBound,
  listHomeLacks,
  reviewMsOf,
  waitMs,
} from './comparison/home.ts';
import { isWorseEachHour } from './comparison/hourly.ts';
import { isCalmAgain } from './comparison/spells.ts';
import { type Group, homeOf } from './group.ts';
import type { View } from './view.ts';

/**
 * Why a failback is not due: the `wait` since the last switch, too few good `responses`, home is `failing` now, fails
 * in most hours (`hourly`) or is slow again and again (`spells`), an `alert`, or a reason of `HomeLack`.
 */
export type Obstacle = HomeLack | 'alert' | 'wait' | 'responses' | 'failing' | 'hourly' | 'spells';

/**
 * Lists why a failback from `at` to `home` is not due; empty: it is due. Each reason is computed when it is read, the
 * costly ones last, because a decision reads only the first one.
 * @see docs/decisions/0181-old-failures-and-late-corrections.md
 */
export function* listObstacles(view: View, home: Mirror, at: Mirror, rule: BuildRule): Generator<Obstacle> {
  const { group, config, now } = view;
  const { contest, moves } = group;
  if (view.evidenceOf(home.name).length > 0) yield 'alert';
  const dueMs = waitMs(moves.departures, config.advise.holdMs, now.monotonicMs);
  if (now.monotonicMs - (moves.lastMs ?? Number.NEGATIVE_INFINITY) < dueMs) yield 'wait';
  if (contest.health < healthBound) yield 'responses';
  if (!isGoodNow(contest, home.name, now.monotonicMs)) yield 'failing';
  const here = recordOf(contest, at.name);
  const timesMs = reviewMsOf(moves.departures, config.advise.holdMs, now.monotonicMs);
  const left = moves.departures.at(-1);
  const isLeftForTime = left?.isOfTime === true;
  const there = recordOf(contest, home.name);
  for (const lack of listHomeLacks(there, here, dueMs, timesMs, now.monotonicMs, isLeftForTime)) {
    if (lack !== 'failures' || !isCheaperBuild(group, home.name, at.name, rule)) yield lack;
  }
  const ofDay = { ...rule, isOfDay: true };
  if (isWorseEachHour(there.hourly, here.hourly) && !isCheaperBuild(group, home.name, at.name, ofDay)) yield 'hourly';
  if (isLeftForTime && !isCalmAgain(there, left.atMs, now.monotonicMs)) yield 'spells';
}

/** The first mirror of the declared chain if it is not `at` and a failback to it is due; else `null`. */
export function readyHomeOf(view: View, at: Mirror, rule: BuildRule): Mirror | null {
  const home = homeOf(view.group);
  if (home === null || home === at) return null;
  return listObstacles(view, home, at, rule).next().done === true ? home : null;
}

function isCheaperBuild({ contest }: Group, there: string, here: string, rule: BuildRule): boolean {
  const [costThere, costHere] = [there, here].map((name) => costOf(contest, name, { ...rule, errors: 0 }));
  return costThere != null && (costHere == null || costThere < costHere);
}

/**
 * The earliest time of a failback by its wait, the recent failures of home and the good responses that it still needs,
 * if home does not fail again. Infinity: no probe of home is scheduled. Monotonic milliseconds.
 */
export function earliestMsOf({ group, config, now }: View, home: Mirror, at: Mirror): number {
  const { contest, moves } = group;
  const [there, here] = [recordOf(contest, home.name), recordOf(contest, at.name)];
  const waitedMs = earliestFailbackOf(there, here, moves, config.advise.holdMs, now.monotonicMs);
  // One response less, because jitter or a download out of turn can make one response come earlier.
  return Math.max(waitedMs, responsesMsOf(group, home, countGoodLeft(contest.health) - 1, now.monotonicMs));
}

/** When home will have responded to `count` more scheduled probes, by their intervals; Infinity: none is scheduled. */
function responsesMsOf({ contest, probing }: Group, home: Mirror, count: number, nowMs: number): number {
  const { questions } = recordOf(contest, home.name);
  const probes = [...probing.targets.keys()].flatMap((question) => {
    const lastMs =
      questions.get(question)?.at(-1)?.atMs ?? contest.moments.latest.get(question)?.get(home.name)?.atMs ?? null;
    const paceMs = contest.around?.paceMs(question) ?? null;
    if (lastMs === null || paceMs === null) return [];
    return [{ paceMs, nextMs: lastMs + paceMs * Math.max(1, Math.ceil((nowMs - lastMs) / paceMs)) }];
  });
  let atMs = nowMs;
  for (let n = 0; n < count; n += 1) {
    atMs = Math.min(...probes.map(({ nextMs }) => nextMs));
    const first = probes.find(({ nextMs }) => nextMs === atMs);
    if (first === undefined) return Number.POSITIVE_INFINITY;
    first.nextMs += first.paceMs;
  }
  return atMs;
}

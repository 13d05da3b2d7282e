import type { Mirror } from '../core/mirror.ts';
import type { Obstacle } from '../core/verdict.ts';
import { isGoodNow } from './comparison/choose.ts';
import { type BuildRule, costOf, recordOf } from './comparison/costs.ts';
import { healthBound, isCalmAgain, listHomeLacks, reviewMsOf, waitMs } from './comparison/home.ts';
import { isWorseEachHour } from './comparison/record.ts';
import { type Group, homeOf } from './group.ts';
import type { View } from './view.ts';

/**
 * Lists why a failback from `at` to `home` is not due; empty: it is due. Each reason is computed when it is read, the
 * costly ones last, because a decision reads only the first one.
 * @see docs/decisions/0074-return-to-the-preferred-mirror.md
 */
export function* listObstacles(view: View, home: Mirror, at: Mirror, rule: BuildRule): Generator<Obstacle> {
  const { group, config, now } = view;
  const { contest, moves } = group;
  const { without } = contest;
  if (view.evidenceOf(home.name).length > 0) yield 'alert';
  const dueMs = waitMs(moves.departures, config.advise.holdMs, now.monotonicMs);
  if (now.monotonicMs - (moves.lastMs ?? Number.NEGATIVE_INFINITY) < dueMs) yield 'wait';
  if (contest.health < healthBound) yield 'responses';
  if (!isGoodNow(contest, home.name, now.monotonicMs)) yield 'failing';
  const here = recordOf(contest, at.name);
  const timesMs = timesMsOf(view);
  const left = moves.departures.at(-1);
  const isLeftForTime = left?.isOfTime === true;
  const there = recordOf(contest, home.name);
  for (const lack of listHomeLacks(there, here, dueMs, timesMs, now.monotonicMs, isLeftForTime)) {
    if (lack !== 'failures' || without.has('old-failures') || !isCheaperBuild(group, home.name, at.name, rule))
      yield lack;
  }
  const ofDay = { ...rule, isOfDay: true };
  const isWorse = !without.has('hourly') && isWorseEachHour(there.hourly, here.hourly);
  if (isWorse && !isCheaperBuild(group, home.name, at.name, ofDay)) yield 'hourly';
  if (isLeftForTime && !without.has('spells') && !isCalmAgain(there, left.atMs, now.monotonicMs)) yield 'spells';
}

/** The period over which times are compared before a failback, milliseconds. */
export function timesMsOf({ group: { moves, contest }, config, now }: View): number {
  const msOf = contest.without.has('review') ? waitMs : reviewMsOf;
  return msOf(moves.departures, config.advise.holdMs, now.monotonicMs);
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

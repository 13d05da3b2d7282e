import { isForced } from './cause.ts';
import { recordOf } from './comparison/costs.ts';
import { type Departure, recentDeparturesOf } from './comparison/home.ts';
import { isOfTime } from './comparison/pair.ts';
import { savedShareOf } from './comparison/spells.ts';
import type { MoveDecision } from './decision.ts';
import { type Group, homeOf } from './group.ts';

/** Records a switch: when it was, whether clients left home with it, and, if they are back, what being away saved. */
export function recordMove(group: Group, decision: MoveDecision, isFromHome: boolean, nowMs: number): void {
  const { moves } = group;
  moves.lastMs = nowMs;
  if (decision.to.mirror === homeOf(group)) closeDeparture(group, decision.at.name);
  if (isFromHome) moves.departures = [...recentDeparturesOf(moves.departures, nowMs), departureBy(decision, nowMs)];
}

function departureBy({ alarm, cause }: MoveDecision, atMs: number): Departure {
  // In an outage, the test of times may trigger first. Clients then leave home because of the outage, not because of
  // slowness.
  return { atMs, isOfTime: alarm !== null && isOfTime(alarm) && !isForced(cause), savedShare: null };
}

/** Records what the last departure because of slowness saved, now that clients go back home from the mirror `here`. */
function closeDeparture(group: Group, here: string): void {
  const { contest, moves } = group;
  const [home, last] = [homeOf(group), moves.departures.at(-1)];
  if (home === null || last?.isOfTime !== true || contest.without.has('spells')) return;
  const savedShare = savedShareOf(recordOf(contest, home.name), recordOf(contest, here), last.atMs);
  moves.departures = [...moves.departures.slice(0, -1), { ...last, savedShare }];
}

import type { ActionRow, ActionRule, HeldReason, Move, PlaceVotes } from '../../core/action.ts';
import { type Advice, isLastChoice } from '../../core/advice.ts';
import { confidences } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Now } from '../../core/ports.ts';
import { isQuiet } from '../../notify/chat/batch.ts';
import { isSameUpstream } from './rows.ts';

const hourMs = 3_600_000;

/** What the policy needs to know about the daemon. */
export interface Situation {
  readonly isStopped: boolean;
  /** True: the daemon's own network is suspect, or not judged yet. */
  readonly isSuspect: boolean;
  /** True if the evidence of the advice has an open outage of the mirror to leave. */
  citesOutage(advice: Advice): boolean;
  /** How the group's places (locations with a daemon) vote on this switch of mirrors; `null`: not known now. */
  votes(move: Move): PlaceVotes | null;
}

/** Returns why mirrorwatch starts no change and no undo by itself now; `null`: it may start them. */
export function pauseOf({ when }: ActionRule, { isStopped, isSuspect }: Situation, now: Now): HeldReason | null {
  if (isStopped) return 'stopped';
  if (isSuspect) return 'vantage';
  return isQuiet(when, now.wallMs) ? 'quiet' : null;
}

/**
 * Returns why a rule may not follow an advice now; `null`: it may.
 * @param rows  the rule's rows of the journal, for all upstreams
 */
export function heldBy(
  rule: ActionRule,
  advice: Advice,
  rows: readonly ActionRow[],
  situation: Situation,
  now: Now,
): HeldReason | null {
  const { when } = rule;
  const paused = pauseOf(rule, situation, now);
  if (paused !== null) return paused;
  if (advice.phase === 'over') return 'over';
  if (rule.mode === 'auto' && isLastChoice(advice)) return 'last_choice';
  if (!isNamed(when, advice, situation)) return 'cause';
  if (confidences.indexOf(advice.confidence) < confidences.indexOf(when.confidence)) return 'confidence';
  if (regretsIn(rows, advice, now).length > 0) return 'regret';
  if (rows.some((row) => isUndoneLike(row, advice))) return 'undone';
  if (changesIn(rows, hourMs, now).length >= when.perHour) return 'hour';
  if (changesIn(rows, 24 * hourMs, now).length >= when.perDay) return 'day';
  return when.places === undefined ? null : heldByPlaces(when.places, situation.votes(advice));
}

/**
 * True if the rule follows advice for this cause. The cause stays as it was when the advice was proposed, so an outage
 * that opened later is only in the evidence.
 */
function isNamed({ causes }: ActionRule['when'], advice: Advice, situation: Situation): boolean {
  return causes.includes(advice.cause) || (causes.includes('outage') && situation.citesOutage(advice));
}

/** Returns when a reason of `heldBy` ends, wall milliseconds; `null`: the end is not known. */
export function findHoldEndMs(
  reason: HeldReason,
  { when }: ActionRule,
  advice: Advice,
  rows: readonly ActionRow[],
  now: Now,
): number | null {
  if (reason === 'hour') return freeAtMs(changesIn(rows, hourMs, now), when.perHour, hourMs);
  if (reason === 'day') return freeAtMs(changesIn(rows, 24 * hourMs, now), when.perDay, 24 * hourMs);
  if (reason !== 'regret') return null;
  const ends = regretsIn(rows, advice, now).map(({ endedAtMs }) => endedAtMs);
  // While an undo runs, its end is not known. The day begins with it.
  return ends.includes(null) ? null : Math.max(...ends.map((endedAtMs) => endedAtMs ?? 0)) + limits.actionRegretMs;
}

/** True if an operator undid the same switch shortly before the advice. The trouble is then probably the same. */
function isUndoneLike({ undoneBy, endedAtMs, advice: earlier }: ActionRow, advice: Advice): boolean {
  if (undoneBy !== 'operator' || endedAtMs === null || earlier.id === advice.id) return false;
  const isSame = isSameUpstream(earlier, advice) && earlier.from === advice.from && earlier.to === advice.to;
  return isSame && advice.issuedAtMs - endedAtMs < limits.actionUndoneMs;
}

function regretsIn(rows: readonly ActionRow[], advice: Advice, now: Now): readonly ActionRow[] {
  return rows.filter(
    ({ undoneBy, endedAtMs, advice: earlier }) =>
      undoneBy === 'regret' &&
      isSameUpstream(earlier, advice) &&
      now.wallMs - (endedAtMs ?? now.wallMs) < limits.actionRegretMs,
  );
}

/** Returns when the changes of the last `ageMs` were planned, oldest first. */
function changesIn(rows: readonly ActionRow[], ageMs: number, now: Now): readonly number[] {
  return rows
    .filter(({ attempts, plannedAtMs }) => attempts > 0 && now.wallMs - plannedAtMs < ageMs)
    .map(({ plannedAtMs }) => plannedAtMs)
    .sort((a, b) => a - b);
}

/** Returns when fewer than `most` of the changes are within the last `ageMs`. */
function freeAtMs(changes: readonly number[], most: number, ageMs: number): number | null {
  const lastMs = changes[changes.length - most];
  return lastMs === undefined ? null : lastMs + ageMs;
}

/**
 * Returns why a switch must wait for the votes of the group's places; `null`: enough places agree. `needed` votes of
 * `of` places are required. If more than `of` places know the mirror's state, the required number grows in proportion.
 */
function heldByPlaces(
  { needed, of }: NonNullable<ActionRule['when']['places']>,
  seen: PlaceVotes | null,
): HeldReason | null {
  if (seen === null) return 'places_unknown';
  const { votes, known } = seen;
  if (votes >= Math.max(needed, Math.ceil((needed * known) / of))) return null;
  return votes + of - known >= needed && known < of ? 'places_unknown' : 'places';
}

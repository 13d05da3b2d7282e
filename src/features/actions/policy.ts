import type { ActionRow, ActionRule, HeldReason, Lead, Move, PlaceVotes } from '../../core/action.ts';
import { type Advice, hasOutlivedCause, isLastChoice } from '../../core/advice.ts';
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
  readonly lead: Lead;
  /** How the group's places (locations with a daemon) vote on this switch of mirrors; `null`: not known now. */
  votes(move: Move): PlaceVotes | null;
}

/** Returns why mirrorwatch starts no change and no undo by itself now; `null`: it may start them. */
export function pauseOf({ when }: ActionRule, { isStopped, isSuspect, lead }: Situation, now: Now): HeldReason | null {
  if (isStopped) return 'stopped';
  if (lead === 'standby' || lead === 'no_lease') return lead;
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
  if (hasOutlivedCause(advice)) return 'over';
  if (rule.mode === 'auto' && isLastChoice(advice)) return 'last_choice';
  if (!when.causes.includes(advice.cause)) return 'cause';
  if (confidences.indexOf(advice.confidence) < confidences.indexOf(when.confidence)) return 'confidence';
  const isRegretted = rows.some(
    ({ undoneBy, endedAtMs, advice: earlier }) =>
      undoneBy === 'regret' &&
      isSameUpstream(earlier, advice) &&
      now.wallMs - (endedAtMs ?? now.wallMs) < limits.actionRegretMs,
  );
  if (isRegretted) return 'regret';
  const since = (ageMs: number): number =>
    rows.filter(({ attempts, plannedAtMs }) => attempts > 0 && now.wallMs - plannedAtMs < ageMs).length;
  if (since(hourMs) >= when.perHour) return 'hour';
  if (since(24 * hourMs) >= when.perDay) return 'day';
  return when.places === undefined ? null : heldByPlaces(when.places, situation.votes(advice));
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

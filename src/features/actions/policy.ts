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
 * Returns why a rule may not follow an advice now (`held`), and when this ends; both are `null` if it may.
 * @param rows  the rule's rows of the journal, for all upstreams
 */
export function holdOf(
  rule: ActionRule,
  advice: Advice,
  rows: readonly ActionRow[],
  situation: Situation,
  now: Now,
): Pick<ActionRow, 'held' | 'nextAtMs'> {
  const { when } = rule;
  const heldAtOnce = heldWithoutRows(rule, advice, situation, now);
  if (heldAtOnce !== null) return { held: heldAtOnce, nextAtMs: null };
  const regrets = regretsIn(rows, advice, now);
  if (regrets.length > 0) return { held: 'regret', nextAtMs: endOfRegret(regrets) };
  if (rows.some((row) => isUndoneLike(row, advice))) return { held: 'undone', nextAtMs: null };
  const ofHour = freeAtMs(rows, when.perHour, hourMs, now);
  if (ofHour !== null) return { held: 'hour', nextAtMs: ofHour };
  const ofDay = freeAtMs(rows, when.perDay, 24 * hourMs, now);
  if (ofDay !== null) return { held: 'day', nextAtMs: ofDay };
  const held = when.places === undefined ? null : heldByPlaces(when.places, situation.votes(advice));
  return { held, nextAtMs: null };
}

function heldWithoutRows(rule: ActionRule, advice: Advice, situation: Situation, now: Now): HeldReason | null {
  const { when } = rule;
  const paused = pauseOf(rule, situation, now);
  if (paused !== null) return paused;
  if (advice.phase === 'over') return 'over';
  if (rule.mode === 'auto' && isLastChoice(advice)) return 'last_choice';
  if (!isNamed(when, advice, situation)) return 'cause';
  return confidences.indexOf(advice.confidence) < confidences.indexOf(when.confidence) ? 'confidence' : null;
}

/**
 * True if the rule follows advice for this cause. The cause stays as it was when the advice was proposed, so an outage
 * that opened later is only in the evidence.
 */
function isNamed({ causes }: ActionRule['when'], advice: Advice, situation: Situation): boolean {
  return causes.includes(advice.cause) || (causes.includes('outage') && situation.citesOutage(advice));
}

/** Returns when no undo is recent any more, wall milliseconds; `null`: the end is not known. */
function endOfRegret(regrets: readonly ActionRow[]): number | null {
  const ends = regrets.map(({ endedAtMs }) => endedAtMs);
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

/** Returns when fewer than `most` changes are within the last `ageMs`; `null`: this is so now. */
function freeAtMs(rows: readonly ActionRow[], most: number, ageMs: number, now: Now): number | null {
  const changes = rows
    .filter(({ attempts, plannedAtMs }) => attempts > 0 && now.wallMs - plannedAtMs < ageMs)
    .map(({ plannedAtMs }) => plannedAtMs)
    .sort((a, b) => a - b);
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

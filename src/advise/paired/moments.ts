import type { Reply } from '../../ecosystems/client.ts';
import { isCurrentReply } from '../walk.ts';
import type { Outcome } from './record.ts';

/** One mirror's answer to one question, cut to what a chain's walk needs. */
export interface Answer {
  readonly registry: string;
  readonly question: string;
  readonly isHeavy: boolean;
  readonly reply: Reply;
  /** When it ended, monotonic milliseconds. */
  readonly atMs: number;
  /** When its round was to start: what puts answers at their own pace into one moment. */
  readonly plannedAtMs: number;
  /** `<round>/<moment>` of a confirming round; `null`: at its pace, or a second look. */
  readonly round: string | null;
  /** At its own pace, not asked because something looked odd. */
  readonly isScheduled: boolean;
  /** It was our deadline that ended it. */
  readonly isGivenUp: boolean;
}

/** What the mirrors of one upstream answered to one question together. */
export interface Moment {
  readonly question: string;
  readonly isHeavy: boolean;
  readonly round: string | null;
  readonly isScheduled: boolean;
  readonly plannedAtMs: number;
  readonly openedAtMs: number;
  readonly replies: Map<string, Reply>;
  /** When each answer came, monotonic milliseconds. */
  readonly answeredAtMs: Map<string, number>;
  /** Of what was given up early: the share of the mirror's good answers that take longer. */
  readonly late: Map<string, number>;
  /** Share of bad answers of all but the head over the long run, as of its first answer; `null` before. */
  everybody: number | null;
  /** What each mirror would do as the head, as far as it is known; and who was compared with the head in force. */
  readonly outcomes: Map<string, Outcome>;
  readonly paired: Set<string>;
}

/** How long a moment waits for who has not answered, milliseconds. */
const waitMs = { light: 12_000, heavy: 180_000 } as const;
/** What was ordered together begins within so much, as slots come free: a lone download before it is another moment. */
const orderedMs = { light: 12_000, heavy: 30_000 } as const;

/** The moments of one upstream that are not complete, and the latest answer of each mirror to each question. */
export interface Moments {
  readonly open: Map<string, Moment[]>;
  readonly latest: Map<string, Map<string, Answer>>;
}

/** Nothing asked yet. */
export function newMoments(): Moments {
  return { open: new Map(), latest: new Map() };
}

/**
 * Puts an answer into its moment, and gives that moment: of its confirming round, or the one whose answers were planned
 * nearest to this, within half a pace. An answer that comes to a moment twice begins the next.
 * @param paceMs  of the question, milliseconds
 */
export function enter(moments: Moments, answer: Answer, paceMs: number): Moment {
  const latest = moments.latest.get(answer.question) ?? new Map<string, Answer>();
  moments.latest.set(answer.question, latest);
  const before = latest.get(answer.registry);
  if (before === undefined || before.atMs <= answer.atMs) latest.set(answer.registry, answer);
  const open = moments.open.get(answer.question) ?? [];
  moments.open.set(answer.question, open);
  const known = nearest(open, answer, paceMs);
  if (known !== null) {
    known.replies.set(answer.registry, answer.reply);
    known.answeredAtMs.set(answer.registry, answer.atMs);
    return known;
  }
  const moment: Moment = {
    question: answer.question,
    isHeavy: answer.isHeavy,
    round: answer.round,
    isScheduled: answer.isScheduled,
    plannedAtMs: answer.plannedAtMs,
    openedAtMs: answer.atMs,
    replies: new Map([[answer.registry, answer.reply]]),
    answeredAtMs: new Map([[answer.registry, answer.atMs]]),
    late: new Map(),
    everybody: null,
    outcomes: new Map(),
    paired: new Set(),
  };
  open.push(moment);
  return moment;
}

/** What says of an answer which moment it belongs to. */
export type Place = Pick<Answer, 'registry' | 'question' | 'isHeavy' | 'plannedAtMs' | 'round' | 'isScheduled'>;

/** The moment that an answer would enter which has not come; `null`: it would begin one. */
export function momentOf(moments: Moments, place: Place, paceMs: number): Moment | null {
  return nearest(moments.open.get(place.question) ?? [], place, paceMs);
}

/** Of the moments that may be the answer's, the one planned nearest to it: two that overlap must not trade answers. */
function nearest(open: readonly Moment[], answer: Place, paceMs: number): Moment | null {
  let found: Moment | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const moment of open) {
    if (moment.replies.has(answer.registry) || !isSame(moment, answer, paceMs)) continue;
    const apartMs = Math.abs(moment.plannedAtMs - answer.plannedAtMs);
    if (apartMs >= least) continue;
    found = moment;
    least = apartMs;
  }
  return found;
}

function isSame(moment: Moment, answer: Place, paceMs: number): boolean {
  if (moment.round !== answer.round || moment.isScheduled !== answer.isScheduled) return false;
  if (answer.round !== null) return true;
  const nearMs = answer.isScheduled ? paceMs / 2 : orderedMs[answer.isHeavy ? 'heavy' : 'light'];
  return Math.abs(moment.plannedAtMs - answer.plannedAtMs) <= nearMs;
}

/** True where a moment has waited long enough for who has not answered. */
export function isOverdue(moment: Moment, nowMs: number): boolean {
  return nowMs - moment.openedAtMs >= waitMs[moment.isHeavy ? 'heavy' : 'light'];
}

/** The latest answer of a mirror to a question, where it is at most three paces old; `null` without one. */
export function standIn(
  moments: Moments,
  question: string,
  registry: string,
  nowMs: number,
  paceMs: number,
): Reply | null {
  const answer = moments.latest.get(question)?.get(registry);
  return answer === undefined || !isCurrentReply(answer.atMs, nowMs, paceMs) ? null : answer.reply;
}

/** Forgets what was answered by mirrors, or to questions, that are not configured any more. */
export function forgetAnswers(moments: Moments, isKnown: (registry: string, question: string) => boolean): void {
  for (const [question, latest] of moments.latest) {
    for (const registry of latest.keys()) if (!isKnown(registry, question)) latest.delete(registry);
    if (latest.size === 0) moments.latest.delete(question);
  }
}

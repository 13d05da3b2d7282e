import type { Reply } from '../../ecosystems/client.ts';
import type { Outcome } from './record.ts';
import { isCurrentReply } from './walk.ts';

export interface Answer {
  readonly registry: string;
  readonly question: string;
  readonly isHeavy: boolean;
  readonly reply: Reply;
  /** End of the probe, monotonic milliseconds. */
  readonly atMs: number;
  /** Planned start of the probe, monotonic milliseconds. */
  readonly plannedAtMs: number;
  /** `<round>/<moment>` of a confirming round; `null`: none. */
  readonly round: string | null;
  readonly isScheduled: boolean;
  /** True if a timeout of ours ended the probe, or it counted as late while it was pending. */
  readonly isGivenUp: boolean;
}

/** The responses of an upstream's mirrors to one question at the same time. */
export interface Moment {
  readonly question: string;
  readonly isHeavy: boolean;
  readonly round: string | null;
  readonly isScheduled: boolean;
  readonly plannedAtMs: number;
  readonly openedAtMs: number;
  readonly replies: Map<string, Reply>;
  /** When each response ended, by mirror. Monotonic milliseconds. */
  readonly answeredAtMs: Map<string, number>;
  /** By mirror, for a probe that we gave up: the probability that it was only late. */
  readonly late: Map<string, number>;
  /** Long-run share of bad responses of all mirrors but the head, fixed at the first response; `null`: not yet. */
  everybody: number | null;
  /** By mirror: the outcome with this mirror as the head, as far as known. */
  readonly outcomes: Map<string, Outcome>;
  readonly paired: Set<string>;
  /** The test behind the last change of the head has this moment. */
  isLeftCompared: boolean;
}

/** How long a moment waits for missing responses, milliseconds. */
const waitMs = { light: 12_000, heavy: 180_000 } as const;
/** Probes that are ordered together start within this time. Milliseconds. */
const orderedMs = { light: 12_000, heavy: 30_000 } as const;

/** The incomplete moments, and each mirror's latest response, by question. */
export interface Moments {
  readonly open: Map<string, Moment[]>;
  readonly latest: Map<string, Map<string, Answer>>;
}

export function newMoments(): Moments {
  return { open: new Map(), latest: new Map() };
}

/**
 * Adds a response to the nearest moment that it fits into, else to a new one. Returns that moment.
 * @param paceMs  the interval of the question, milliseconds
 */
export function addToMoment(moments: Moments, answer: Answer, paceMs: number): Moment {
  const latest = moments.latest.get(answer.question) ?? new Map<string, Answer>();
  moments.latest.set(answer.question, latest);
  const before = latest.get(answer.registry);
  if (before === undefined || before.atMs <= answer.atMs) latest.set(answer.registry, answer);
  const open = moments.open.get(answer.question) ?? [];
  moments.open.set(answer.question, open);
  const known = nearest(open, answer, paceMs);
  const moment = known ?? newMoment(answer);
  if (known === null) open.push(moment);
  moment.replies.set(answer.registry, answer.reply);
  moment.answeredAtMs.set(answer.registry, answer.atMs);
  return moment;
}

function newMoment({ question, isHeavy, round, isScheduled, plannedAtMs, atMs: openedAtMs }: Answer): Moment {
  const place = { question, isHeavy, round, isScheduled, plannedAtMs, openedAtMs };
  const byMirror = { replies: new Map(), answeredAtMs: new Map(), late: new Map(), outcomes: new Map() } satisfies Pick<
    Moment,
    'replies' | 'answeredAtMs' | 'late' | 'outcomes'
  >;
  return { ...place, ...byMirror, everybody: null, paired: new Set(), isLeftCompared: false };
}

/** The fields of a response that determine its moment. */
export type Place = Pick<Answer, 'registry' | 'question' | 'isHeavy' | 'plannedAtMs' | 'round' | 'isScheduled'>;

/** The moment that a pending response would join; `null`: it would start one. */
export function momentOf(moments: Moments, place: Place, paceMs: number): Moment | null {
  return nearest(moments.open.get(place.question) ?? [], place, paceMs);
}

function nearest(open: readonly Moment[], answer: Place, paceMs: number): Moment | null {
  const apartMs = (moment: Moment): number => Math.abs(moment.plannedAtMs - answer.plannedAtMs);
  const fitting = open.filter((moment) => !moment.replies.has(answer.registry) && isSame(moment, answer, paceMs));
  return fitting.toSorted((a, b) => apartMs(a) - apartMs(b))[0] ?? null;
}

function isSame(moment: Moment, answer: Place, paceMs: number): boolean {
  if (moment.round !== answer.round || moment.isScheduled !== answer.isScheduled) return false;
  if (answer.round !== null) return true;
  const nearMs = answer.isScheduled ? paceMs / 2 : orderedMs[answer.isHeavy ? 'heavy' : 'light'];
  return Math.abs(moment.plannedAtMs - answer.plannedAtMs) <= nearMs;
}

export function isOverdue(moment: Moment, nowMs: number): boolean {
  return nowMs - moment.openedAtMs >= waitMs[moment.isHeavy ? 'heavy' : 'light'];
}

/** The latest response of a mirror to a question; `null`: none, or too old. */
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

/** Forgets responses of mirrors and to questions that are no longer known. */
export function pruneAnswers(moments: Moments, isKnown: (registry: string, question: string) => boolean): void {
  for (const [question, latest] of moments.latest) {
    for (const registry of latest.keys()) if (!isKnown(registry, question)) latest.delete(registry);
    if (latest.size === 0) moments.latest.delete(question);
  }
  for (const moment of [...moments.open.values()].flat())
    for (const registry of moment.replies.keys()) if (!isKnown(registry, moment.question)) dropReply(moment, registry);
}

export function dropReply({ replies, late, outcomes }: Moment, registry: string): void {
  for (const known of [replies, late, outcomes]) known.delete(registry);
}

import { getOrMake } from '../../core/get-or-make.ts';
import type { Reply } from '../../ecosystems/client.ts';
import type { RecordOutcome } from './record.ts';

/** The fields of a response that determine with which other responses it is compared. */
export interface MomentPlace {
  readonly registry: string;
  readonly question: string;
  readonly isHeavy: boolean;
  /** Planned start of the probe, monotonic milliseconds. */
  readonly plannedAtMs: number;
  /** The confirming round of the probe, as `<round>/<moment>`; `null`: the probe was in no such round. */
  readonly round: string | null;
  readonly isScheduled: boolean;
}

export interface MomentResponse extends MomentPlace {
  readonly reply: Reply;
  /** End of the probe, monotonic milliseconds. */
  readonly atMs: number;
  /** From when the response counts if it is a failure, monotonic milliseconds. At most `atMs`. */
  readonly fromMs: number;
  /** True if a timeout of ours ended the probe, or it counted as late while it was pending. */
  readonly isGivenUp: boolean;
  /** The probability that a good response was only late, 0 to 1; absent: 0. */
  readonly late?: number;
}

/**
 * The responses of an upstream's mirrors to one question (the same request) at the same time. They are compared with
 * each other.
 */
export interface Moment extends Omit<MomentPlace, 'registry'> {
  readonly openedAtMs: number;
  readonly responses: Map<string, MomentResponse>;
  /**
   * The long-run share of bad responses of all mirrors but the head, as it was at the first response; `null`: no
   * response yet.
   */
  everybody: number | null;
  /**
   * The factor that converts a download time of this artifact to that of an average artifact, as it was at the first
   * response (1 for light requests); `null`: no response yet.
   */
  factor: number | null;
  /** By mirror: what a client gets with that mirror as the head. A mirror has no entry until its outcome is known. */
  readonly outcomes: Map<string, RecordOutcome>;
  readonly paired: Set<string>;
  /** True once this moment was added to the comparison that led to the last change of the head (`Contest.left`). */
  isLeftCompared: boolean;
}

/** How long a moment (a set of responses to compare) waits for missing responses, milliseconds. */
const waitMs = { light: 12_000, heavy: 180_000 } as const;
/** The planned starts of probes that are requested together out of turn differ by at most this. Milliseconds. */
const orderedMs = { light: 12_000, heavy: 30_000 } as const;

/** The comparison of responses. `open`: incomplete moments (sets of responses to compare), by question (request). */
export class Moments {
  readonly open = new Map<string, Moment[]>();
}

/**
 * Adds a response to a moment (a set of responses to compare), and returns the moment. Of the open moments that fit, it
 * is the nearest in time; if none fits, it is a new one.
 * @param paceMs  the interval between scheduled probes of the question (request), milliseconds
 */
export function addToMoment(moments: Moments, response: MomentResponse, paceMs: number): Moment {
  const open = getOrMake(moments.open, response.question, () => []);
  const known = nearest(open, response, paceMs);
  const moment = known ?? newMoment(response);
  if (known === null) open.push(moment);
  moment.responses.set(response.registry, response);
  return moment;
}

function newMoment({ question, isHeavy, round, isScheduled, plannedAtMs, atMs: openedAtMs }: MomentResponse): Moment {
  const place = { question, isHeavy, round, isScheduled, plannedAtMs, openedAtMs };
  const byMirror = { responses: new Map(), outcomes: new Map() };
  return { ...place, ...byMirror, everybody: null, factor: null, paired: new Set(), isLeftCompared: false };
}

/** The moment (set of responses to compare) that a pending response would join; `null`: it would start a new one. */
export function momentOf(moments: Moments, place: MomentPlace, paceMs: number): Moment | null {
  return nearest(moments.open.get(place.question) ?? [], place, paceMs);
}

function nearest(open: readonly Moment[], response: MomentPlace, paceMs: number): Moment | null {
  const apartMs = (moment: Moment): number => Math.abs(moment.plannedAtMs - response.plannedAtMs);
  const fitting = open.filter((moment) => !moment.responses.has(response.registry) && isSame(moment, response, paceMs));
  return fitting.toSorted((a, b) => apartMs(a) - apartMs(b))[0] ?? null;
}

function isSame(moment: Moment, response: MomentPlace, paceMs: number): boolean {
  if (moment.round !== response.round || moment.isScheduled !== response.isScheduled) return false;
  if (response.round !== null) return true;
  const nearMs = response.isScheduled ? paceMs / 2 : orderedMs[response.isHeavy ? 'heavy' : 'light'];
  return Math.abs(moment.plannedAtMs - response.plannedAtMs) <= nearMs;
}

export function isOverdue(moment: Moment, nowMs: number): boolean {
  return nowMs - moment.openedAtMs >= waitMs[moment.isHeavy ? 'heavy' : 'light'];
}

/** Deletes responses of mirrors that are no longer configured, and responses to requests that are no longer sent. */
export function pruneResponses(moments: Moments, isKnown: (registry: string, question: string) => boolean): void {
  for (const moment of [...moments.open.values()].flat())
    for (const registry of moment.responses.keys())
      if (!isKnown(registry, moment.question)) dropResponse(moment, registry);
}

export function dropResponse({ responses, outcomes }: Moment, registry: string): void {
  for (const known of [responses, outcomes]) known.delete(registry);
}

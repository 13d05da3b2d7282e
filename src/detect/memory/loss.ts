import { limits } from '../../core/limits.ts';

/**
 * The result of one probe for the test for packet loss. `silent`: a failure that our own network can cause, except
 * `refused`: a refused connection, which is no lost packet.
 */
export type MarkResult = 'responded' | 'silent' | 'refused';

/** `sentMs`: the start of a probe; `atMs`: its result. Monotonic milliseconds. */
export interface Mark {
  readonly sentMs: number;
  readonly atMs: number;
  readonly result: MarkResult;
}

export interface NetworkLine {
  /**
   * Latest start of a probe that got a response, or failed in a way that our network cannot cause; monotonic
   * milliseconds.
   */
  respondedFromMs: number | null;
  /** Results within the last `limits.vantageReviewMs`. */
  marks: readonly Mark[];
  /** The last known remote IP address of the mirror. */
  address: string | null;
}

const marksKept = 240;
/**
 * A unit (mirrors grouped by host and address prefix) fails partly if two conditions hold. At least this share of its
 * probes failed silently, and one probe got a response right after a silent failure.
 */
const partlyShare = 0.05;
/**
 * Packet loss needs at least this many recoveries (a response right after a silent failure) over all units. Fewer may
 * be chance.
 */
const recoveriesMin = 4;
const controlMarksMin = 4;

export function addMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const fromMs = mark.atMs - limits.vantageReviewMs;
  return [...marks.filter(({ atMs }) => atMs >= fromMs), mark].slice(-marksKept);
}

export interface Loss {
  readonly responses: number;
  readonly silent: number;
  /** Number of responses right after a silent failure. A dead mirror has none. */
  readonly recoveries: number;
}

export function lossOf(members: readonly (readonly Mark[])[], nowMs: number): Loss {
  let [responses, silent, recoveries] = [0, 0, 0];
  for (const marks of members) {
    let wasSilent = false;
    for (const { atMs, result } of marks) {
      if (atMs < nowMs - limits.vantageReviewMs || result === 'refused') continue;
      const responded = result === 'responded';
      if (responded) responses += 1;
      else silent += 1;
      if (responded && wasSilent) recoveries += 1;
      wasSilent = !responded;
    }
  }
  return { responses, silent, recoveries };
}

/**
 * Shortly after a cut of the network begins, responses can still arrive. After its end, the first probes can still fail,
 * until the address of the router is known again. So responses this close to the first or the last start of a silent
 * failure are ignored. Milliseconds.
 */
const edges = { afterFirstMs: 1_000, beforeLastMs: 3_000 } as const;

/** True if all silent failures come from one period without a response: the network was cut, which is no packet loss. */
export function isOneCut(members: readonly (readonly Mark[])[], nowMs: number): boolean {
  const marks = members.flat().filter(({ atMs }) => atMs >= nowMs - limits.vantageReviewMs);
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { sentMs, result } of marks) {
    if (result !== 'silent') continue;
    firstMs = Math.min(firstMs, sentMs);
    lastMs = Math.max(lastMs, sentMs);
  }
  const [fromMs, toMs] = [firstMs + edges.afterFirstMs, lastMs - edges.beforeLastMs];
  return !marks.some(({ atMs, result }) => result === 'responded' && atMs >= fromMs && atMs <= toMs);
}

/**
 * True if our own network loses packets. Either at least two thirds of the units and controls fail partly. Or at least
 * half of the controls' probes fail silently, and both a control and a unit fail partly. Unit: mirrors on one host or
 * address prefix.
 * @param units     of all mirrors, also of those in outage: packet loss can cause outages
 * @param controls  those that have responded since the daemon started
 * @see docs/decisions/0009-mirror-or-own-network.md
 */
export function isLossy(units: readonly Loss[], controls: readonly Loss[]): boolean {
  // A unit without any response is dead or was not probed, so the unit is left out.
  const all = [...units, ...controls].filter(({ responses }) => responses > 0);
  const partly = all.filter(isPartly);
  const recoveries = partly.reduce((sum, one) => sum + one.recoveries, 0);
  if (all.length >= 2 && partly.length * 3 >= all.length * 2 && recoveries >= recoveriesMin) return true;
  const probed = controls.reduce((sum, { responses, silent }) => sum + responses + silent, 0);
  const lost = controls.reduce((sum, { silent }) => sum + silent, 0);
  return probed >= controlMarksMin && lost * 2 >= probed && controls.some(isPartly) && units.some(isPartly);
}

function isPartly({ responses, silent, recoveries }: Loss): boolean {
  return recoveries > 0 && silent >= partlyShare * (responses + silent);
}

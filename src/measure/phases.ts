import { type Phase, phases } from '../core/failure.ts';
import type { PhaseTimes } from '../core/sample.ts';
import type { Hop, Marks } from '../core/transcript.ts';

/** The mark that ends each phase but the last. */
const marksOf: readonly (readonly [Phase, Exclude<keyof Marks, 'start' | 'end'>])[] = [
  ['resolve', 'resolved'],
  ['connect', 'connected'],
  ['tls', 'secured'],
  ['processing', 'firstByte'],
];

/**
 * The time of each phase over the timed hops, and their sum. The phases of a hop tile it: each runs from the mark
 * before to its own, the last one to the end; a hop that failed spends the rest in the phase where it failed.
 * @returns milliseconds; a phase that did not happen in any hop is absent; `rttMs` is `null` when nothing was timed
 * @see design.md section 3
 */
export function phasesOf(hops: readonly Hop[]): { readonly phases: PhaseTimes; readonly rttMs: number | null } {
  const timed = hops.filter((hop) => !hop.aside);
  const times: { [P in Phase]?: number } = {};
  let rttMs = 0;
  for (const hop of timed) {
    for (const [phase, spentMs] of segmentsOf(hop)) times[phase] = (times[phase] ?? 0) + spentMs;
    rttMs += hop.marks.end - hop.marks.start;
  }
  return { phases: times, rttMs: timed.length === 0 ? null : rttMs };
}

function segmentsOf({ marks, fault }: Hop): readonly (readonly [Phase, number])[] {
  const segments: [Phase, number][] = [];
  let from = marks.start;
  let reached: Phase = 'resolve';
  for (const [phase, name] of marksOf) {
    const at = marks[name];
    if (at === undefined) continue;
    segments.push([phase, at - from]);
    from = at;
    reached = phases[phases.indexOf(phase) + 1] ?? 'transfer';
  }
  const last = marks.firstByte !== undefined || fault === null ? 'transfer' : laterOf(reached, fault.phase);
  // A hop refused before its first action, in no time, still says where it stood.
  segments.push([last, marks.end - from]);
  return segments;
}

/**
 * The phase in which the rest was spent: the one that the fault names. One that is over by the marks is named where
 * its result was refused (a certificate after the handshake); the rest is then its own.
 */
function laterOf(reached: Phase, named: Phase): Phase {
  return phases.indexOf(named) >= phases.indexOf(reached) - 1 ? named : reached;
}

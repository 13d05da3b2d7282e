import { type Phase, phases } from './failure.ts';
import type { Hop, Marks } from './transcript.ts';

/** The mark that ends each phase but the last. */
const marksOf: readonly (readonly [Phase, Exclude<keyof Marks, 'start' | 'end'>])[] = [
  ['resolve', 'resolved'],
  ['connect', 'connected'],
  ['tls', 'secured'],
  ['processing', 'firstByte'],
];

/**
 * The phases of one hop in order, milliseconds. They tile it: each runs from the mark before it to its own, the last one
 * to the end. For a failed hop, the rest belongs to the phase of the failure. Phases that did not happen are absent.
 * @see design.md section 3
 */
export function hopPhasesOf({ marks, fault }: Pick<Hop, 'marks' | 'fault'>): readonly (readonly [Phase, number])[] {
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
  // A hop refused before its first action, in no time, still has a phase.
  segments.push([last, marks.end - from]);
  return segments;
}

/**
 * The phase of the remaining time: the one that the fault names. If that phase is over by the marks, its result was
 * refused afterwards (a certificate after the handshake), and the rest counts as that phase.
 */
function laterOf(reached: Phase, named: Phase): Phase {
  return phases.indexOf(named) >= phases.indexOf(reached) - 1 ? named : reached;
}

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
 * The phases of one hop in order, milliseconds; they tile it: each runs from the mark before to its own, the last one
 * to the end. A hop that failed spends the rest in the phase where it failed. What did not happen is absent.
 * @see design.md section 3
 */
export function hopPhases({ marks, fault }: Pick<Hop, 'marks' | 'fault'>): readonly (readonly [Phase, number])[] {
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

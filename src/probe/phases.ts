import type { Phase } from '../core/failure.ts';
import { hopPhases } from '../core/hop-phases.ts';
import type { PhaseTimes } from '../core/sample.ts';
import type { Hop } from '../core/transcript.ts';

/**
 * The time of each phase over the timed hops, and their sum.
 * @returns milliseconds; a phase that did not happen in any hop is absent; `rttMs` is `null` when nothing was timed
 * @see design.md section 3
 */
export function phasesOf(hops: readonly Hop[]): { readonly phases: PhaseTimes; readonly rttMs: number | null } {
  const timed = hops.filter((hop) => !hop.aside);
  const times: { [P in Phase]?: number } = {};
  let rttMs = 0;
  for (const hop of timed) {
    for (const [phase, spentMs] of hopPhases(hop)) times[phase] = (times[phase] ?? 0) + spentMs;
    rttMs += hop.marks.end - hop.marks.start;
  }
  return { phases: times, rttMs: timed.length === 0 ? null : rttMs };
}

import { type Phase, phases } from '../core/failure.ts';
import type { Hop } from '../core/transcript.ts';

/**
 * The phases of one hop in order, milliseconds; they tile it. What came after the last mark belongs to the phase where
 * the fault was, else to the transfer.
 * @see design.md section 3
 */
export function hopPhases({ marks, fault }: Pick<Hop, 'marks' | 'fault'>): readonly (readonly [Phase, number])[] {
  const ends: readonly (readonly [Phase, number | undefined])[] = [
    ['resolve', marks.resolved],
    ['connect', marks.connected],
    ['tls', marks.secured],
    ['processing', marks.firstByte],
  ];
  const parts: [Phase, number][] = [];
  let from = marks.start;
  for (const [phase, end] of ends) {
    if (end === undefined) continue;
    parts.push([phase, end - from]);
    from = end;
  }
  const reached = parts.at(-1)?.[0];
  const last = marks.firstByte !== undefined || fault === null ? 'transfer' : later(reached, fault.phase);
  return [...parts, [last, marks.end - from]];
}

/** The phase that the fault names; one that ended before `reached` did can't be it, so the next one is. */
function later(reached: Phase | undefined, named: Phase): Phase {
  if (reached === undefined || phases.indexOf(named) >= phases.indexOf(reached)) return named;
  return phases[phases.indexOf(reached) + 1] ?? 'transfer';
}

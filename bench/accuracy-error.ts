import { type Phase, phases } from '../src/core/failure.ts';
import { isDisturbed, type Sample } from '../src/core/sample.ts';
import { isContaminated } from '../src/detect/rules/threshold.ts';
import { quantile, type Summary, summaryOf } from './statistics.ts';

/** What each phase must have taken beside its base, milliseconds; absent where nothing is known of it. */
export type Known = { readonly [P in Phase]?: number };

/** One probe and what is known of it. `thresholdMs` is the spike threshold of a warm daemon. */
export interface Judged {
  readonly sample: Sample;
  readonly known: Known;
  readonly thresholdMs: number;
}

/** How far one phase was off, milliseconds, absolute. */
export interface PhaseError {
  readonly phase: Phase;
  readonly knownMs: readonly number[];
  /** What the phase takes of its own, which was taken off. */
  readonly baseMs: number;
  /** Of the samples that the rule leaves. */
  readonly judged: Summary;
  readonly all: Summary;
  /** With its sign: whether the phase says too much. */
  readonly biasMs: number;
}

/** What the phases take of their own where nothing is delayed: median by phase. */
export function baseOf(samples: readonly Sample[]): Known {
  const rows = phases.map((phase) => [phase, quantile(timesOf(samples, phase), 0.5)] as const);
  return Object.fromEntries(rows.filter(([, ms]) => !Number.isNaN(ms)));
}

function timesOf(samples: readonly Sample[], phase: Phase): readonly number[] {
  return samples.flatMap(({ phases: times }) => times[phase] ?? []);
}

/**
 * True where a daemon would not judge this sample by the threshold of a warm daemon, or would not learn its time while
 * warming (20 ms and a tenth of the round trip), which is the stricter one for fast mirrors.
 */
export function isLeftOut(judged: Judged, rule: 'warm' | 'warming'): boolean {
  return rule === 'warm' ? isContaminated(judged.sample, [judged.thresholdMs]) : isDisturbed(judged.sample);
}

/** The errors of each phase of which something is known. */
export function phaseErrors(all: readonly Judged[], base: Known, rule: 'warm' | 'warming'): readonly PhaseError[] {
  return phases.flatMap((phase) => {
    const baseMs = base[phase] ?? 0;
    const rows = all.flatMap((one) => {
      const [known, spent] = [one.known[phase], one.sample.phases[phase]];
      return known === undefined || spent === undefined ? [] : [{ one, known, errorMs: spent - known - baseMs }];
    });
    if (rows.length === 0) return [];
    const absolute = (of: typeof rows): number[] => of.map(({ errorMs }) => Math.abs(errorMs));
    return {
      phase,
      knownMs: [...new Set(rows.map(({ known }) => Math.round(known)))].sort((a, b) => a - b),
      baseMs,
      judged: summaryOf(absolute(rows.filter(({ one }) => !isLeftOut(one, rule)))),
      all: summaryOf(absolute(rows)),
      biasMs: quantile(
        rows.map(({ errorMs }) => errorMs),
        0.5,
      ),
    };
  });
}

import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { quantileOf } from '../core/statistics.ts';
import { mirrorAt } from './group.ts';
import { type TallyEntry, timeMsOf } from './tally.ts';
import type { View } from './view.ts';

export interface Expectation {
  /** Share of requests that succeed, 0 to 1; `null`: no request was measured. */
  readonly availability: number | null;
  /**
   * The 95th percentile of the times of successful requests, milliseconds. It includes time lost at earlier members of
   * the chain. `null`: no request succeeded.
   */
  readonly p95Ms: number | null;
}

/**
 * What clients get with a mirror as the head of their chain, over the light requests that began after `fromMs` (monotonic
 * milliseconds).
 * @param mirror  `null`: it is not monitored
 */
function expectedAt({ group }: View, mirror: Mirror | null, fromMs: number): Expectation {
  const light = group.contest.records.get(mirror?.name ?? '')?.light ?? [];
  const outcomes = light.filter(({ atMs, tookMs }) => atMs - tookMs > fromMs);
  const times = outcomes.flatMap(({ bad, tookMs }) => (bad ? [] : [tookMs]));
  return {
    availability: outcomes.length === 0 ? null : times.length / outcomes.length,
    p95Ms: quantileOf(times, 0.95),
  };
}

export interface Observed {
  /**
   * Canary samples of the mirror to leave, oldest first: the last slow or failed ones in a row, else all recent ones.
   */
  readonly window: readonly TallyEntry[];
  /**
   * The 95th percentile of the canary's times at the mirror to leave over the last `limits.measuredPaces` intervals,
   * milliseconds; `null`: no samples.
   */
  readonly p95Ms: number | null;
  /**
   * What clients get since the trouble began: `before` with the chain in use, `after` with the advised chain; `null`: none
   * is advised. Without a known begin, it is over the time of `window`.
   */
  readonly replay: { readonly before: Expectation; readonly after: Expectation } | null;
}

/**
 * @param to      the advised mirror; `null`: none is advised
 * @param fromMs  when the evidence of the time test starts, monotonic milliseconds; `null`: no time test
 */
export function observedAt(view: View, at: Mirror, to: Mirror | null, fromMs: number | null): Observed {
  const lately = lastCanaryOf(view, at.name);
  const run = troubleIn(view.tallyOf(at.name).canary);
  const window = run.length > 0 ? run : lately;
  const { p95Ms } = measuredOf(lately);
  if (to === null) return { window, p95Ms, replay: null };

  const startMs = run[0]?.atMs ?? fromMs ?? lately[0]?.atMs ?? view.now.monotonicMs;
  const before = expectedAt(view, mirrorAt(view.group, view.group.chain?.members[0]), startMs);
  // A short trouble may begin after the last response of the advised mirror.
  return { window, p95Ms, replay: { before, after: expectedAt(view, to, startMs - view.nearMs) } };
}

export type Measured = ReturnType<typeof measuredOf>;

/**
 * @returns  `p95Ms`: the 95th percentile of the times of successes and timeouts, without first fetches of pull-through
 * caches, milliseconds; `null`: no such time
 */
export function measuredOf(entries: readonly TallyEntry[]) {
  const failed = entries.filter(({ tag }) => tag === 'failed').length;
  return { responses: entries.length, failed, p95Ms: timeMsOf(entries, 0.95) };
}

/** The canary probes of the last intervals. Those of confirming rounds count only while there are few others. */
export function lastCanaryOf(view: View, registry: string): readonly TallyEntry[] {
  const { canary } = view.tallyOf(registry);
  const fromMs = view.now.monotonicMs - limits.measuredPaces * view.canaryEveryMs;
  const lately = canary.filter(({ atMs }) => atMs > fromMs);
  const scheduled = lately.filter(({ round }) => round === null);
  return scheduled.length < limits.measuredOk ? lately : scheduled;
}

/** The last samples in a row that were slow or failed. */
export function troubleIn(series: readonly TallyEntry[]): readonly TallyEntry[] {
  return series.slice(series.findLastIndex(({ tag, slow }) => tag === 'ok' && !slow) + 1);
}

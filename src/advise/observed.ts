import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { quantileOf } from '../core/statistics.ts';
import type { Chain, ChainMember, Reply } from '../ecosystems/client.ts';
import { walkChain } from './comparison/walk.ts';
import { mirrorAt, noChain } from './group.ts';
import { replyOf, type Tally, type TallyEntry, timeMsOf } from './tally.ts';
import type { View } from './view.ts';

export interface Expectation {
  /** Share of requests that succeed, 0 to 1; `null`: no request ended at a measured mirror. */
  readonly availability: number | null;
  /**
   * The 95th percentile of the times of successful requests, milliseconds. It includes time lost at earlier members of
   * the chain. `null`: no request succeeded.
   */
  readonly p95Ms: number | null;
}

/**
 * What clients get with `chain`: for each sample of the canary (the light probe of a mirror) in `moments`, a client's
 * request is replayed through the chain. Requests that end at a member without measurements do not count.
 */
function expectation(view: View, chain: Chain, moments: readonly TallyEntry[]): Expectation {
  const { group, tallyOf, nearMs } = view;
  const nameOf = (member: ChainMember): string | null => mirrorAt(group, member)?.name ?? null;
  const walker = { client: group.client, nameOf, unwatched: 'unknown' } as const;
  const times: number[] = [];
  let walks = 0;
  for (const moment of moments) {
    const end = walkChain(walker, chain, (name) => replyAt(tallyOf(name), moment, nearMs));
    if (end.tag === 'unknown') continue;
    walks += 1;
    if (end.tag === 'ok') times.push(end.tookMs);
  }
  return { availability: walks === 0 ? null : times.length / walks, p95Ms: quantileOf(times, 0.95) };
}

function replyAt(tally: Tally, moment: TallyEntry, nearMs: number): Reply | null {
  if (tally.canary.includes(moment)) return replyOf(moment);
  let nearest: TallyEntry | null = null;
  for (const entry of tally.canary) {
    if (moment.round !== null && entry.round === moment.round) return replyOf(entry);
    const apart = Math.abs(entry.atMs - moment.atMs);
    if (apart <= nearMs && (nearest === null || apart < Math.abs(nearest.atMs - moment.atMs))) nearest = entry;
  }
  return nearest === null ? null : replyOf(nearest);
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
   * What clients get over `window`: `before` with the chain in use, `after` with the advised chain; `null`: none is
   * advised. `p95Ms` is `null` if the window has too few samples since the mirror became slow.
   */
  readonly replay: { readonly before: Expectation; readonly after: Expectation } | null;
}

/** @param fromMs  when the evidence of the time test starts, monotonic milliseconds; `null`: no time test */
export function observedAt(view: View, at: Mirror, after: Chain | null, fromMs: number | null): Observed {
  const lately = lastCanaryOf(view, at.name);
  const run = troubleIn(view.tallyOf(at.name).canary);
  const window = run.length > 0 ? run : lately;
  const { p95Ms } = measuredOf(lately);
  if (after === null) return { window, p95Ms, replay: null };

  const isKnown = run.length > 0 || isSampledSince(window, fromMs);
  const replayOf = (chain: Chain): Expectation => {
    const expected = expectation(view, chain, window);
    return isKnown ? expected : { ...expected, p95Ms: null };
  };
  const before = replayOf(view.group.chain ?? noChain);
  return { window, p95Ms, replay: { before, after: replayOf(after) } };
}

/** True if the window has enough samples of the time that a time test compared. Else it shows the time before. */
function isSampledSince(window: readonly TallyEntry[], fromMs: number | null): boolean {
  return fromMs === null || window.filter(({ atMs }) => atMs >= fromMs).length >= limits.measuredOk;
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

import { everyMs } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import type { Series } from './host.ts';

/** After this many single probes, a series may join a build (several probes at once over one HTTP/2 connection). */
const ripeFrom = limits.buildEvery - 1;
/**
 * The start value of `sinceBuild` (the single probes of a series since its last build). A new series may join a build
 * after one single probe.
 */
export const sinceBuildAtFirst = ripeFrom - 1;

/** Lets a series that failed in a build join the next build. */
export function ripen(series: Series): void {
  series.sinceBuild = Math.max(series.sinceBuild, ripeFrom);
}

export interface BuildMeans {
  readonly all: readonly Series[];
  readonly isFree: (series: Series) => boolean;
  readonly launch: (series: Series, due: Due) => Due;
  readonly plan: (series: Series) => void;
  readonly newId: () => string;
}

/**
 * Starts a probe and returns all probes that start. If it leads a build (several probes at once over one HTTP/2
 * connection), the other probes of the build start too, in place of their next scheduled probes.
 */
export function startBuild(lead: Series, due: Due, means: BuildMeans, now: Now): readonly Due[] {
  const companions = companionsOf(lead, means, now);
  lead.sinceBuild = companions.length === 0 ? lead.sinceBuild + 1 : 0;
  if (companions.length === 0) return [means.launch(lead, due)];
  const build = { id: due.probeId, size: companions.length + 1 };
  const first = means.launch(lead, { ...due, build });
  const rest = companions.map((series) => {
    series.slot = series.plan.next(series.slot, now);
    means.plan(series);
    series.startedAtMs = now.monotonicMs;
    series.sinceBuild = 0;
    return means.launch(series, {
      probeId: means.newId(),
      target: series.target,
      connection: 'warm',
      purpose: 'build',
      timeoutMs: series.pace.timeoutMs,
      plannedAtMs: now.monotonicMs,
      round: null,
      build,
    });
  });
  return [first, ...rest];
}

/** Returns the series that are probed together with `lead` in a build over HTTP/2; empty if no build starts now. */
function companionsOf(lead: Series, { all, isFree }: BuildMeans, now: Now): readonly Series[] {
  if (lead.priority !== 0 || lead.connection !== 'cold' || lead.protocol !== '2') return [];
  if (lead.sinceBuild < ripeFrom) return [];
  const ripe = all.filter(
    (series) =>
      series.priority === 1 &&
      series.connection === 'cold' &&
      series.state === 'idle' &&
      series.sinceBuild >= ripeFrom &&
      series.slot.atMs - now.monotonicMs <= everyMs(series.pace) &&
      isFree(series),
  );
  const most = limits.buildStreams - 1;
  if (ripe.length < most && !ripe.some(({ sinceBuild }) => sinceBuild > ripeFrom)) return [];
  return ripe.sort((a, b) => b.sinceBuild - a.sinceBuild || a.slot.atMs - b.slot.atMs).slice(0, most);
}

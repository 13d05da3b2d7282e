import type { SpikeRule } from '../../core/config.ts';
import { questionOf, seriesId } from '../../core/mirror.ts';
import { paceOfCanary } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, roundKeyOf, type SeriesMemory } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import { isCanaryOut } from '../outage/state.ts';
import { newBaseline } from '../rules/baseline.ts';
import { isSpikingOrShifted, noSpeed, speedOf, type Usual } from '../rules/speed.ts';
import { isSlow } from '../rules/threshold.ts';

/** A peer counts if its canary was judged within this many of its intervals. */
const recentPaces = 3;

/**
 * The usual latency of a canary whose baseline warms up, from its own first samples and those of the fastest peer
 * (another mirror of the upstream, same item). `null`: no peer is known, there are too few samples, or the mirror has
 * been slower than its peers from the start. The latter may be by nature, so it counts only for the preferred mirror.
 * @see docs/decisions/0225-slow-from-the-start.md
 */
export function usualByPeers(view: RuleView, mirror: MirrorMemory, series: SeriesMemory): Usual | null {
  const rule = view.config.detect.spike;
  const { baseline, shift, wasWarm } = speedOf(series);
  const isJudged = series.target.canary && baseline.medianMs === null && shift === null;
  if (!isJudged || view.without.has('slow-start')) return null;
  const own = firstUsualOf(baseline.window, rule);
  const peer = own === null ? null : fastestPeerOf(view, mirror, series);
  if (own === null || peer === null) return null;
  if (isSlow(own.medianMs, peer.medianMs, rule, Number.POSITIVE_INFINITY, peer.p99Ms) !== true)
    return { medianMs: Math.max(own.medianMs, peer.medianMs), p99Ms: Math.max(own.p99Ms ?? 0, peer.p99Ms ?? 0) };
  return !wasWarm && baseline.window.length >= 2 * rule.consecutive && isPreferred(view, mirror) ? peer : null;
}

/** The median and the p99 of at least `rule.consecutive` round trips; `null`: there are fewer. */
function firstUsualOf(window: readonly number[], rule: SpikeRule): Usual | null {
  const { medianMs, p99Ms } = newBaseline(window.slice(-rule.warmup), null, { ...rule, warmup: rule.consecutive });
  return medianMs === null ? null : { medianMs, p99Ms };
}

function fastestPeerOf(view: RuleView, mirror: MirrorMemory, { target, connection }: SeriesMemory): Usual | null {
  const all = [...mirrorsOf(view, mirror.roundKey)].flatMap((peer): Usual | readonly Usual[] => {
    if (peer === mirror || peer.canary === null || questionOf(peer.canary) !== questionOf(target)) return [];
    const series = peer.series.get(seriesId(peer.canary, connection));
    const speed = series === undefined ? noSpeed : speedOf(series);
    const sinceMs = view.now.monotonicMs - (peer.sight.judgedMonotonicMs ?? Number.NEGATIVE_INFINITY);
    const isAway = isCanaryOut(peer) || sinceMs > recentPaces * paceOfCanary(peer, view.config);
    if (isAway || isSpikingOrShifted(speed) || speed.spike.slow > 0) return [];
    return firstUsualOf(speed.baseline.window, view.config.detect.spike) ?? [];
  });
  return all.toSorted((a, b) => a.medianMs - b.medianMs)[0] ?? null;
}

/** True for the mirror of its upstream with the highest weight; of equal ones, the first in the configuration. */
function isPreferred({ config }: RuleView, { mirror, roundKey }: MirrorMemory): boolean {
  const all = config.mirrors.filter((one) => one.role === 'mirror' && roundKeyOf(one) === roundKey);
  return all.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0))[0]?.name === mirror.name;
}

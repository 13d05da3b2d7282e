import type { SpikeRule } from '../../core/config.ts';
import type { Finding } from '../../core/finding.ts';
import type { Target } from '../../core/mirror.ts';
import { messageFor } from '../../words/tell.ts';
import {
  type FindingStatement,
  formatTime,
  scopeOf,
  secondsIn,
  selectProbes,
  slowerOf,
  sortByCanary,
} from '../memory/says.ts';
import { type OtherSpeed, otherProtocolOf } from '../outage/http-versions.ts';
import { type SpeedState, usualOf } from '../rules/speed.ts';
import { isSlow, thresholdMsOf } from '../rules/threshold.ts';

/** The speed of one series. `isJudge`: the spike rule judges the mirror by this series. */
export interface SpeedSeries extends SpeedState {
  readonly target: Target;
  readonly isJudge: boolean;
}

/**
 * True if a spike is a reason to leave the mirror. It must affect the canary, or at least two and at least half of the
 * judged light targets.
 */
export function isSpikeActionable(slow: readonly Pick<SpeedSeries, 'target'>[], judged: number): boolean {
  return slow.some(({ target }) => target.canary) || (slow.length >= 2 && slow.length * 2 >= judged);
}

/** The target's time over the other HTTP version; `null`: not known, or slow there too. */
function otherOf(series: SpeedSeries, rule: SpikeRule, timeoutMs: number, other: OtherSpeed | null): OtherSpeed | null {
  const { target, baseline } = series;
  if (other === null || other.targetId !== target.id) return null;
  return isSlow(other.rttMs, { medianMs: baseline.medianMs }, rule, timeoutMs) === false ? other : null;
}

export function explainSpike(
  name: string,
  series: readonly SpeedSeries[],
  rule: SpikeRule,
  by: { readonly timeoutOf: (target: Target) => number; readonly other: OtherSpeed | null },
): FindingStatement {
  const all = sortByCanary(series.filter(({ spike }) => spike.sinceMs !== null));
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...messageFor('found.slow.well', { name }) };
  const spiking = all.filter((one) => one.isJudge);
  const judged = series.filter((one) => one.isJudge && one.baseline.medianMs !== null);
  const { medianMs: baselineMs } = usualOf(first);
  const isByPeers = first.baseline.medianMs === null;
  const { observedMs } = first.slow;
  const timeoutMs = by.timeoutOf(first.target);
  const other = otherOf(first, rule, timeoutMs, by.other);
  const broken = other === null ? null : otherProtocolOf(other.protocol);
  const values = { name, observed: formatTime(observedMs), step: first.target.step, usual: formatTime(baselineMs) };
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)).map((item) =>
      broken === null ? item : { ...item, protocol: broken },
    ),
    cause: isByPeers ? 'peers' : 'slow',
    evidence: {
      samples: all.reduce((sum, { slow }) => sum + slow.samples, 0),
      failures: all.reduce((sum, { slow }) => sum + slow.slowSamples, 0),
      observedSeconds: secondsIn(observedMs),
      baselineSeconds: secondsIn(baselineMs),
      thresholdSeconds: secondsIn(thresholdMsOf(usualOf(first), rule, timeoutMs)),
      ...slowestOf(all.map(({ slow }) => slow)),
    },
    actionable: isSpikeActionable(spiking, judged.length),
    ...(other === null || broken === null
      ? messageFor(isByPeers ? 'found.slowByPeers' : 'found.slow', values)
      : messageFor('found.slowProtocol', { ...values, broken, other: other.protocol, there: formatTime(other.rttMs) })),
  };
}

export function slowestOf(
  series: readonly { readonly probeIds: readonly string[]; readonly slowest?: Finding['evidence']['slowest'] }[],
): Pick<Finding['evidence'], 'probeIds' | 'slowest'> {
  const slowest = series.reduce<Finding['evidence']['slowest']>((most, one) => slowerOf(most, one.slowest), undefined);
  const probeIds = selectProbes(
    series.flatMap((one) => one.probeIds),
    slowest?.probeId ?? null,
  );
  return { probeIds, slowest };
}

import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { seriesId } from '../core/target.ts';
import { apply } from './engine/say.ts';
import { primaryConnection, roundKeyOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { mirrorsOf } from './round/doubt.ts';
import { orderLook } from './round/look.ts';
import { targetAt } from './round/question.ts';
import { medianOf } from './rules/baseline.ts';
import { hearMove, scatterOf, throughputSays } from './rules/throughput.ts';

/** Judges how fast one artifact was moved, by what siblings moved of the same within the hour, else by its own past. */
export function judgeMove(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { due, bytes, rttMs, outcome } = sample;
  if (outcome.tag !== 'ok' || rttMs === null || rttMs <= 0) return;
  const { target, probeId } = due;
  const siblings = ratesOfSiblings(memory, mirror, sample);
  const others = siblings.length > 0 ? siblings : series.rates.map(({ bytesPerSecond }) => bytesPerSecond);
  const one = { atMs: memory.now.monotonicMs, bytesPerSecond: (1_000 * bytes) / rttMs };
  const scatter = scatterOf(ratesOf(mirror));
  series.rates = [...series.rates, one].slice(-limits.throughputsKept);
  const before = mirror.throughput;
  const { state, event } = hearMove(before, { target, probeId, bytes, tookMs: rttMs, others, scatter });
  mirror.throughput = state;
  // A first slow one is asked once more of each.
  if (before.slow === 0 && state.slow > 0 && !state.isOpen) {
    const asks = { registries: null, forMs: 0, stepMs: limits.roundStepMs, isUrgent: false };
    orderLook(memory, { ...asks, registry: target.registry, target, isPeek: false });
  }
  if (event !== null) apply(memory, 'throughput', mirror, throughputSays(mirror.mirror.name, state));
}

function* ratesOf({ series }: MirrorMemory): Iterable<readonly number[]> {
  for (const { rates } of series.values())
    if (rates.length > 0) yield rates.map(({ bytesPerSecond }) => bytesPerSecond);
}

function ratesOfSiblings(memory: Memory, mirror: MirrorMemory, { due }: Sample): readonly number[] {
  const rates: number[] = [];
  for (const other of mirrorsOf(memory, roundKeyOf(mirror.mirror))) {
    const own = other === mirror ? null : targetAt(memory, other, due.target);
    const series = own === null ? undefined : other.series.get(seriesId(own, primaryConnection(other.mirror)));
    const recent = series?.rates.filter(({ atMs }) => memory.now.monotonicMs - atMs <= limits.throughputAgeMs) ?? [];
    const usual = medianOf(recent.map(({ bytesPerSecond }) => bytesPerSecond));
    if (usual !== null) rates.push(usual);
  }
  return rates;
}

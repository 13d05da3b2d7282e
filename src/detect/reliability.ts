import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import type { Told } from '../core/sentence.ts';
import { apply } from './engine/say.ts';
import { canarySeries, isCanaryOut } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { isLineLossy } from './round/witness.ts';
import { penaltyAt } from './rules/outage.ts';
import { hearRate, rateClasses, rateClassOf, takeBack, unreliableSays, withoutAbsences } from './rules/unreliable.ts';

/**
 * Counts one scheduled sample for the mirror's reliability. What has a finding of its own is not counted again: the
 * canary or this target in outage or refused, wrong bytes, what nobody serves; nor what our own line loses.
 * @param isAbsence  it failed because it does not exist anywhere
 */
export function judgeRate(
  memory: Memory,
  mirror: MirrorMemory,
  series: SeriesMemory,
  sample: Sample,
  isAbsence: boolean,
): void {
  const { outcome, due } = sample;
  if (outcome.tag === 'unknown' || isAbsence || isCanaryOut(mirror)) return;
  if (series.outage.isOut || series.refusal.isOpen) return;
  const reason = outcome.tag === 'failed' ? outcome.failure.kind : null;
  if (reason === 'mismatch') return;
  // A mirror that goes out again and again is one story, and that is told.
  const canary = canarySeries(mirror);
  if (canary !== null && penaltyAt(canary.outage, memory.now.monotonicMs) >= limits.outageToldFrom) return;
  if (reason !== null && isLineLossy(memory, mirror.egress)) return;
  series.rated = reason === null ? 0 : series.rated + 1;
  const kind = rateClassOf(due.target);
  const wasOpen = mirror.rates[kind].isOpen;
  mirror.rates[kind] = hearRate(mirror.rates[kind], kind, { reason, target: due.target, probeId: due.probeId });
  if (mirror.rates[kind].sum > 0) mirror.isDirty = true;
  if (wasOpen !== mirror.rates[kind].isOpen) refreshRate(memory, mirror);
}

/** Opens, widens or closes the finding about a mirror's reliability. */
function refreshRate(memory: Memory, mirror: MirrorMemory): void {
  apply(memory, 'unreliable', mirror, unreliableSays(mirror.mirror.name, mirror.rates));
}

/** Takes back what a target was counted for that has a finding of its own now. */
export function takeBackRate(mirror: MirrorMemory, series: SeriesMemory): void {
  const kind = rateClassOf(series.target);
  mirror.rates[kind] = takeBack(mirror.rates[kind], kind, series.target, series.rated);
  series.rated = 0;
}

/** Takes back the absences of a module that were counted. @param well  what its finding closes with where nothing else was in it */
export function forgetAbsences(memory: Memory, mirror: MirrorMemory, module: string | null, well: Told): void {
  for (const kind of rateClasses) {
    const before = mirror.rates[kind];
    mirror.rates[kind] = withoutAbsences(before, kind, module);
    if (mirror.rates[kind] === before) continue;
    mirror.isDirty = true;
    if (!before.isOpen) continue;
    if (rateClasses.some((one) => mirror.rates[one].isOpen)) refreshRate(memory, mirror);
    else apply(memory, 'unreliable', mirror, { tag: 'well', ...well });
  }
}

import type { Sample } from '../core/sample.ts';
import { seriesId, type Target } from '../core/target.ts';
import { told } from '../words/tell.ts';
import { apply } from './engine/say.ts';
import { openFinding, primaryConnection, roundKeyOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { forgetAbsences, judgeRate, takeBackRate } from './reliability.ts';
import { lookRefused, lookThrottled } from './round/look.ts';
import { targetAt } from './round/question.ts';
import { judgeRefusal, noRefusal, refusalOf, refusalSays } from './rules/refusal.ts';

/** Judges one sample for the refusal of its target, and counts a scheduled one for the mirror's reliability. */
export function judgeRefused(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { outcome, due } = sample;
  series.serves = outcome.tag === 'ok';
  // As with an outage: one refused canary speaks for all.
  if (!due.target.canary && !series.refusal.isOpen && isCanaryRefused(mirror)) return;
  // Only for an absence does it matter what siblings serve, and looking costs.
  const isAbsent = outcome.tag === 'failed' && outcome.failure.kind === 'absent';
  const isToldElsewhere = isAbsent && takesTurns(mirror, due.target.module);
  const refusal = refusalOf(outcome, isAbsent && !isToldElsewhere && hasServingSibling(memory, mirror, due.target));
  const heard = { outcome, refusal, probeId: due.probeId, endedMs: sample.endedMonotonicMs };
  const isFirst = refusal !== null && series.refusal.refusals === 0;
  const { state, event } = judgeRefusal(series.refusal, heard, memory.config.detect.outage);
  series.refusal = state;
  const isUncounted = isAbsent && (refusal === null || wentBack(mirror, due.target.module));
  if (due.purpose === 'scheduled') judgeRate(memory, mirror, series, sample, isUncounted);
  // A wish to be left alone is heeded first.
  if (refusal === 'throttled' && !state.isOpen && mirror.refused.size === 0) lookThrottled(memory, mirror, due.target);
  else if (isFirst && !state.isOpen) lookRefused(memory, mirror, sample);
  if (event === null) return;
  if (event === 'opened') takeBackRate(mirror, series);
  if (event === 'opened') mirror.refused.add(series);
  else mirror.refused.delete(series);
  memory.urgent.add(series);
  refreshRefusal(memory, mirror);
}

function isCanaryRefused(mirror: MirrorMemory): boolean {
  for (const { target } of mirror.refused) if (target.canary) return true;
  return false;
}

/** Opens, widens, narrows or closes the refusal of a mirror after which of its series are refused now. */
export function refreshRefusal(memory: Memory, mirror: MirrorMemory): void {
  const { name } = mirror.mirror;
  const known = openFinding(memory, 'refusal', name)?.cause ?? null;
  const canaryStep = mirror.canary?.step ?? null;
  apply(memory, 'refusal', mirror, refusalSays(name, mirror.refused, { canaryStep, modules: mirror.modules, known }));
}

/** True where another mirror of the upstream last served the same thing. */
function hasServingSibling(memory: Memory, mirror: MirrorMemory, target: Target): boolean {
  const key = roundKeyOf(mirror.mirror);
  for (const other of memory.mirrors.values()) {
    if (other === mirror || roundKeyOf(other.mirror) !== key) continue;
    const own = targetAt(memory, other, target);
    if (own === null || own.module !== target.module || own.version !== target.version || own.step !== target.step) {
      continue;
    }
    if (other.series.get(seriesId(own, primaryConnection(other.mirror)))?.serves === true) return true;
  }
  return false;
}

/** It went back on this module lately: what is absent now and then is no chance. */
function wentBack(mirror: MirrorMemory, module: string | null): boolean {
  return (mirror.steppedBack.get(module)?.backwards ?? 0) > 0;
}

/** Several backends of it take turns on this module, which is told: what the older ones do not have is part of that. */
function takesTurns(mirror: MirrorMemory, module: string | null): boolean {
  for (const { module: one, backwards } of mirror.lagging.values())
    if (one === module && backwards?.kind === 'regression') return true;
  return false;
}

/** Takes back what absences of a module came to, once it goes back and forth: one fault is one story. */
export function absorbAbsences(memory: Memory, mirror: MirrorMemory, module: string | null): void {
  if (!wentBack(mirror, module)) return;
  const { name } = mirror.mirror;
  const well = told('found.refusal.told', { name });
  forgetAbsences(memory, mirror, module, well);
  if (!takesTurns(mirror, module)) return;
  const refused = [...mirror.refused].filter(
    ({ target, refusal }) => target.module === module && refusal.reason === 'absent',
  );
  if (refused.length === 0) return;
  for (const series of refused) {
    series.refusal = noRefusal;
    mirror.refused.delete(series);
    memory.urgent.add(series);
  }
  if (mirror.refused.size > 0) refreshRefusal(memory, mirror);
  else apply(memory, 'refusal', mirror, { tag: 'well', ...well });
}

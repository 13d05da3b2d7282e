import { isTimeout } from '../core/failure.ts';
import type { FindingKind } from '../core/finding.ts';
import type { Sample } from '../core/sample.ts';
import { openFinding } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { citing } from './rules/cites.ts';
import { rateClassOf } from './rules/unreliable.ts';

/**
 * Lets the open findings of a mirror name a probe that their rules have just taken as one more of the same. That is no
 * news: it goes out with the next change, and is shown at once.
 */
export function citeSample(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { probeId } = sample.due;
  for (const [kind, newest] of newestOf(mirror, series)) {
    const known = newest === probeId ? openFinding(memory, kind, mirror.mirror.name) : null;
    if (known === null) continue;
    const isTimed = kind === 'spike' || kind === 'throughput';
    const probe = { probeId, isBad: isTimed || sample.outcome.tag === 'failed', ms: isTimed ? timeOf(sample) : null };
    const evidence = citing(known.evidence, probe);
    if (evidence !== known.evidence) memory.open.set(known.id, { ...known, evidence });
  }
}

/** The last probe that speaks for each kind of finding that this series is in. */
function newestOf(
  { rates, throughput }: MirrorMemory,
  { spike, slow, outage, refusal, target }: SeriesMemory,
): readonly (readonly [FindingKind, string | undefined])[] {
  const rate = rates[rateClassOf(target)];
  return [
    ['spike', spike.sinceMs === null ? undefined : slow.probeIds.at(-1)],
    ['outage', outage.isOut ? outage.probeIds.at(-1) : undefined],
    ['refusal', refusal.isOpen ? refusal.probeIds.at(-1) : undefined],
    ['throughput', throughput.isOpen ? throughput.recent.at(-1)?.probeId : undefined],
    ['unreliable', rate.isOpen ? rate.recent.at(-1)?.probeId : undefined],
  ];
}

function timeOf({ outcome, rttMs }: Sample): number | null {
  if (outcome.tag !== 'failed') return rttMs;
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure ? failure.limitMs : null;
}

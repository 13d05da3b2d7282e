import { isTimeout } from '../core/failure.ts';
import type { FindingKind } from '../core/finding.ts';
import type { Sample } from '../core/sample.ts';
import { seriesStateOf, stateOf } from './findings/rule.ts';
import { openFinding } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { citing } from './rules/cites.ts';

/**
 * Lets the open findings of a mirror name a probe that their rules have just taken as one more of the same. That is no
 * news: it goes out with the next change, and is shown at once.
 */
export function citeSample(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  for (const [kind, newest] of newestOf(series)) citeOne(memory, kind, sample, newest, kind === 'spike');
  for (const rule of memory.rules) {
    const cited = rule.cites?.(stateOf(rule, mirror), seriesStateOf(rule, series), series) ?? null;
    if (cited !== null) citeOne(memory, rule.kind, sample, cited.probeId, cited.isTimed ?? false);
  }
}

function citeOne(
  memory: Memory,
  kind: FindingKind,
  sample: Sample,
  newest: string | undefined,
  isTimed: boolean,
): void {
  const { probeId, target } = sample.due;
  const known = newest === probeId ? openFinding(memory, kind, target.registry) : null;
  if (known === null) return;
  const probe = { probeId, isBad: isTimed || sample.outcome.tag === 'failed', ms: isTimed ? timeOf(sample) : null };
  const evidence = citing(known.evidence, probe);
  if (evidence !== known.evidence) memory.open.set(known.id, { ...known, evidence });
}

/** The last probe that speaks for each kind of finding that this series is in. */
function newestOf({ spike, slow, outage }: SeriesMemory): readonly (readonly [FindingKind, string | undefined])[] {
  return [
    ['spike', spike.sinceMs === null ? undefined : slow.probeIds.at(-1)],
    ['outage', outage.isOut ? outage.probeIds.at(-1) : undefined],
  ];
}

function timeOf({ outcome, rttMs }: Sample): number | null {
  if (outcome.tag !== 'failed') return rttMs;
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure ? failure.limitMs : null;
}

import type { Finding } from '../core/finding.ts';
import { vantageWord } from './confirm/witness.ts';
import { apply } from './engine/say.ts';
import { claimSeries } from './engine/step.ts';
import { failsNowAndThen } from './findings/unreliable.ts';
import { openFinding } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { isShown } from './rules/detour.ts';
import { closesOutage, goesOut, type Heard, hear, withoutRow } from './rules/outage.ts';
import { type Broken, outageSays } from './rules/outage-says.ts';
import { oneProtocol } from './rules/protocol.ts';

/** Enters a judged sample into its series, and ends the outage of that series where `close` ok samples are together. */
export function hearOutage(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, heard: Heard): void {
  series.outage = hear(series.outage, heard);
  if (!closesOutage(series.outage, memory.config.detect.outage)) return;
  // Starts anew: the failures of this outage must not open the next one by their share.
  series.outage = { ...withoutRow(series.outage), last: 'passed' };
  mirror.outages.out.delete(series);
  memory.rowsDue.urgent.add(series);
  refreshOutage(memory, mirror, vantageWord(memory, mirror));
}

/** Puts a series in outage. `vantage` says how far "them or us" was decided when it opened. */
export function openOutage(
  memory: Memory,
  mirror: MirrorMemory,
  series: SeriesMemory,
  vantage: Finding['vantage'],
): void {
  if (series.outage.isOut) return;
  series.outage = goesOut(series.outage, memory.config.detect.outage, memory.now.monotonicMs, failsNowAndThen(mirror));
  mirror.outages.out.add(series);
  claimSeries(memory, mirror, series);
  memory.rowsDue.urgent.add(series);
  refreshOutage(memory, mirror, vantage);
}

/** The family that a mirror fails over, with its canary, where another has answered over it since: it works from here. */
function brokenOf(memory: Memory, { mirror, family: { detour }, canary }: MirrorMemory): Broken | null {
  if (detour === null || canary === null || !isShown(detour)) return null;
  const { broken: family, reason, probeIds, sinceMs } = detour;
  const found = { family, reason, probeIds, target: canary };
  const told = openFinding(memory, 'outage', mirror.name)?.scope;
  if (told?.some((item) => item.family === family) === true) return found;
  for (const other of memory.mirrors.values()) {
    const atMs = other.mirror.name === mirror.name ? undefined : other.family.answeredOver.get(family);
    if (atMs !== undefined && atMs > sinceMs) return found;
  }
  return null;
}

/** Opens, widens, narrows or closes the outage finding of a mirror after what its series are in now. */
export function refreshOutage(memory: Memory, mirror: MirrorMemory, vantage: Finding['vantage']): void {
  const { name } = mirror.mirror;
  const known = openFinding(memory, 'outage', name)?.cause ?? null;
  const canaryStep = mirror.canary?.step ?? null;
  apply(
    memory,
    'outage',
    mirror,
    outageSays(name, mirror.outages.out, {
      canaryStep,
      canary: mirror.canary,
      canaryServes: mirror.sight.canaryServes,
      modules: mirror.modules,
      known,
      vantage,
      broken: brokenOf(memory, mirror),
      over: oneProtocol(mirror.protocol.fault, mirror.mirror.speaks),
    }),
  );
}

import { limits } from '../../core/limits.ts';
import { messageFor } from '../../words/tell.ts';
import { countUnits, isShared, othersMin, type Units } from '../confirm/witness.ts';
import { monotonicOf, openFinding, paceOfCanary } from '../memory/lookups.ts';
import type { Suspicion } from '../memory/mirror-memory.ts';
import { type MirrorMemory, primaryConnectionOf, seriesOf } from '../memory/mirror-memory.ts';
import type { OwnRule, RuleView } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import { isCanaryOut } from '../outage/state.ts';
import { isSpikingOrShifted, speedOf } from '../rules/speed.ts';

/** True if the canary is slower than usual (one of its last two samples), or than before a level shift; `null`: not known. */
function isCanarySlow(mirror: MirrorMemory): boolean | null {
  if (mirror.canary === null || isCanaryOut(mirror)) return null;
  const speed = speedOf(seriesOf(mirror, mirror.canary, primaryConnectionOf(mirror.mirror)));
  if (isSpikingOrShifted(speed)) return true;
  return speed.baseline.medianMs === null ? null : speed.isLastSlow || speed.wasLastSlow;
}

/**
 * True if most other mirrors over the mirror's egress (a network path out of this host) are slow. Then our own network
 * is the likely cause. While the finding `all_slow` is open, half of the units are enough.
 */
export function isSlowEverywhere(view: RuleView, mirror: MirrorMemory): boolean {
  const units = countUnits(view, mirror.egress, isCanarySlow, mirror);
  return isReported(view) ? isStillSlow(units) : isShared(units);
}

function isReported(view: RuleView): boolean {
  return openFinding(view, 'vantage', null, 'all_slow') !== null;
}

/** The time between two counts, milliseconds: the main loop turns much more often than mirrors change. */
const countedEachMs = 10_000;

/** After so many intervals of the canary since the start, each mirror was judged. */
const judgedAfterPaces = 3;

interface AllSlow {
  /** When the units were counted, monotonic milliseconds. */
  readonly countedMs: number;
  /**
   * After a restart, the units count as slow until this time, because the canaries must be probed first. Monotonic
   * milliseconds; absent: no finding was open.
   */
  readonly untilMs?: number;
  /** By egress: since when most units have been slow, monotonic milliseconds. */
  readonly sinceMs: ReadonlyMap<string, number>;
}

interface Slowness {
  readonly units: Units;
  /** Monotonic milliseconds. */
  readonly fromMs: number;
}

/** True if each slow unit shares its slowness with most others. */
function isSharedByAll({ troubled, all }: Units): boolean {
  return isShared({ troubled: troubled - 1, all: all - 1 });
}

/** A weaker condition than `isSharedByAll`: single fast responses do not end the slowness of most mirrors. */
function isStillSlow({ troubled, all }: Units): boolean {
  return troubled >= othersMin && 2 * troubled >= all;
}

function explainAllSlow(slowness: Slowness | null, lastedMs: number): FindingStatement {
  if (slowness === null) return { tag: 'well', ...messageFor('found.allSlow.well'), of: 'all_slow' };
  const { troubled: slow, all } = slowness.units;
  return {
    tag: 'trouble',
    cause: 'all_slow',
    evidence: {},
    ...messageFor('found.allSlow', { slow, all, minutes: Math.round(lastedMs / 60_000) }),
  };
}

/** Finds that most mirrors have been slow at the same time for a long time, so that our own network is the likely cause. */
export const allSlow: OwnRule<AllSlow> = {
  name: 'all_slow',
  kind: 'vantage',
  none: () => ({ countedMs: Number.NEGATIVE_INFINITY, sinceMs: new Map() }),
  tick(before, _, { view, suspicions }) {
    const nowMs = view.now.monotonicMs;
    if (nowMs - before.countedMs < countedEachMs) return {};
    const wasOpen = isReported(view);
    const sinceMs = new Map<string, number>();
    let longest: Slowness | null = null;
    for (const egress of new Set([...view.mirrors.values()].map((mirror) => mirror.egress))) {
      const knownMs = before.sinceMs.get(egress);
      // Probes of a suspect network are not judged, so they show neither the begin nor the end of slowness.
      if (suspicions.has(egress) && !wasOpen) continue;
      const units = countUnits(view, egress, isCanarySlow, null);
      const isUnjudged = suspicions.has(egress) || nowMs < (before.untilMs ?? 0);
      const goesOn = knownMs !== undefined && (isUnjudged || isStillSlow(units));
      if (!goesOn && !isSharedByAll(units)) continue;
      const one = { units, fromMs: goesOn ? knownMs : nowMs };
      sinceMs.set(egress, one.fromMs);
      if (longest === null || one.fromMs < longest.fromMs) longest = one;
    }
    const lastedMs = longest === null ? 0 : nowMs - longest.fromMs;
    const isOpen = longest !== null && lastedMs >= limits.vantageFindingMs;
    const own = { ...before, countedMs: nowMs, sinceMs };
    if (isOpen === wasOpen) return { own };
    return { own, statement: explainAllSlow(isOpen ? longest : null, lastedMs) };
  },
  resume(before, { cause, openedAtMs }, { view }) {
    if (cause !== 'all_slow') return null;
    const { now, config } = view;
    const fromMs = monotonicOf(now, openedAtMs) - limits.vantageFindingMs;
    const mirrors = [...view.mirrors.values()];
    const paceMs = Math.max(0, ...mirrors.map((mirror) => paceOfCanary(mirror, config)));
    const sinceMs = new Map(mirrors.map(({ egress }) => [egress, fromMs]));
    return { ...before, sinceMs, untilMs: now.monotonicMs + judgedAfterPaces * paceMs };
  },
};

/** The finding of a suspicion (our own network may fail) that has lasted `limits.vantageFindingMs`; `null` before. */
function vantageStatement({ sinceMs, pattern, isLoss }: Suspicion, nowMs: number): FindingStatement {
  const lastedMs = nowMs - sinceMs;
  if (lastedMs < limits.vantageFindingMs) return null;
  const minutes = Math.round(lastedMs / 60_000);
  return {
    tag: 'trouble',
    cause: isLoss ? 'partly_failing' : 'all_failing',
    vantage: 'suspect',
    evidence: {
      samples: pattern.size,
      failures: [...pattern.values()].filter(({ responded, failed }) => failed > responded).length,
    },
    ...messageFor(isLoss ? 'found.usLoss' : 'found.us', { minutes }),
  };
}

/** Finds that our own network has failed or lost packets for a long time. */
export const vantage: OwnRule<null> = {
  name: 'vantage',
  kind: 'vantage',
  none: () => null,
  release: (_, __, { suspicions }) =>
    suspicions.size > 0 ? {} : { statement: { tag: 'well', ...messageFor('found.us.well') } },
  tick(_, __, { view, suspicions }) {
    for (const suspicion of suspicions.values()) {
      const statement = vantageStatement(suspicion, view.now.monotonicMs);
      if (statement !== null) return { statement };
    }
    return {};
  },
};

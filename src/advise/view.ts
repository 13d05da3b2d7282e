import { type Config, everyMs } from '../core/config.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import type { FetchRule } from './comparison/costs.ts';
import type { Group } from './group.ts';
import { Tally } from './tally.ts';

export interface View {
  readonly config: Config;
  readonly group: Group;
  readonly now: Now;
  readonly vantage: VantageStanding;
  readonly mirrors: readonly Mirror[];
  readonly standingOf: (registry: string) => Standing | null;
  readonly tallyOf: (registry: string) => Tally;
  /** Alerts of other systems against a mirror, the longest firing first. */
  readonly evidenceOf: (registry: string) => readonly AlertEvidence[];
  readonly by: FetchRule;
  /**
   * A switch is worth it if the head takes more than this many times as long as the candidate. At least 1, computed
   * from `minGain`.
   */
  readonly worthRatio: number;
  readonly canaryEveryMs: number;
  /** Canary responses of different mirrors are compared if they are at most this far apart. Milliseconds. */
  readonly nearMs: number;
}

export function viewOf(
  given: Pick<View, 'config' | 'group' | 'now' | 'vantage'>,
  standings: ReadonlyMap<string, Standing>,
  tallies: ReadonlyMap<string, Tally>,
  evidence: ReadonlyMap<string, readonly AlertEvidence[]>,
): View {
  const { config, group, now } = given;
  return {
    ...given,
    mirrors: group.roster.mirrors,
    standingOf: (registry) => standings.get(registry) ?? null,
    tallyOf: (registry) => tallies.get(registry) ?? new Tally(),
    evidenceOf: (registry) => evidence.get(registry) ?? [],
    by: {
      nowMs: now.monotonicMs,
      fetch: group.kind.fetch.map((step) => group.kind.steps[step]?.weight ?? 'light'),
      failureCostMs: config.advise.failureCostMs,
    },
    worthRatio: 1 / (1 - Math.min(0.9, config.advise.minGain)),
    canaryEveryMs: everyMs(config.schedule.pace),
    nearMs: Math.max(1.5 * everyMs(config.schedule.pace), limits.roundStepMs),
  };
}

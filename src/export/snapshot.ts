import type { Advice, Candidate } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Connection, EcosystemId, Target } from '../core/mirror.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';

/** What detect holds of one series, for gauges. */
export interface BaselineReading {
  readonly target: Target;
  readonly connection: Connection;
  /** `null` while warming. */
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  readonly streak: number;
}

/** How far behind one mirror is by one kind of answer; `null` is unknown. */
export interface LagReading {
  readonly registry: string;
  /** `null`: the mirror as a whole. */
  readonly module: string | null;
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly records: number | null;
  readonly missing: number | null;
}

/** What is so now, read once for each rendering; gauges come from it, counters never. */
export interface Snapshot {
  readonly standings: readonly Standing[];
  readonly vantage: VantageStanding;
  /** Findings that are open now, those about us included; others in it are ignored. Without it those of the standings count, and ours are not known. */
  readonly findings?: readonly Finding[];
  readonly baselines: Iterable<BaselineReading>;
  /** How far behind mirrors are, one for each module and kind of answer. */
  readonly lags: Iterable<LagReading>;
  readonly advice: readonly Advice[];
  /** Best first. */
  readonly ranks: readonly {
    readonly ecosystem: EcosystemId;
    readonly upstream: string;
    readonly candidates: readonly Candidate[];
  }[];
  /** `oldestSeconds` is `null` while the queue is empty. */
  readonly queues: readonly {
    readonly receiver: string;
    readonly length: number;
    readonly oldestSeconds: number | null;
    readonly disabled: boolean;
  }[];
  /** Wall clock, of this machine, now. */
  readonly nowMs: number;
  /** Since when a mirror has a state, wall milliseconds; `null`: not known. */
  readonly since: (registry: string, state: Standing['state']) => number | null;
  readonly inFlight: number;
  /** Memory of this process in RAM; left out where nobody measures it. */
  readonly residentBytes?: number;
  /** Wall clock, when the daemon started and when the configuration in force was read. */
  readonly startedAtMs: number;
  readonly reloadedAtMs: number;
  readonly reloadOk: boolean;
  readonly stateWritable: boolean;
  /** State files set aside as corrupt since the start. */
  readonly stateSetAside: number;
  /** Rows of it that could not be read and were set aside since the start. */
  readonly stateRowsAside: number;
}

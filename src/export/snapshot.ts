import type { Advice, Candidate } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Connection, EcosystemId, Target } from '../core/mirror.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';

/** The baseline of one series, for gauges. */
export interface BaselineReading {
  readonly target: Target;
  readonly connection: Connection;
  /** `null` while warming. */
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  readonly streak: number;
}

/** The lag of one mirror by one kind of response; `null`: unknown. */
export interface LagReading {
  readonly registry: string;
  /** `null`: the mirror as a whole. */
  readonly module: string | null;
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly records: number | null;
  readonly missing: number | null;
}

/** The current state, read once per rendering; the source of gauges, never of counters. */
export interface Snapshot {
  readonly standings: readonly Standing[];
  readonly vantage: VantageStanding;
  /**
   * Open findings, including those about us; others are ignored. If absent, those of the standings count, and those
   * about us are unknown.
   */
  readonly findings?: readonly Finding[];
  readonly baselines: Iterable<BaselineReading>;
  /** The lags of mirrors, one for each module and kind of response. */
  readonly lags: Iterable<LagReading>;
  readonly advice: readonly Advice[];
  /** Best first. */
  readonly ranks: readonly {
    readonly ecosystem: EcosystemId;
    readonly upstream: string;
    readonly candidates: readonly Candidate[];
  }[];
  /** `oldestSeconds` is `null` for an empty queue. */
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
  /** Resident memory of this process; absent: not measured. */
  readonly residentBytes?: number;
  /** Start of the daemon and load time of its configuration, wall milliseconds. */
  readonly startedAtMs: number;
  readonly reloadedAtMs: number;
  readonly reloadOk: boolean;
  readonly stateWritable: boolean;
  /** The brake of actions; absent: none is configured. */
  readonly actionsStopped?: boolean;
  /** State files set aside as corrupt since the start. */
  readonly stateSetAside: number;
  /** Unreadable rows that were set aside since the start. */
  readonly stateRowsAside: number;
}

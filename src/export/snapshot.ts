import type { Advice, Candidate } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Upstream } from '../core/mirror.ts';
import type { QueueStanding } from '../core/notice.ts';
import type { MirrorLag, SeriesBaseline, Standing, VantageStanding } from '../core/standing.ts';

/** The current state of the daemon, read once per rendering of the metrics. */
export interface Snapshot {
  readonly standings: readonly Standing[];
  readonly vantage: VantageStanding;
  /**
   * Open findings. Absent: the findings of `standings` are used, and the number of findings about the daemon is
   * unknown.
   */
  readonly findings?: readonly Finding[];
  readonly baselines: Iterable<SeriesBaseline>;
  /** Lags. A module may have several, one for each kind of response. */
  readonly lags: Iterable<MirrorLag>;
  readonly advice: readonly Advice[];
  /** The ranked mirrors of each upstream. `candidates`: the best first. */
  readonly ranks: readonly (Upstream & { readonly candidates: readonly Candidate[] })[];
  readonly queues: readonly Pick<QueueStanding, 'receiver' | 'length' | 'oldestSeconds'>[];
  /** When this snapshot was taken, wall milliseconds. */
  readonly nowMs: number;
  /** Returns since when a mirror has a state, wall milliseconds; `null`: not known. */
  readonly since: (registry: string, state: Standing['state']) => number | null;
  readonly inFlight: number;
  /** Memory of this process, bytes; absent: not available. */
  readonly memory?: { readonly resident?: number; readonly virtual?: number; readonly heap?: number };
  /** CPU time of this process since its start, seconds. */
  readonly cpu: { readonly user: number; readonly system: number };
  /** File descriptors of this process: in use, and the limit; absent: not available. */
  readonly descriptors?: { readonly open?: number; readonly max?: number };
  readonly startedAtMs: number;
  /** When the configuration in force was loaded, wall milliseconds. */
  readonly reloadedAtMs: number;
  readonly reloadOk: boolean;
  readonly stateWritable: boolean;
  /** True while an operator has stopped all actions; absent: no actions are configured. */
  readonly actionsStopped?: boolean;
  /** The number of state files that were moved aside as corrupt since the daemon started. */
  readonly stateSetAside: number;
  /** The number of invalid rows found in the state file since the daemon started. */
  readonly stateRowsAside: number;
}

import type { Finding } from './finding.ts';
import type { Connection, EcosystemId, Target } from './mirror.ts';
import type { Sentence } from './result.ts';

export const mirrorStates = ['up', 'degraded', 'down', 'unknown'] as const;
export type MirrorState = (typeof mirrorStates)[number];

/** A pause of a mirror by an operator; `untilMs`: wall time. */
export interface Pause {
  readonly untilMs: number;
  readonly reason: string;
}

/** The current state of one mirror by detect, for advise, export and api. */
export interface Standing {
  readonly registry: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly state: MirrorState;
  /** The reason for the state, one clause for display, in English. */
  readonly because: string;
  /** `because` for any language; absent: in English only. */
  readonly why?: Sentence;
  /** A confirming round is running. */
  readonly inDoubt: boolean;
  readonly paused: Pause | null;
  readonly inMaintenance: boolean;
  /** Wall milliseconds of the last settled ok canary sample. */
  readonly lastOkAtMs: number | null;
  /** Wall milliseconds of the last settled canary sample of any outcome but unknown. */
  readonly lastJudgedAtMs: number | null;
  /** End of a throttled step's wait (`Retry-After`, 429), wall milliseconds. */
  readonly throttledUntilMs: number | null;
  /** True: our own dense requests caused the wait of `throttledUntilMs`, so it is no reason to leave. Absent: false. */
  readonly isWaitForPace?: boolean;
  /**
   * The mirror responds over one address family only, so failures over the other one are not failures for clients. `likely`:
   * by one failure, not yet repeated. Absent: it responds over both, or has only one.
   */
  readonly oneFamily?: 'known' | 'likely';
  readonly certificate: { readonly expiresAtMs: number | null; readonly authorizationCode: string | null } | null;
  /** Open findings whose subject is this mirror. */
  readonly findings: readonly Finding[];
}

/** The freshness of a mirror over all its modules, as of its last responses; `null` is unknown. Milliseconds. */
export interface Freshness {
  /** Lower and upper bound of the lag of the module that is furthest behind. */
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  /** Number of missing versions, over all modules. */
  readonly missing: number | null;
  /** How long its last releases took from the origin. */
  readonly propagation: { readonly releases: number; readonly p50Ms: number | null; readonly p90Ms: number | null };
}

/** The state of the vantage by detect. `suspect` is `null` until the first canary pass has ended. */
export interface VantageStanding {
  readonly suspect: boolean | null;
  /** Start of the suspicion, wall milliseconds; `null` while not suspect. */
  readonly sinceMs: number | null;
  readonly controls: readonly { readonly name: string; readonly up: boolean | null }[];
  /** Share of contaminated samples among the latest ones (`limits.contaminatedSamples`), 0 to 1; `null` without samples. */
  readonly contaminatedShare: number | null;
}

/** The lag of one mirror in one subject, as of its last response; `null`: unknown. */
export interface MirrorLag {
  readonly registry: string;
  /** `null`: of the mirror as a whole. */
  readonly module: string | null;
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly records: number | null;
  readonly missing: number | null;
}

/** The baseline of a light series, its threshold for slow (`null` while warming), and its slow samples in a row. */
export interface SeriesBaseline {
  readonly target: Target;
  readonly connection: Connection;
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  readonly streak: number;
}

import type { Advice, Candidate, LookedBack } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config, PlainIssue } from '../core/config.ts';
import type { AlertCounts, AlertNotification } from '../core/evidence.ts';
import type { Finding } from '../core/finding.ts';
import type { Kind } from '../core/kind.ts';
import type { Connection, EcosystemId, Target } from '../core/mirror.ts';
import type { DeliveryFailure } from '../core/notice.ts';
import type { Now, StateTrouble, Timers } from '../core/ports.ts';
import type { Result } from '../core/result.ts';
import type { PhaseTimes, SamplePoint, SettledSample } from '../core/sample.ts';
import type { Freshness, Standing, VantageStanding } from '../core/standing.ts';
import type { Transcript } from '../core/transcript.ts';
import type { Trend, TrendRange } from '../core/trend.ts';
import type { WhatIf, WhatIfAsked, WhatIfProblem } from '../core/what-if.ts';

/** What is known now of one series, as state/ keeps it. */
export interface SeriesView {
  readonly target: Target;
  readonly connection: Connection;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly last: SettledSample | null;
  readonly lastOkAtMs: number | null;
  readonly phases: PhaseTimes;
  /** Newest last. */
  readonly recent: readonly SamplePoint[];
  /** When the newest of them began that had begun by then, wall milliseconds; `null`: none. */
  lastBy(wallMs: number): number | null;
}

/** A receiver and what waits for it. */
export interface ReceiverView {
  readonly receiver: string;
  readonly length: number;
  /** `null` while nothing waits. */
  readonly oldestSeconds: number | null;
  /** It said 410, and is left alone until the next reload. */
  readonly disabled: boolean;
  /** How its last delivery failed; `null`: it arrived, or none ended since the start. */
  readonly failure: DeliveryFailure | null;
  /** `null` while nothing waits, or what waits is under way. */
  readonly nextAttemptSeconds: number | null;
}

/** A probe that can still be walked back to the wire. */
export interface ProbeView {
  readonly sample: SettledSample;
  readonly transcript: Transcript | null;
}

/** What should be set now (design.md section 4.3). */
export type RemedyNow =
  | {
      readonly kind: 'set';
      readonly chain: string;
      readonly advice: Advice;
      readonly remedy: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'nothing'; readonly state: 'right' | 'refused' | 'suspect' };

/** One thing that happened, for `GET /api/v1/events`. */
export interface DaemonEvent {
  readonly type: 'sample' | 'finding' | 'advice' | 'standing' | 'vantage' | 'reload';
  readonly atMs: number;
  readonly data: unknown;
}

/** What became of a notification of Alertmanager: how many of its alerts came to what, or why it must come again. */
export type AlertsTaken =
  | { readonly tag: 'taken'; readonly outcomes: AlertCounts }
  | { readonly tag: 'unavailable'; readonly because: 'queue' | 'state' | 'stopping' };

export type ReloadOutcome =
  | { readonly tag: 'reloaded'; readonly changed: readonly string[] }
  | { readonly tag: 'invalid'; readonly issues: readonly PlainIssue[] }
  | { readonly tag: 'needs_restart'; readonly keys: readonly string[] };

/** Whether we are ready, and the word of the catalogue for why. */
export type Ready =
  | { readonly ready: true; readonly because: 'up' }
  | { readonly ready: false; readonly because: 'starting' | 'draining' };

/** Everything that the routes read or may do. Handed in by daemon/; each call is synchronous unless it says otherwise. */
export interface ApiDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly timers: Timers;
  now(): Now;
  config(): Config;
  /** Every ecosystem, those to come included. */
  readonly kinds: readonly Kind[];
  targets(): readonly Target[];
  ready(): Ready;
  standings(): readonly Standing[];
  vantage(): VantageStanding;
  /** The last run of each real client at a mirror. */
  clientRuns(registry: string): readonly ClientRun[];
  /** Since when a mirror has been in its state, wall milliseconds, over restarts; `null` where nobody knows. */
  stateSince(standing: Pick<Standing, 'registry' | 'state'>): number | null;
  /** What waits for each receiver of webhooks. */
  receivers(): readonly ReceiverView[];
  /** When a series is asked next, wall milliseconds; `null` where no time will come. */
  dueAt(series: Pick<SeriesView, 'target' | 'connection'>): number | null;
  /** How a mirror went; `null`: no such mirror. */
  trend(registry: string, range: TrendRange): Trend | null;
  series(): Iterable<SeriesView>;
  seriesOf(registry: string): readonly SeriesView[];
  /** How fresh a mirror is; `null`: no such mirror. */
  freshness(registry: string): Freshness | null;
  baseline(
    targetId: string,
    connection: Connection,
  ): { readonly baselineMs: number | null; readonly thresholdMs: number | null; readonly streak: number } | null;
  /** Memory first, then the state file. */
  probe(probeId: string): ProbeView | null;
  probesOf(registry: string, limit: number): readonly ProbeView[];
  /** Open ones; with `history` closed and acknowledged too. Newest first, after the cursor. */
  findings(page: Page & { readonly history: boolean }): PageOf<Finding>;
  advice(page: Page & { readonly history: boolean }): PageOf<Advice>;
  rank(ecosystem: EcosystemId, upstream: string): readonly Candidate[];
  /** What became of accepted advice. */
  lookedBack(): readonly LookedBack[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /** What another chain would do, by what was measured of late; changes nothing. */
  whatIf(asked: WhatIfAsked): Result<WhatIf, WhatIfProblem>;
  /** What clients have now: the accepted chain, else the declared one; credentials masked. */
  chainInForce(ecosystem: EcosystemId, upstream: string): string;
  acceptAdvice(id: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  /** Silences this advice and its like (from, to, cause) for so long, over restarts; the remedy says what stood before. */
  dismissAdvice(id: string, forMs: number, reason: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  acknowledge(findingId: string, reason: string): Promise<Finding | null>;
  /** `forMs` 0 resumes. `null`: no such mirror. */
  pause(registry: string, forMs: number, reason: string): Promise<Standing | null>;
  /** `null`: a post that cannot be read, which is counted. */
  takeAlerts(notification: AlertNotification | null): Promise<AlertsTaken>;
  reload(): Promise<ReloadOutcome>;
  /** One answer of /metrics: what is asked for is made while its pieces are read. */
  metrics(accept: string | undefined): { readonly contentType: string; readonly pieces: AsyncIterable<string> };
  /** Events from now on; gives the way to stop. */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Why the state file is not written; `null`: it is. */
  stateTrouble(): StateTrouble | null;
  /** A mistake of ours in a route: logged. */
  defect(cause: unknown): void;
}

export interface Page {
  readonly limit: number;
  /** Opaque; from the `next` of the page before. */
  readonly cursor: string | null;
}

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

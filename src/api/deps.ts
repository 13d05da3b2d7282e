import type { ActionRow } from '../core/action.ts';
import type { Advice, Audited, Candidate, PassedOver, RemedyNow } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config, PlainIssue } from '../core/config.ts';
import type { AlertCounts, AlertNotification } from '../core/evidence.ts';
import type { Finding } from '../core/finding.ts';
import type { Kind } from '../core/kind.ts';
import type { Connection, EcosystemId } from '../core/mirror.ts';
import type { QueueStanding } from '../core/notice.ts';
import type { Now, StateTrouble, Timers } from '../core/ports.ts';
import type { Result } from '../core/result.ts';
import type { KeptProbe, SeriesNow } from '../core/sample.ts';
import type { Freshness, SeriesBaseline, Standing, VantageStanding } from '../core/standing.ts';
import type { Trend, TrendRange } from '../core/trend.ts';

export interface DaemonEvent {
  readonly type: 'sample' | 'finding' | 'advice' | 'standing' | 'vantage' | 'reload';
  readonly atMs: number;
  readonly data: unknown;
}

/** The number of alerts by outcome, or why Alertmanager should send them again. */
export type AlertsTaken =
  | { readonly tag: 'taken'; readonly outcomes: AlertCounts }
  | { readonly tag: 'unavailable'; readonly because: 'queue' | 'state' | 'stopping' };

/** The result of a reload. After `invalid` and `needs_restart` the old configuration stays in force. */
export type ReloadOutcome =
  | { readonly tag: 'reloaded'; readonly changed: readonly string[] }
  | { readonly tag: 'invalid'; readonly issues: readonly PlainIssue[] }
  | { readonly tag: 'needs_restart'; readonly keys: readonly string[] };

export type Ready =
  | { readonly ready: true; readonly because: 'up' }
  | { readonly ready: false; readonly because: 'starting' | 'draining' };

export interface ApiDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly timers: Timers;
  now(): Now;
  config(): Config;
  readonly kinds: readonly Kind[];
  ready(): Ready;
  standings(): readonly Standing[];
  vantage(): VantageStanding;
  clientRuns(registry: string): readonly ClientRun[];
  /** Returns the start of a mirror's current state, wall milliseconds; `null`: unknown. */
  stateSince(standing: Pick<Standing, 'registry' | 'state'>): number | null;
  receivers(): readonly QueueStanding[];
  /** Returns when the next or running probe of a series is planned, wall milliseconds; `null`: none is planned. */
  dueAt(series: Pick<SeriesNow, 'target' | 'connection'>): number | null;
  /** `null`: no such mirror. */
  trend(registry: string, range: TrendRange): Trend | null;
  series(): Iterable<SeriesNow>;
  seriesOf(registry: string): readonly SeriesNow[];
  /** `null`: no such mirror. */
  freshness(registry: string): Freshness | null;
  baseline(targetId: string, connection: Connection): Omit<SeriesBaseline, 'target' | 'connection'> | null;
  /** Returns a probe from memory or the state file; `null`: not stored. */
  probe(probeId: string): KeptProbe | null;
  probesOf(registry: string, limit: number): readonly KeptProbe[];
  /** Lists open findings, newest first; with `history` also closed and acknowledged ones. */
  findings(page: Page & { readonly history: boolean }): PageOf<Finding>;
  advice(page: Page & { readonly history: boolean }): PageOf<Advice>;
  rank(ecosystem: EcosystemId, upstream: string): readonly Candidate[];
  audited(): readonly Audited[];
  passedOver(): readonly PassedOver[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /**
   * Lists the settings that clients set once to use the configured front door; empty: there is no door for that
   * upstream.
   */
  doorLines(ecosystem: EcosystemId, upstream: string): readonly { readonly client: string; readonly text: string }[];
  /** Returns the accepted chain, else the declared one. Credentials are masked. */
  chainInForce(ecosystem: EcosystemId, upstream: string): string;
  acceptAdvice(id: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  /** Suppresses advice with the same mirrors and cause for `forMs`, also after a restart. */
  dismissAdvice(id: string, forMs: number, reason: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  acknowledge(findingId: string, reason: string): Promise<Finding | null>;
  /** Pauses a mirror; `forMs` 0 resumes it. The result is `null` if there is no such mirror. */
  pause(registry: string, forMs: number, reason: string): Promise<Standing | null>;
  /** Newest first. */
  actions(): readonly ActionRow[];
  areActionsStopped(): boolean;
  /** Stops all actions, or allows them again. @returns true if the new state is stored, so that a restart keeps it */
  stopActions(isStopped: boolean): boolean;
  undoAction(id: string): 'ok' | 'unknown' | 'not_done';
  /** Takes a notification of Alertmanager. `null`: it is invalid, and is only counted. */
  takeAlerts(notification: AlertNotification | null): Promise<AlertsTaken>;
  reload(): Promise<ReloadOutcome>;
  /** Returns a response of /metrics. It is rendered while its pieces are read. */
  metrics(accept: string | undefined): {
    readonly contentType: string;
    readonly pieces: AsyncIterable<string | Uint8Array>;
  };
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Returns why the last write of the state file failed; `null`: it did not fail. */
  stateTrouble(): StateTrouble | null;
  defect(cause: unknown): void;
}

export interface Page {
  readonly limit: number;
  /** The `next` of the previous page, opaque to clients; `null`: the first page. */
  readonly cursor: string | null;
}

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

import type { ActionRow } from '../core/action.ts';
import type { Advice, Audited, RemedyNow } from '../core/advice.ts';
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
import type { UpstreamVerdict } from '../core/verdict.ts';
import type { Say } from '../words/words.ts';

export interface DaemonEvent {
  readonly type: 'sample' | 'finding' | 'advice' | 'standing' | 'vantage' | 'reload';
  readonly atMs: number;
  readonly data: unknown;
}

/**
 * The result of a notification: the number of alerts by outcome, or the reason why Alertmanager should send it again.
 */
export type AlertsTaken =
  | { readonly tag: 'taken'; readonly outcomes: AlertCounts }
  | { readonly tag: 'unavailable'; readonly because: 'queue' | 'state' | 'stopping' };

/** The result of a reload. After `invalid` and `needs_restart` the old configuration remains in force. */
export type ReloadOutcome =
  | { readonly tag: 'reloaded'; readonly changed: readonly string[] }
  | { readonly tag: 'invalid'; readonly issues: readonly PlainIssue[] }
  | { readonly tag: 'needs_restart'; readonly keys: readonly string[] };

/** Why the new configuration is not in force. */
export interface ReloadTrouble {
  /** When the first reload failed since the last successful reload or the start, wall milliseconds. */
  readonly sinceMs: number;
  /** Returns why the last reload failed; for a file with mistakes, each mistake with its place. At least one reason. */
  readonly reasons: (say: Say) => readonly string[];
}

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
  /** Returns since when a mirror is in its current state, wall milliseconds; `null`: unknown. */
  stateSince(standing: Pick<Standing, 'registry' | 'state'>): number | null;
  receivers(): readonly QueueStanding[];
  /**
   * Returns the planned time of the next or running probe of a series, wall milliseconds; `null`: no probe is planned.
   */
  dueAt(series: Pick<SeriesNow, 'target' | 'connection'>): number | null;
  /** Returns the history of a mirror; `null`: there is no such mirror. */
  trend(registry: string, range: TrendRange): Trend | null;
  series(): Iterable<SeriesNow>;
  seriesOf(registry: string): readonly SeriesNow[];
  /** Returns how up to date a mirror is; `null`: there is no such mirror. */
  freshness(registry: string): Freshness | null;
  baseline(targetId: string, connection: Connection): Omit<SeriesBaseline, 'target' | 'connection'> | null;
  /** Returns a probe from memory or from the state file; `null`: the probe is not stored. */
  probe(probeId: string): KeptProbe | null;
  probesOf(registry: string, limit: number): readonly KeptProbe[];
  /** Lists open findings, the newest first. With `history`, closed and acknowledged findings are listed too. */
  findings(page: Page & { readonly history: boolean }): PageOf<Finding>;
  advice(page: Page & { readonly history: boolean }): PageOf<Advice>;
  audited(): readonly Audited[];
  /** What is decided now, one record for each upstream. */
  verdicts(): readonly UpstreamVerdict[];
  /** The stored records that were in force at a time, wall milliseconds. */
  verdictsAt(wallMs: number): readonly UpstreamVerdict[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /**
   * Lists the client settings for the front door (our HTTP server that sends clients to the best mirror). An operator
   * sets them once. The list is empty if no front door serves this upstream.
   */
  doorLines(ecosystem: EcosystemId, upstream: string): readonly { readonly client: string; readonly text: string }[];
  /** Returns the chain of the accepted advice, else the declared chain. Credentials are masked. */
  chainInForce(ecosystem: EcosystemId, upstream: string): string;
  acceptAdvice(id: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  /**
   * Dismisses an advice. For `forMs` milliseconds, no advice with the same mirrors and the same cause is proposed, also
   * after a restart.
   */
  dismissAdvice(id: string, forMs: number, reason: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  acknowledge(findingId: string, reason: string): Promise<Finding | null>;
  /** Pauses a mirror; `forMs` = 0 resumes it. Returns `null` if there is no such mirror. */
  pause(registry: string, forMs: number, reason: string): Promise<Standing | null>;
  /** Lists the rows of the action journal, the newest first. */
  actions(): readonly ActionRow[];
  areActionsStopped(): boolean;
  /**
   * Stops all actions, or allows them again.
   * @returns true if the new state is stored, so that it survives a restart
   */
  stopActions(isStopped: boolean): boolean;
  undoAction(id: string): 'ok' | 'unknown' | 'not_done';
  /** Processes a notification of Alertmanager. `null`: it is invalid, and is only counted. */
  takeAlerts(notification: AlertNotification | null): Promise<AlertsTaken>;
  reload(): Promise<ReloadOutcome>;
  /** Returns why the last reload failed; `null`: it succeeded, or there was none. */
  reloadTrouble(): ReloadTrouble | null;
  /** Returns the text of /metrics in pieces. Each piece is rendered when the reader requests it. */
  metrics(accept: string | undefined): {
    readonly contentType: string;
    readonly pieces: AsyncIterable<string | Uint8Array>;
  };
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Returns the reason why the last write of the state file failed; `null`: it succeeded. */
  stateTrouble(): StateTrouble | null;
  defect(cause: unknown): void;
}

export interface Page {
  readonly limit: number;
  /** The cursor from `next` of the previous page, opaque to clients; `null`: the first page. */
  readonly cursor: string | null;
}

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

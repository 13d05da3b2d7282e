import type { ActionRow } from '../core/action.ts';
import type { Advice, Candidate, LookedBack, RemedyNow } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config, PlainIssue } from '../core/config.ts';
import type { AlertCounts, AlertNotification } from '../core/evidence.ts';
import type { Finding } from '../core/finding.ts';
import type { Kind } from '../core/kind.ts';
import type { Connection, EcosystemId, Target } from '../core/mirror.ts';
import type { QueueStanding } from '../core/notice.ts';
import type { Now, StateTrouble, Timers } from '../core/ports.ts';
import type { Result } from '../core/result.ts';
import type { KeptProbe, SeriesNow } from '../core/sample.ts';
import type { Freshness, SeriesBaseline, Standing, VantageStanding } from '../core/standing.ts';
import type { Trend, TrendRange } from '../core/trend.ts';
import type { WhatIf, WhatIfAsked, WhatIfProblem } from '../core/what-if.ts';

/** One event for `GET /api/v1/events`. */
export interface DaemonEvent {
  readonly type: 'sample' | 'finding' | 'advice' | 'standing' | 'vantage' | 'reload';
  readonly atMs: number;
  readonly data: unknown;
}

/** The result of a notification of Alertmanager: the number of alerts by outcome, or the reason to send it again. */
export type AlertsTaken =
  | { readonly tag: 'taken'; readonly outcomes: AlertCounts }
  | { readonly tag: 'unavailable'; readonly because: 'queue' | 'state' | 'stopping' };

/** The result of a reload; `invalid` and `needs_restart` keep the old configuration. */
export type ReloadOutcome =
  | { readonly tag: 'reloaded'; readonly changed: readonly string[] }
  | { readonly tag: 'invalid'; readonly issues: readonly PlainIssue[] }
  | { readonly tag: 'needs_restart'; readonly keys: readonly string[] };

/** Readiness, and the key of its reason. */
export type Ready =
  | { readonly ready: true; readonly because: 'up' }
  | { readonly ready: false; readonly because: 'starting' | 'draining' };

/**
 * Everything that the routes read or change. Provided by daemon/; calls are synchronous unless their type says
 * otherwise.
 */
export interface ApiDeps {
  readonly version: string;
  readonly startedAtMs: number;
  readonly timers: Timers;
  now(): Now;
  config(): Config;
  /** All ecosystems. */
  readonly kinds: readonly Kind[];
  targets(): readonly Target[];
  ready(): Ready;
  standings(): readonly Standing[];
  vantage(): VantageStanding;
  /** The last run of each real client at a mirror. */
  clientRuns(registry: string): readonly ClientRun[];
  /** The start of a mirror's current state, wall milliseconds, across restarts; `null`: unknown. */
  stateSince(standing: Pick<Standing, 'registry' | 'state'>): number | null;
  /** The queues of all receivers. */
  receivers(): readonly QueueStanding[];
  /** The next probe of a series, wall milliseconds; `null`: none is planned. */
  dueAt(series: Pick<SeriesNow, 'target' | 'connection'>): number | null;
  /** The history of a mirror; `null`: no such mirror. */
  trend(registry: string, range: TrendRange): Trend | null;
  series(): Iterable<SeriesNow>;
  seriesOf(registry: string): readonly SeriesNow[];
  /** The freshness of a mirror; `null`: no such mirror. */
  freshness(registry: string): Freshness | null;
  baseline(targetId: string, connection: Connection): Omit<SeriesBaseline, 'target' | 'connection'> | null;
  /** A stored probe, from memory or the state file; `null`: not stored. */
  probe(probeId: string): KeptProbe | null;
  probesOf(registry: string, limit: number): readonly KeptProbe[];
  /** Open findings; with `history` also closed and acknowledged ones. Newest first, after the cursor. */
  findings(page: Page & { readonly history: boolean }): PageOf<Finding>;
  advice(page: Page & { readonly history: boolean }): PageOf<Advice>;
  rank(ecosystem: EcosystemId, upstream: string): readonly Candidate[];
  /** The audit results of accepted advice. */
  lookedBack(): readonly LookedBack[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /** What clients set once to use the configured front door; empty: there is none for that upstream. */
  doorLines(ecosystem: EcosystemId, upstream: string): readonly { readonly client: string; readonly text: string }[];
  /** The effect of another chain by recent measurements; changes nothing. */
  whatIf(asked: WhatIfAsked): Result<WhatIf, WhatIfProblem>;
  /** The current chain of clients: the accepted one, else the declared one; credentials masked. */
  chainInForce(ecosystem: EcosystemId, upstream: string): string;
  acceptAdvice(id: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  /**
   * Silences this advice and others with the same mirrors and cause for `forMs`, across restarts; the remedy then has
   * the chain in force.
   */
  dismissAdvice(id: string, forMs: number, reason: string): Promise<Result<Advice, 'unknown' | 'not_proposed'>>;
  acknowledge(findingId: string, reason: string): Promise<Finding | null>;
  /** Pauses a mirror for `forMs` milliseconds; 0 resumes it. `null`: no such mirror. */
  pause(registry: string, forMs: number, reason: string): Promise<Standing | null>;
  /** Rows of the actions' journal, the newest first. */
  actions(): readonly ActionRow[];
  areActionsStopped(): boolean;
  /** Stops or resumes all actions. @returns whether this is stored for a restart */
  stopActions(isStopped: boolean): boolean;
  undoAction(id: string): 'ok' | 'unknown' | 'not_done';
  /** Takes a notification of Alertmanager; `null`: an invalid one, which is only counted. */
  takeAlerts(notification: AlertNotification | null): Promise<AlertsTaken>;
  reload(): Promise<ReloadOutcome>;
  /** One response of /metrics, rendered while its pieces are read. */
  metrics(accept: string | undefined): { readonly contentType: string; readonly pieces: AsyncIterable<string> };
  /** Subscribes to future events; returns the function that unsubscribes. */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Why the state file cannot be written now; `null`: it can. */
  stateTrouble(): StateTrouble | null;
  /** Logs a defect in a route. */
  defect(cause: unknown): void;
}

/** The wanted part of a list. */
export interface Page {
  readonly limit: number;
  /** The `next` of the previous page, opaque to clients; `null`: the first page. */
  readonly cursor: string | null;
}

/** One part of a list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** The cursor of the next page; `null`: this is the last one. */
  readonly next: string | null;
}

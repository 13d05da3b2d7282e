/** What became of an alert or a notification from Alertmanager; values of a metric label. */
export const alertOutcomes = [
  'evidence',
  'duplicate',
  'stale',
  'resolved',
  'own',
  'ignored',
  'malformed',
  'unavailable',
] as const;
export type AlertOutcome = (typeof alertOutcomes)[number];

export type AlertCounts = Readonly<Record<Exclude<AlertOutcome, 'unavailable'>, number>>;

/** One alert as received: types are checked, values are not. Times are wall milliseconds. */
export interface IncomingAlert {
  /** Alertmanager's hash of the labels; if it is missing, our own hash of the labels. */
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  /** The end of the alert; `null`: it has not ended (Alertmanager then sends the year 1). */
  readonly endsAtMs: number | null;
}

export interface AlertNotification {
  readonly alerts: readonly IncomingAlert[];
  readonly malformed: number;
  /** The number of alerts that Alertmanager omitted (`max_alerts`). */
  readonly truncated: number;
}

/** A stored alert of another system against a mirror. Times are wall milliseconds. */
export interface AlertEvidence {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly registry: string;
  readonly startsAtMs: number;
  /** When the alert was stored as evidence. */
  readonly takenAtMs: number;
  /** When the alert was last received. */
  readonly heardAtMs: number;
  readonly state: 'firing' | 'resolved';
}

/** Only alerts with this label count as evidence against a mirror (docs/loop.md). */
export const actionLabel = { name: 'mirror_action', value: 'failover' } as const;

/** The label of this program's own alerts. They are never evidence, because that would be a feedback loop. */
export const originLabel = 'mirrorwatch_origin';

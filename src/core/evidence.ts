/** Outcomes of what Alertmanager sends, alerts and whole posts. A metric label. */
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

/** The number of alerts in one accepted notification, by outcome. */
export type AlertCounts = Readonly<Record<Exclude<AlertOutcome, 'unavailable'>, number>>;

/** One alert as received: types are checked, values are not. Times are wall milliseconds. */
export interface IncomingAlert {
  /** Alertmanager's hash of the labels, or ours; at most `limits.alertLabelChars`. */
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  /** `null`: still open; Alertmanager writes the year 1 then. */
  readonly endsAtMs: number | null;
}

/** One notification of Alertmanager's webhook, version 4: alerts of one group. */
export interface AlertNotification {
  readonly alerts: readonly IncomingAlert[];
  /** Entries that could not be read. */
  readonly malformed: number;
  /** Alerts that Alertmanager cut off (`max_alerts`). */
  readonly truncated: number;
}

/** An alert of another system against a mirror, as stored. */
export interface AlertEvidence {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly registry: string;
  readonly startsAtMs: number;
  /** Wall milliseconds of the first receipt since the alert began. */
  readonly takenAtMs: number;
  /** Wall milliseconds of the last receipt. */
  readonly heardAtMs: number;
  readonly state: 'firing' | 'resolved';
}

/** The label that makes an alert evidence; alert rules set it (docs/loop.md). */
export const actionLabel = { name: 'mirror_action', value: 'failover' } as const;

/** The label of this program's own alerts, which are never evidence: no feedback loop. */
export const originLabel = 'mirrorwatch_origin';

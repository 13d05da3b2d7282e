/**
 * The outcome of what Alertmanager sends; closed, the label `outcome` of `mirrorwatch_alertmanager_notifications_total`.
 * The first six count alerts; `malformed` counts unreadable alerts and posts, `unavailable` posts with response 503.
 */
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

/** The outcomes of the alerts in one accepted notification; every outcome has a key. */
export type AlertCounts = Readonly<Record<Exclude<AlertOutcome, 'unavailable'>, number>>;

/** One alert of a notification as received: types are checked, values are not. Times are wall milliseconds. */
export interface IncomingAlert {
  /** Alertmanager's hash of the labels; at most `limits.alertLabelChars`. */
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
  /** Number of alerts of the group that were cut off (`max_alerts`): nothing is known of them, not even their end. */
  readonly truncated: number;
}

/** An external alert against a mirror, as kept and stored. Survives JSON. */
export interface AlertEvidence {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly registry: string;
  readonly startsAtMs: number;
  /** Wall milliseconds of its first receipt. */
  readonly takenAtMs: number;
  /** Wall milliseconds of its last receipt, repetitions included. */
  readonly heardAtMs: number;
  readonly state: 'firing' | 'resolved';
}

/** The label and value that make an alert evidence. Alert rules set it: see docs/loop.md. */
export const actionLabel = { name: 'mirror_action', value: 'failover' } as const;

/** The label of this program's own alerts: they are never taken as evidence, which prevents feedback loops. */
export const originLabel = 'mirrorwatch_origin';

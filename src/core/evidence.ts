/**
 * What becomes of what Alertmanager sends; closed, the label `outcome` of `mirrorwatch_alertmanager_notifications_total`.
 * The first six count alerts; `malformed` counts alerts and posts that cannot be read, `unavailable` posts answered 503.
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

/** What the alerts of one notification that was taken came to; every outcome is there. */
export type AlertCounts = Readonly<Record<Exclude<AlertOutcome, 'unavailable'>, number>>;

/** One alert of a notification, as it came: types checked, meaning not. Stamps are wall milliseconds. */
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
  /** Alerts of the group that are not in it (`max_alerts`); of these it says nothing, also not that they ended. */
  readonly truncated: number;
}

/** An alert of others that speaks against a mirror, as it is remembered and stored. Survives JSON. */
export interface AlertEvidence {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly registry: string;
  readonly startsAtMs: number;
  /** Wall milliseconds at which we first took it. */
  readonly takenAtMs: number;
  /** Wall milliseconds of the last word on it, repetitions included. */
  readonly heardAtMs: number;
  readonly state: 'firing' | 'resolved';
}

/** The label and its value that make an alert evidence. Rules set it: see docs/loop.md. */
export const actionLabel = { name: 'mirror_action', value: 'failover' } as const;

/** The label of alerts of our own making: it keeps them from ever being taken as evidence, so no circles. */
export const originLabel = 'mirrorwatch_origin';

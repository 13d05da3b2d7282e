import type { Config } from '../core/config.ts';
import {
  type AlertCounts,
  type AlertEvidence,
  actionLabel,
  type IncomingAlert,
  originLabel,
} from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Now, Row } from '../core/ports.ts';
import { printable } from '../core/printable.ts';

const rowPrefix = 'alert/';
/** The start time of an alert may be at most this many milliseconds ahead of our clock. */
const aheadMsMax = 5 * 60_000;

export interface Place {
  readonly vantage: string;
  readonly registries: ReadonlySet<string>;
}

export type EvidenceBook = ReturnType<typeof createEvidenceBook>;

/**
 * A stored alert. `receivedMs`: when it was last received; `storedMs`: when its row was last written. Both are
 * monotonic.
 */
interface KnownAlert {
  readonly evidence: AlertEvidence;
  readonly receivedMs: number;
  readonly storedMs: number;
}

/**
 * Creates the book of alerts against mirrors, so that an alert is counted once although Alertmanager repeats it. It is
 * restored from the rows under `alert/` in table `meta`; other rows are ignored.
 */
export function createEvidenceBook(input: { readonly restored: readonly Row[]; readonly now: Now }) {
  const startedMs = input.now.monotonicMs;
  const held = new Map<string, KnownAlert>();
  for (const row of input.restored)
    if (row.table === 'meta' && row.key.startsWith(rowPrefix)) {
      const stored = row.value as AlertEvidence;
      const receivedMs = startedMs - Math.max(0, input.now.wallMs - stored.heardAtMs);
      const evidence = { ...stored, alertname: nameOf(stored.alertname) };
      held.set(stored.fingerprint, { evidence, receivedMs, storedMs: receivedMs });
    }
  const isSilent = (one: KnownAlert, repeatMs: number, { monotonicMs }: Now): boolean =>
    monotonicMs - one.receivedMs > limits.alertRepeats * repeatMs &&
    monotonicMs - startedMs > limits.alertRepeatsAfterStart * repeatMs;

  return {
    take(alerts: readonly IncomingAlert[], config: Pick<Config, 'vantage' | 'mirrors' | 'alertmanager'>, now: Now) {
      const place = { vantage: config.vantage, registries: new Set(config.mirrors.map(({ name }) => name)) };
      const repeatMs = repeatMsOf(config);
      const touched = new Map<string, AlertEvidence>();
      const fresh: AlertEvidence[] = [];
      const outcomes = alerts.map((alert) => {
        const known = held.get(alert.fingerprint) ?? null;
        const wasSilent = known !== null && isSilent(known, repeatMs, now);
        const { outcome, evidence } = judgeAlert(alert, known?.evidence ?? null, wasSilent, place, now);
        if (evidence !== null) {
          const sinceMs = now.monotonicMs - (known?.storedMs ?? 0);
          const isStored = known === null || outcome !== 'duplicate' || sinceMs >= limits.alertReceivedStoreMs;
          if (isStored) touched.set(evidence.fingerprint, evidence);
          const storedMs = isStored ? now.monotonicMs : known.storedMs;
          held.set(evidence.fingerprint, { evidence, receivedMs: now.monotonicMs, storedMs });
          if (outcome === 'evidence') fresh.push(evidence);
        }
        return outcome;
      });
      const deletes = forget(held, now).map((fingerprint) => {
        touched.delete(fingerprint);
        return { table: 'meta' as const, key: `${rowPrefix}${fingerprint}` };
      });
      const rows = [...touched.values()].map(rowOf);
      return { outcomes, fresh, rows, deletes };
    },
    /**
     * Returns the firing alerts by mirror. The alert that has fired longest is the first one. An alert that is not
     * repeated in time counts as ended.
     */
    firing(config: Pick<Config, 'alertmanager'>, now: Now): ReadonlyMap<string, readonly AlertEvidence[]> {
      const repeatMs = repeatMsOf(config);
      const firing = [...held.values()].flatMap((one) => {
        const { evidence } = one;
        return evidence.state === 'firing' && !isOld(evidence, now) && !isSilent(one, repeatMs, now) ? evidence : [];
      });
      const sorted = firing.sort((a, b) => a.startsAtMs - b.startsAtMs);
      return Map.groupBy(sorted, ({ registry }) => registry);
    },
  };
}

/**
 * Decides what to do with one received alert. An alert that fires again after its end is new evidence if it is not too
 * old, even with the same `startsAt`. The reason: an Alertmanager that loses its connection to Prometheus for a while
 * ends alerts that continue.
 * @param known  what is stored under this fingerprint; `null`: nothing
 */
export function judgeAlert(
  alert: IncomingAlert,
  known: AlertEvidence | null,
  wasSilent: boolean,
  place: Place,
  now: Now,
): { readonly outcome: keyof AlertCounts; readonly evidence: AlertEvidence | null } {
  const { labels, status, startsAtMs, endsAtMs } = alert;
  const registry = labels['registry'] ?? '';
  const vantage = labels['vantage'] ?? '';
  if (labels[originLabel] !== undefined) return { outcome: 'own', evidence: null };
  const isOurs = vantage === '' || vantage === place.vantage;
  if (labels[actionLabel.name] !== actionLabel.value || !isOurs || !place.registries.has(registry))
    return { outcome: 'ignored', evidence: null };
  const received = { heardAtMs: now.wallMs };
  const taken = (): AlertEvidence => ({
    fingerprint: alert.fingerprint,
    alertname: nameOf(labels['alertname']),
    registry,
    startsAtMs,
    takenAtMs: now.wallMs,
    ...received,
    state: 'firing',
  });
  if (status === 'resolved') {
    if (known === null || known.startsAtMs > startsAtMs) return { outcome: 'resolved', evidence: null };
    if (known.state === 'resolved') return { outcome: 'duplicate', evidence: { ...known, ...received } };
    return { outcome: 'resolved', evidence: { ...known, ...received, state: 'resolved' } };
  }
  if (endsAtMs !== null && endsAtMs <= now.wallMs) return { outcome: 'stale', evidence: null };
  if (known !== null && !isOld(known, now)) {
    if (known.startsAtMs > startsAtMs) return { outcome: 'stale', evidence: null };
    if (known.startsAtMs === startsAtMs && known.state === 'firing')
      return wasSilent
        ? { outcome: 'evidence', evidence: taken() }
        : { outcome: 'duplicate', evidence: { ...known, ...received } };
  }
  if (now.wallMs - startsAtMs > limits.alertAgeMsMax || startsAtMs - now.wallMs > aheadMsMax)
    return { outcome: 'stale', evidence: null };
  return { outcome: 'evidence', evidence: taken() };
}

function nameOf(alertname: string | undefined): string {
  return printable(alertname ?? 'unnamed', limits.alertNameChars);
}

function repeatMsOf({ alertmanager }: Pick<Config, 'alertmanager'>): number {
  return alertmanager?.repeatMs ?? limits.alertRepeatMs;
}

function isOld(evidence: AlertEvidence, now: Now): boolean {
  return now.wallMs - evidence.heardAtMs > limits.alertAgeMsMax;
}

/**
 * Deletes old alerts. If more than `limits.alertsKept` are left, it also deletes the surplus: first ended alerts, then
 * firing ones, and of both kinds those received longest ago. Returns the fingerprints of all deleted alerts.
 */
function forget(held: Map<string, KnownAlert>, now: Now): readonly string[] {
  const all = [...held.values()].map(({ evidence }) => evidence);
  const gone = all.filter((one) => isOld(one, now));
  const over = held.size - gone.length - limits.alertsKept;
  if (over > 0) {
    const rank = (one: AlertEvidence): number => (one.state === 'firing' ? 1 : 0);
    const left = all.filter((one) => !gone.includes(one));
    gone.push(...left.sort((a, b) => rank(a) - rank(b) || a.heardAtMs - b.heardAtMs).slice(0, over));
  }
  for (const { fingerprint } of gone) held.delete(fingerprint);
  return gone.map(({ fingerprint }) => fingerprint);
}

function rowOf(evidence: AlertEvidence): Row {
  return { table: 'meta', key: `${rowPrefix}${evidence.fingerprint}`, atMs: evidence.heardAtMs, value: evidence };
}

import type { AlertCounts, AlertEvidence, IncomingAlert } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Now, Row, Table } from '../core/ports.ts';

const rowPrefix = 'alert/';
/** A clock of Prometheus may run ahead of ours by so much. */
const aheadMsMax = 5 * 60_000;

/** What one notification came to. */
export interface EvidenceTurn {
  /** One for each alert, in order. */
  readonly outcomes: readonly (keyof AlertCounts)[];
  /** Taken now for the first time: their mirrors are to be asked about at once. */
  readonly fresh: readonly AlertEvidence[];
  readonly rows: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
}

/** Remembers alerts that speak against mirrors, over restarts, so that each counts once however often it comes. */
export interface EvidenceBook {
  /**
   * @param place  our own vantage and the names of the configured mirrors
   */
  take(
    alerts: readonly IncomingAlert[],
    place: { readonly vantage: string; readonly registries: ReadonlySet<string> },
    now: Now,
  ): EvidenceTurn;
  /** Alerts that fire now as far as we have heard, by mirror, the longest firing first. */
  firing(now: Now): ReadonlyMap<string, readonly AlertEvidence[]>;
}

/** The label and its value that make an alert evidence. Rules set it: see docs/loop.md. */
export const actionLabel = { name: 'mirror_action', value: 'failover' } as const;
/** The label that alerts of our own making carry. */
export const originLabel = 'mirrorwatch_origin';

/** Makes the book with what was stored under `alert/` in table `meta`; other rows are left aside. */
export function createEvidenceBook(input: { readonly restored: readonly Row[] }): EvidenceBook {
  const held = new Map<string, AlertEvidence>();
  for (const row of input.restored)
    if (row.table === 'meta' && row.key.startsWith(rowPrefix) && isEvidence(row.value))
      held.set(row.value.fingerprint, row.value);

  return {
    take(alerts, place, now) {
      const touched = new Map<string, AlertEvidence>();
      const fresh: AlertEvidence[] = [];
      const outcomes = alerts.map((alert) => {
        const known = held.get(alert.fingerprint) ?? null;
        const { outcome, evidence } = judgeAlert(alert, known, place, now);
        if (evidence !== null) {
          held.set(evidence.fingerprint, evidence);
          touched.set(evidence.fingerprint, evidence);
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
    firing(now) {
      const byMirror = new Map<string, AlertEvidence[]>();
      for (const one of held.values()) {
        if (one.state !== 'firing' || isOld(one, now)) continue;
        const list = byMirror.get(one.registry) ?? [];
        byMirror.set(one.registry, list);
        list.push(one);
      }
      for (const list of byMirror.values()) list.sort((a, b) => a.startsAtMs - b.startsAtMs);
      return byMirror;
    },
  };
}

/**
 * What one alert is to us. Firing again after its own end it is evidence anew, even under the same `startsAt`: an
 * Alertmanager that Prometheus could not reach for a while ends what goes on.
 * @param known     what is remembered under its fingerprint; `null`: nothing
 * @returns         `evidence` is what is to be remembered from now on, `null`: as before
 */
export function judgeAlert(
  alert: IncomingAlert,
  known: AlertEvidence | null,
  place: { readonly vantage: string; readonly registries: ReadonlySet<string> },
  now: Now,
): { readonly outcome: keyof AlertCounts; readonly evidence: AlertEvidence | null } {
  const { labels, status, startsAtMs, endsAtMs } = alert;
  const registry = labels['registry'] ?? '';
  const vantage = labels['vantage'] ?? '';
  if (labels[originLabel] !== undefined) return { outcome: 'own', evidence: null };
  const isOurs = vantage === '' || vantage === place.vantage;
  if (labels[actionLabel.name] !== actionLabel.value || !isOurs || !place.registries.has(registry))
    return { outcome: 'ignored', evidence: null };
  const heard = { heardAtMs: now.wallMs };
  if (status === 'resolved') {
    if (known === null || known.startsAtMs > startsAtMs) return { outcome: 'resolved', evidence: null };
    if (known.state === 'resolved') return { outcome: 'duplicate', evidence: { ...known, ...heard } };
    return { outcome: 'resolved', evidence: { ...known, ...heard, state: 'resolved' } };
  }
  if (endsAtMs !== null && endsAtMs <= now.wallMs) return { outcome: 'stale', evidence: null };
  if (known !== null && !isOld(known, now)) {
    if (known.startsAtMs > startsAtMs) return { outcome: 'stale', evidence: null };
    if (known.startsAtMs === startsAtMs && known.state === 'firing')
      return { outcome: 'duplicate', evidence: { ...known, ...heard } };
  }
  if (now.wallMs - startsAtMs > limits.alertAgeMsMax || startsAtMs - now.wallMs > aheadMsMax)
    return { outcome: 'stale', evidence: null };
  const { fingerprint } = alert;
  const alertname = labels['alertname'] ?? 'unnamed';
  const taken = { takenAtMs: now.wallMs, ...heard, state: 'firing' } as const;
  return { outcome: 'evidence', evidence: { fingerprint, alertname, registry, startsAtMs, ...taken } };
}

/** Not heard of for a day: whoever sent it is gone, or it has ended and nobody told us. */
function isOld(evidence: AlertEvidence, now: Now): boolean {
  return now.wallMs - evidence.heardAtMs > limits.alertAgeMsMax;
}

/** Takes out what is old, then the longest silent past the bound, those that ended first. @returns fingerprints */
function forget(held: Map<string, AlertEvidence>, now: Now): readonly string[] {
  const gone = [...held.values()].filter((one) => isOld(one, now));
  const over = held.size - gone.length - limits.alertsKept;
  if (over > 0) {
    const rank = (one: AlertEvidence): number => (one.state === 'firing' ? 1 : 0);
    const left = [...held.values()].filter((one) => !gone.includes(one));
    gone.push(...left.sort((a, b) => rank(a) - rank(b) || a.heardAtMs - b.heardAtMs).slice(0, over));
  }
  for (const { fingerprint } of gone) held.delete(fingerprint);
  return gone.map(({ fingerprint }) => fingerprint);
}

function rowOf(evidence: AlertEvidence): Row {
  return { table: 'meta', key: `${rowPrefix}${evidence.fingerprint}`, atMs: evidence.heardAtMs, value: evidence };
}

/** Enough of a look at a stored row to go on with it: all of them were written by us. */
function isEvidence(value: unknown): value is AlertEvidence {
  const given = value as Partial<AlertEvidence> | null;
  return (
    typeof given?.fingerprint === 'string' &&
    typeof given.alertname === 'string' &&
    typeof given.registry === 'string' &&
    typeof given.startsAtMs === 'number' &&
    typeof given.takenAtMs === 'number' &&
    typeof given.heardAtMs === 'number' &&
    (given.state === 'firing' || given.state === 'resolved')
  );
}

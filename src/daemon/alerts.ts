import type { AlertsTaken, ApiDeps } from '../api/deps.ts';
import { type AlertCounts, type AlertNotification, type AlertOutcome, alertOutcomes } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { Absorb } from './news.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stages } from './stages.ts';

const none: AlertCounts = { evidence: 0, duplicate: 0, stale: 0, resolved: 0, own: 0, ignored: 0, malformed: 0 };

/**
 * Passes notifications of Alertmanager to the loop. Evidence and its consequences are committed before the response, so
 * after a 200 they survive a `kill -9`. Without a 200 Alertmanager sends it again; it still counts only once.
 */
export function createAlertTaker(s: Stages, pipeline: Pipeline): ApiDeps['takeAlerts'] {
  let waiting = 0;
  const count = (counts: Partial<Record<AlertOutcome, number>>): void => {
    for (const outcome of alertOutcomes) s.exporter.alerts(outcome, counts[outcome] ?? 0);
  };
  const unavailable = (because: Extract<AlertsTaken, { tag: 'unavailable' }>['because']): AlertsTaken => {
    count({ unavailable: 1 });
    s.log.warn('a notification of Alertmanager was not taken', { because });
    return { tag: 'unavailable', because };
  };
  return async (notification) => {
    if (notification === null) {
      count({ malformed: 1 });
      return { tag: 'taken', outcomes: { ...none, malformed: 1 } };
    }
    if (waiting >= limits.alertPostsWaiting) return unavailable('queue');
    waiting += 1;
    try {
      const taken = await pipeline
        .command((now, absorb) => attempt(() => take(s, notification, now, absorb)))
        .catch(() => null);
      if (taken === null) return unavailable('stopping');
      if (taken.tag === 'error') throw taken.error;
      const outcomes = taken.value;
      count(outcomes);
      return pipeline.stateTrouble() === null ? { tag: 'taken', outcomes } : unavailable('state');
    } finally {
      waiting -= 1;
    }
  };
}

/** A command is refused after the loop has ended; any other exception is a defect, and an error 500. */
function attempt<T>(act: () => T): Result<T, unknown> {
  try {
    return ok(act());
  } catch (cause) {
    return error(cause);
  }
}

function take(s: Stages, notification: AlertNotification, now: Now, absorb: Absorb): AlertCounts {
  const turn = s.evidence.take(notification.alerts, s.config, now);
  absorb.advise({ changes: [], rows: turn.rows, deletes: turn.deletes });
  for (const { alertname: alert, registry, startsAtMs } of turn.fresh)
    s.log.info('alert taken as evidence', { alert, registry, startsAtMs });
  for (const registry of new Set(turn.fresh.map((one) => one.registry)))
    absorb.detect(s.detector.confirm(registry, now));
  if (notification.truncated > 0)
    s.log.warn('a notification of Alertmanager was cut', { missing: notification.truncated });
  const counts = { ...none, malformed: notification.malformed };
  for (const outcome of turn.outcomes) counts[outcome] += 1;
  return counts;
}

import { createHash } from 'node:crypto';
import express, { type ErrorRequestHandler, Router } from 'express';
import type { AlertNotification, IncomingAlert } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import { isMapping } from '../core/read-json.ts';
import { alertTokenNeeded, mayPostAlerts } from './access.ts';
import type { ApiDeps } from './deps.ts';
import { jsonOnly, sendProblem, sendRefusal } from './problem.ts';

/**
 * Creates the route `POST /api/v1/alertmanager`. A valid notification gets 200, even if all its alerts are ignored; or
 * 503 if it cannot be processed now. After a 503 Alertmanager sends the notification again.
 */
export function createAlertmanagerRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const unreadable: ErrorRequestHandler = (cause, _request, _response, next) => {
    void deps.takeAlerts(null).finally(() => next(cause));
  };
  routes.post(
    '/alertmanager',
    // The token is checked again: the access guard matches this path by its own pattern, which may differ from the
    // route's.
    (request, response, next) =>
      mayPostAlerts(request, deps.config()) ? next() : sendProblem(response, alertTokenNeeded),
    jsonOnly,
    express.json({ limit: limits.alertmanagerBytes }),
    async (request, response) => {
      const notification = parseNotification(request.body as unknown);
      if (typeof notification === 'string') {
        await deps.takeAlerts(null);
        return sendRefusal(response, 'bad_request', `problem.alerts.${notification}`);
      }
      const taken = await deps.takeAlerts(notification);
      if (taken.tag === 'taken') response.json({ outcomes: taken.outcomes, truncated: notification.truncated });
      else sendRefusal(response, 'unavailable', `problem.alerts.${taken.because}`);
    },
  );
  routes.use('/alertmanager', unreadable);
  return routes;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const plain = /^[\x21-\x7e]+$/;

type NotAlerts = 'object' | 'version' | 'list' | 'truncated';

/**
 * Parses the body of Alertmanager's webhook. Unknown keys are ignored. Invalid alerts are left out and counted.
 * @returns the notification; or, if the body is no notification, which part is missing or wrong
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4
 */
export function parseNotification(body: unknown): AlertNotification | NotAlerts {
  if (!isMapping(body)) return 'object';
  if (body['version'] !== '4') return 'version';
  const { alerts, truncatedAlerts = 0 } = body;
  if (!Array.isArray(alerts)) return 'list';
  if (!Number.isSafeInteger(truncatedAlerts) || Number(truncatedAlerts) < 0) return 'truncated';
  const read = alerts.map(parseAlert);
  const good = read.filter((alert) => alert !== null);
  return { alerts: good, malformed: read.length - good.length, truncated: Number(truncatedAlerts) };
}

function parseAlert(value: unknown): IncomingAlert | null {
  if (!isMapping(value)) return null;
  const { status, labels, startsAt, endsAt, fingerprint } = value;
  if (status !== 'firing' && status !== 'resolved') return null;
  if (!isMapping(labels) || !Object.values(labels).every((label) => typeof label === 'string')) return null;
  if (fingerprint !== undefined && typeof fingerprint !== 'string') return null;
  const startsAtMs = stampMs(startsAt);
  const endsAtMs = endsAt === undefined ? 0 : stampMs(endsAt);
  if (startsAtMs === null || endsAtMs === null) return null;
  const texts = labels as Readonly<Record<string, string>>;
  const isUsable = fingerprint !== undefined && fingerprint.length <= limits.alertLabelChars && plain.test(fingerprint);
  return {
    fingerprint: isUsable ? fingerprint : fingerprintOf(texts),
    status,
    labels: texts,
    startsAtMs,
    // If the end of an alert is not known, Alertmanager sends Go's zero time (year 1).
    endsAtMs: endsAtMs <= 0 ? null : endsAtMs,
  };
}

/** Returns a fingerprint for an alert that has no usable one. Alertmanager before 0.19 sends none. */
function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}

function stampMs(value: unknown): number | null {
  if (typeof value !== 'string' || !rfc3339.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

import express, { type ErrorRequestHandler, Router } from 'express';
import { limits } from '../core/limits.ts';
import { alertTokenNeeded, mayPostAlerts } from './access.ts';
import { handled } from './actions.ts';
import { parseNotification } from './alert-notification.ts';
import type { ApiDeps } from './deps.ts';
import { jsonOnly } from './json-only.ts';
import { sendProblem } from './problem.ts';

/**
 * `POST /api/v1/alertmanager`. Whatever we make of its alerts, a notification that was taken is answered 200: Alertmanager
 * repeats on 5xx alone, so 503 is for what it is to repeat.
 */
export function alertmanagerRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const unreadable: ErrorRequestHandler = (cause, _request, _response, next) => {
    void deps.takeAlerts(null).finally(() => next(cause));
  };
  routes.post(
    '/alertmanager',
    // The guard asks too, by the path as it knows it; here nothing depends on how the path was spelled.
    (request, response, next) =>
      mayPostAlerts(request, deps.config()) ? next() : sendProblem(response, alertTokenNeeded),
    jsonOnly,
    express.json({ limit: limits.alertmanagerBytes }),
    handled(async (request, response) => {
      const notification = parseNotification(request.body as unknown);
      if (typeof notification === 'string') {
        await deps.takeAlerts(null);
        return sendProblem(response, { kind: 'bad_request', detail: (say) => say(`problem.alerts.${notification}`) });
      }
      const taken = await deps.takeAlerts(notification);
      if (taken.tag === 'taken') response.json({ outcomes: taken.outcomes, truncated: notification.truncated });
      else sendProblem(response, { kind: 'unavailable', detail: (say) => say(`problem.alerts.${taken.because}`) });
    }),
  );
  routes.use('/alertmanager', unreadable);
  return routes;
}

import { type NextFunction, type Request, type Response, Router } from 'express';
import { adviceView, findingView } from '../core/views.ts';
import type { ApiDeps } from './deps.ts';
import { sendProblem } from './problem.ts';
import { sendRemedy } from './remedy.ts';
import { mirrorViewOf } from './views.ts';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The longest pause of a mirror, and the longest silence of an advice. */
const quietMsMax = 30 * 86_400_000;

/** The routes that change state, and the remedy for scripts. */
export function createActionRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/advice/:ecosystem/remedy', (request, response) => sendRemedy(deps, request, response));
  routes.post(
    '/advice/:id/accept',
    handled(async (request, response) => {
      const accepted = await deps.acceptAdvice(String(request.params['id']));
      if (accepted.tag === 'ok') response.json(adviceView(accepted.value));
      else if (accepted.error === 'unknown') sendProblem(response, { kind: 'not_found' });
      else sendProblem(response, { kind: 'conflict', detail: (say) => say('problem.notProposed') });
    }),
  );
  routes.post(
    '/advice/:id/dismiss',
    handled(async (request, response) => {
      const { for: length, reason } = bodyOf(request);
      const forMs = durationMs(length);
      if (forMs === null || forMs === 0 || forMs > quietMsMax)
        return sendProblem(response, { kind: 'bad_request', detail: (say) => say('problem.dismissFor') });
      if (typeof reason !== 'string' || reason.trim() === '' || reason.length > 500)
        return sendProblem(response, { kind: 'bad_request', detail: (say) => say('problem.reason') });
      const dismissed = await deps.dismissAdvice(String(request.params['id']), forMs, reason.trim());
      if (dismissed.tag === 'ok') response.json(adviceView(dismissed.value));
      else if (dismissed.error === 'unknown') sendProblem(response, { kind: 'not_found' });
      else sendProblem(response, { kind: 'conflict', detail: (say) => say('problem.notProposed') });
    }),
  );
  routes.post(
    '/findings/:id/ack',
    handled(async (request, response) => {
      const { reason } = bodyOf(request);
      if (typeof reason !== 'string' || reason.trim() === '' || reason.length > 500)
        return sendProblem(response, { kind: 'bad_request', detail: (say) => say('problem.reason') });
      const finding = await deps.acknowledge(String(request.params['id']), reason.trim());
      if (finding === null) sendProblem(response, { kind: 'not_found' });
      else response.json(findingView(finding));
    }),
  );
  routes.post(
    '/mirrors/:name/pause',
    handled(async (request, response) => {
      const { for: length, reason = '' } = bodyOf(request);
      const forMs = durationMs(length);
      if (forMs === null || forMs > quietMsMax)
        return sendProblem(response, {
          kind: 'bad_request',
          detail: (say) => say('problem.pauseFor'),
        });
      if (typeof reason !== 'string' || reason.length > 500)
        return sendProblem(response, { kind: 'bad_request', detail: (say) => say('problem.reasonMost') });
      const name = String(request.params['name']);
      const standing = await deps.pause(name, forMs, reason);
      const mirror = deps.config().mirrors.find((one) => one.name === name);
      if (standing === null || mirror === undefined) sendProblem(response, { kind: 'not_found' });
      else response.json(mirrorViewOf(deps, mirror));
    }),
  );
  return routes;
}

/** A duration like `90s`, milliseconds; `null` for anything else. */
export function durationMs(text: unknown): number | null {
  const match = typeof text === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) : null;
  return match ? Number(match[1]) * (durationUnits[match[2] ?? ''] ?? 0) : null;
}

/** Runs an async handler and passes its error to the error handler. */
export function handled(act: (request: Request, response: Response) => Promise<void>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    act(request, response).catch(next);
  };
}

function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
}

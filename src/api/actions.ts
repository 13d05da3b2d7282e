import { type Request, type Response, Router } from 'express';
import type { ActionRow } from '../core/action.ts';
import { isMapping } from '../core/read-json.ts';
import { type ActionView, adviceView, findingView, viewOfAction } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { type Say, wordsOf } from '../words/words.ts';
import type { ApiDeps } from './deps.ts';
import { makeProblem, negotiateLanguage, sendProblem } from './problem.ts';
import { sendRemedy } from './remedy.ts';
import { mirrorViewOf } from './views.ts';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The maximum length of a pause of a mirror, and of a dismissal of an advice. Milliseconds. */
const quietMsMax = 30 * 86_400_000;

export function createActionRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/advice/:ecosystem/remedy', (request, response) => sendRemedy(deps, request, response));
  routes.post('/advice/:id/accept', async (request, response) => {
    sendAdvice(deps, response, await deps.acceptAdvice(String(request.params['id'])));
  });
  routes.post('/advice/:id/dismiss', async (request, response) => {
    const { for: length } = bodyOf(request);
    const reason = reasonIn(request);
    const forMs = pauseMsOf(length);
    if (forMs === null || forMs === 0 || forMs > quietMsMax)
      return sendProblem(response, makeProblem('bad_request', 'problem.dismissFor'));
    if (reason === null) return sendProblem(response, makeProblem('bad_request', 'problem.reason'));
    sendAdvice(deps, response, await deps.dismissAdvice(String(request.params['id']), forMs, reason));
  });
  routes.post('/findings/:id/ack', async (request, response) => {
    const reason = reasonIn(request);
    if (reason === null) return sendProblem(response, makeProblem('bad_request', 'problem.reason'));
    const finding = await deps.acknowledge(String(request.params['id']), reason);
    if (finding === null) sendProblem(response, { kind: 'not_found' });
    else sendChange(deps, response, findingView(finding));
  });
  routes.post('/mirrors/:name/pause', async (request, response) => {
    const { for: length, reason = '' } = bodyOf(request);
    const forMs = pauseMsOf(length);
    if (forMs === null || forMs > quietMsMax)
      return sendProblem(response, makeProblem('bad_request', 'problem.pauseFor'));
    if (typeof reason !== 'string' || reason.length > 500)
      return sendProblem(response, makeProblem('bad_request', 'problem.reasonMost'));
    const name = String(request.params['name']);
    const standing = await deps.pause(name, forMs, reason);
    const mirror = deps.config().mirrors.find((one) => one.name === name);
    if (standing === null || mirror === undefined) sendProblem(response, { kind: 'not_found' });
    else sendChange(deps, response, mirrorViewOf(deps, mirror));
  });
  return routes;
}

/** Sends the result of a change. If the change could not be stored, the header `X-State-Trouble` says why. */
function sendChange(deps: ApiDeps, response: Response, result: object): void {
  const trouble = deps.stateTrouble();
  if (trouble !== null) response.set('x-state-trouble', trouble);
  response.json(result);
}

function sendAdvice(deps: ApiDeps, response: Response, decided: Awaited<ReturnType<ApiDeps['acceptAdvice']>>): void {
  if (decided.tag === 'ok') sendChange(deps, response, adviceView(decided.value));
  else if (decided.error === 'unknown') sendProblem(response, { kind: 'not_found' });
  else sendProblem(response, makeProblem('conflict', 'problem.notProposed'));
}

/** Returns the reason that the request's body gives; `null`: there is none, or it is too long. */
function reasonIn(request: Request): string | null {
  const { reason } = bodyOf(request);
  return typeof reason === 'string' && reason.trim() !== '' && reason.length <= 500 ? reason.trim() : null;
}

/** Parses a duration such as `90s` into milliseconds; `null`: the text is not a duration. */
export function pauseMsOf(text: unknown): number | null {
  const match = typeof text === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) : null;
  return match ? Number(match[1]) * (durationUnits[match[2] ?? ''] ?? 0) : null;
}

function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  return isMapping(body) ? body : {};
}

function viewIn(say: Say): (row: ActionRow) => ActionView {
  return (row) => viewOfAction(row, (one) => showStored(one, say));
}

export function createOnAdviceRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const brake = (kept: boolean) => ({ stopped: deps.areActionsStopped(), kept });
  routes.get('/actions', (request, response) => {
    const say = wordsOf(negotiateLanguage(request, response));
    response.json({ stopped: deps.areActionsStopped(), actions: deps.actions().map(viewIn(say)) });
  });
  routes.post('/actions/stop', (_request, response) => void response.json(brake(deps.stopActions(true))));
  routes.post('/actions/resume', (_request, response) => void response.json(brake(deps.stopActions(false))));
  routes.post('/actions/:id/undo', async (request, response) => {
    const id = String(request.params['id']);
    const accepted = deps.undoAction(id);
    const row = deps.actions().find((one) => one.id === id);
    if (accepted === 'ok' && row !== undefined)
      response.json(viewIn(wordsOf(negotiateLanguage(request, response)))(row));
    else if (accepted === 'not_done') sendProblem(response, makeProblem('conflict', 'problem.notDone'));
    else sendProblem(response, { kind: 'not_found' });
  });
  return routes;
}

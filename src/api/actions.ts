import { type Request, type Response, Router } from 'express';
import type { ActionRow } from '../core/action.ts';
import { isSafeEnv, type RemedyNow } from '../core/advice.ts';
import type { Kind, Variables } from '../core/kind.ts';
import { isMapping } from '../core/read-json.ts';
import { durationMs } from '../core/units.ts';
import { type ActionView, adviceView, findingView, stamp, viewOfAction } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { type Say, wordsOf } from '../words/words.ts';
import type { ApiDeps } from './deps.ts';
import { wordOf } from './lists.ts';
import { negotiateLanguage, sendProblem, sendRefusal } from './problem.ts';
import { mirrorViewOf } from './views.ts';

/** Returns the possible values of the query parameter `as`: the snippet formats of remedies. */
export function remedyFormsOf(kinds: readonly Kind[]): readonly string[] {
  const forms = kinds.flatMap((kind) => [...kind.forms, ...Object.values(kind.profileForms)]);
  return [...new Set(['env', ...forms, 'json'])];
}

/**
 * Responds to `GET /api/v1/advice/:ecosystem/remedy` with the remedy (the client settings to use now), in the snippet
 * format that `as` names. Default: the format of the mirrors' profile (such as `apt`), else the only format of the
 * ecosystem, else shell lines for `eval`.
 */
function sendRemedy(deps: ApiDeps, request: Request, response: Response): void {
  const kind = deps.kinds.find(({ id }) => id === request.params['ecosystem']);
  if (kind === undefined) return sendProblem(response, { kind: 'not_found' });
  const { id: ecosystem, publicUpstream, variables } = kind;
  const word = wordOf(request, 'as');
  const remedyForms = remedyFormsOf(deps.kinds);
  if (word !== undefined && !remedyForms.includes(word))
    return sendRefusal(response, 'bad_request', 'problem.oneOf', { name: 'as', list: remedyForms.join(', ') });
  const all = deps.config().mirrors;
  const upstreams = new Set(all.filter((one) => one.ecosystem === ecosystem).map((one) => one.upstream));
  const single = upstreams.size === 1 ? [...upstreams][0] : undefined;
  const upstream = wordOf(request, 'upstream') ?? publicUpstream ?? single;
  const sendNone = (problem: 'bad_request' | 'not_found'): void => {
    const list = upstreams.size > 0 ? upstreams : new Set(all.map((one) => one.ecosystem));
    const key = upstreams.size > 0 ? 'problem.noUpstream' : 'problem.noMirror';
    sendRefusal(response, problem, key, { ecosystem, list: [...list].join(', ') });
  };
  if (upstream === undefined) return sendNone('bad_request');
  const mirrors = all.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const ofProfile = mirrors
    .map(({ own }) => kind.profileForms[String(own?.['profile'])])
    .find((one) => one !== undefined);
  const forms = ofProfile === undefined ? kind.forms : [...kind.forms, ofProfile];
  const [only = 'env', ...others] = kind.forms;
  const form = word ?? ofProfile ?? (others.length === 0 ? only : 'env');
  // Every ecosystem has the snippet format `json`, so `forms` does not list it.
  if (form !== 'json' && !forms.includes(form)) {
    const list = [...forms, 'json'].join(', ');
    return sendRefusal(response, 'not_acceptable', 'problem.formats', { ecosystem, list });
  }
  if (mirrors.length === 0) return sendNone('not_found');
  const now = deps.remedy(ecosystem, upstream);
  const isMoved = now.kind === 'set' && request.get('x-advice-id') === now.advice.id;
  sendNow(now, form, variables, isMoved, response);
}

/** @param isMoved  the client follows the advice already, so it keeps the line of the advice while the advice stays */
function sendNow(now: RemedyNow, form: string, variables: Variables, isMoved: boolean, response: Response): void {
  response.setHeader('cache-control', 'no-store');
  const isUsual = now.kind === 'set' && now.advice.newClients === 'usual' && !isMoved;
  if (now.kind === 'nothing' || isUsual) {
    const state = now.kind === 'set' ? 'over' : now.state;
    if (state !== 'right') response.setHeader('x-advice-state', state);
    response.status(204).end();
    return;
  }
  response.setHeader('x-advice-id', now.advice.id);
  response.setHeader('x-advice-expires', stamp(now.advice.expiresAtMs));
  if (now.advice.phase === 'over') response.setHeader('x-advice-over', 'true');
  const text = now.remedy[form];
  if (text === undefined)
    return sendProblem(response, {
      kind: 'conflict',
      detail: (say) => say('problem.unsafeLines'),
      more: { adviceId: now.advice.id, chain: now.chain },
    });
  if (form === 'env' && !isSafeEnv(text, variables))
    throw new Error('a remedy for a shell holds more than export lines');
  response.type(form === 'json' ? 'application/json' : 'text/plain').send(text.endsWith('\n') ? text : `${text}\n`);
}

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
      return sendRefusal(response, 'bad_request', 'problem.dismissFor');
    if (reason === null) return sendRefusal(response, 'bad_request', 'problem.reason');
    sendAdvice(deps, response, await deps.dismissAdvice(String(request.params['id']), forMs, reason));
  });
  routes.post('/findings/:id/ack', async (request, response) => {
    const reason = reasonIn(request);
    if (reason === null) return sendRefusal(response, 'bad_request', 'problem.reason');
    const finding = await deps.acknowledge(String(request.params['id']), reason);
    if (finding === null) sendProblem(response, { kind: 'not_found' });
    else sendChange(deps, response, findingView(finding));
  });
  routes.post('/mirrors/:name/pause', async (request, response) => {
    const { for: length, reason = '' } = bodyOf(request);
    const forMs = pauseMsOf(length);
    if (forMs === null || forMs > quietMsMax) return sendRefusal(response, 'bad_request', 'problem.pauseFor');
    if (typeof reason !== 'string' || reason.length > 500)
      return sendRefusal(response, 'bad_request', 'problem.reasonMost');
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
  else sendRefusal(response, 'conflict', 'problem.notProposed');
}

/** Returns the reason that the request's body gives; `null`: there is none, or it is too long. */
function reasonIn(request: Request): string | null {
  const { reason } = bodyOf(request);
  return typeof reason === 'string' && reason.trim() !== '' && reason.length <= 500 ? reason.trim() : null;
}

/** Parses a duration such as `90s` into milliseconds; `null`: the text is not a duration. */
export function pauseMsOf(text: unknown): number | null {
  return typeof text === 'string' && /^\d{1,9}(ms|s|m|h|d)$/.test(text) ? durationMs(text) : null;
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
    else if (accepted === 'not_done') sendRefusal(response, 'conflict', 'problem.notDone');
    else sendProblem(response, { kind: 'not_found' });
  });
  return routes;
}

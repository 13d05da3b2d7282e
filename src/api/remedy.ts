import type { Request, Response } from 'express';
import { fileForms } from '../core/action.ts';
import { isSafeEnv, type RemedyNow } from '../core/advice.ts';
import type { Variables } from '../core/kind.ts';
import { stamp } from '../core/views.ts';
import type { ApiDeps } from './deps.ts';
import { wordOf } from './lists.ts';
import { makeProblem, sendProblem } from './problem.ts';

const otherForms = ['apk', 'pacman', 'maven', 'cargo', 'bundler', 'conda', 'json'] as const;
/** The possible values of the query parameter `as`: the snippet formats of remedies. */
export const remedyForms = ['env', ...fileForms, ...otherForms] as const;
type Form = (typeof remedyForms)[number];

/**
 * Responds to `GET /api/v1/advice/:ecosystem/remedy` with the remedy (the client settings to use now), in the snippet
 * format that `as` names. Default: the format of the mirrors' profile (such as `apt`), else shell lines for `eval`.
 */
export function sendRemedy(deps: ApiDeps, request: Request, response: Response): void {
  const kind = deps.kinds.find(({ id }) => id === request.params['ecosystem']);
  if (kind === undefined) return sendProblem(response, { kind: 'not_found' });
  const { id: ecosystem, publicUpstream, variables } = kind;
  const word = wordOf(request, 'as');
  if (word !== undefined && !remedyForms.some((form) => form === word))
    return sendProblem(
      response,
      makeProblem('bad_request', 'problem.oneOf', { name: 'as', list: remedyForms.join(', ') }),
    );
  const all = deps.config().mirrors;
  const upstreams = new Set(all.filter((one) => one.ecosystem === ecosystem).map((one) => one.upstream));
  const only = upstreams.size === 1 ? [...upstreams][0] : undefined;
  const upstream = wordOf(request, 'upstream') ?? publicUpstream ?? only;
  const sendNone = (problem: 'bad_request' | 'not_found'): void => {
    const list = upstreams.size > 0 ? upstreams : new Set(all.map((one) => one.ecosystem));
    const key = upstreams.size > 0 ? 'problem.noUpstream' : 'problem.noMirror';
    sendProblem(response, makeProblem(problem, key, { ecosystem, list: [...list].join(', ') }));
  };
  if (upstream === undefined) return sendNone('bad_request');
  const mirrors = all.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const ofProfile = mirrors
    .map(({ own }) => kind.profileForms[String(own?.['profile'])])
    .find((one) => one !== undefined);
  const forms = ofProfile === undefined ? kind.forms : [...kind.forms, ofProfile];
  const form = remedyForms.find((one) => one === (word ?? ofProfile ?? 'env'));
  // Every ecosystem has the snippet format `json`, so `forms` does not list it.
  if (form === undefined || (form !== 'json' && !forms.includes(form))) {
    const list = [...forms, 'json'].join(', ');
    return sendProblem(response, makeProblem('not_acceptable', 'problem.formats', { ecosystem, list }));
  }
  if (mirrors.length === 0) return sendNone('not_found');
  const now = deps.remedy(ecosystem, upstream);
  const isMoved = now.kind === 'set' && request.get('x-advice-id') === now.advice.id;
  sendNow(now, form, variables, isMoved, response);
}

/** @param isMoved  the client follows the advice already, so it keeps the line of the advice while the advice stays */
function sendNow(now: RemedyNow, form: Form, variables: Variables, isMoved: boolean, response: Response): void {
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

import type { Request, RequestHandler, Response } from 'express';
import { type Key, type Language, languages, type Say, type Values, wordsOf } from '../words/words.ts';

type Detail = (say: Say) => string;

/** Why a request is refused. Each kind has one HTTP status and one title. */
export type RequestProblem =
  /** `detail`: what the daemon has instead; absent: the usual text. */
  | { readonly kind: PlainKind; readonly detail?: Detail }
  /** `detail`: the reason; absent: the request was caused by another site. */
  | { readonly kind: 'forbidden'; readonly detail?: Detail }
  | { readonly kind: 'too_many'; readonly afterSeconds: number }
  /** `detail`: which token is required; absent: `listen.token` is required. */
  | { readonly kind: 'unauthorized'; readonly detail?: Detail }
  | { readonly kind: DetailedKind; readonly detail: Detail; readonly more?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'method'; readonly allow: string };

type PlainKind = 'not_found' | 'too_large' | 'unsupported' | 'busy' | 'defect';
type DetailedKind = 'bad_request' | 'not_acceptable' | 'conflict' | 'unavailable';

const statuses: Readonly<Record<RequestProblem['kind'], number>> = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method: 405,
  not_acceptable: 406,
  too_many: 429,
  too_large: 413,
  unsupported: 415,
  busy: 503,
  unavailable: 503,
  bad_request: 400,
  conflict: 409,
  defect: 500,
};

/** Programs send the token as bearer token. Browsers send the same token as a password. */
const challenges = ['Bearer realm="mirrorwatch"', 'Basic realm="mirrorwatch: any name, the token as password"'];

/**
 * Responds with `application/problem+json`. The texts `title` and `detail` are in the language of the request (RFC
 * 9457, sections 3.1.3 and 3.1.4).
 */
export function sendProblem(response: Response, problem: RequestProblem): void {
  const say = wordsOf(negotiateLanguage(response.req, response));
  const status = statuses[problem.kind];
  const more = 'more' in problem ? problem.more : {};
  if (problem.kind === 'unauthorized') response.setHeader('www-authenticate', challenges);
  if (problem.kind === 'method') response.setHeader('allow', problem.allow);
  if (problem.kind === 'too_many') response.setHeader('retry-after', String(problem.afterSeconds));
  const title = say(`problem.${problem.kind}`);
  const detail =
    'detail' in problem && problem.detail !== undefined
      ? problem.detail(say)
      : say(`problem.${problem.kind as Exclude<RequestProblem['kind'], DetailedKind>}.says`);
  response
    .status(status)
    .type('application/problem+json')
    .setHeader('content-language', say('page.lang'))
    .send(JSON.stringify({ type: 'about:blank', title, status, detail, ...more }));
}

/** Responds with a problem whose `detail` is the text `key`. */
export function sendRefusal<K extends Key>(
  response: Response,
  kind: DetailedKind | 'not_found',
  key: K,
  ...values: Values<K>
): undefined {
  sendProblem(response, { kind, detail: (say) => say(key, ...values) });
}

/**
 * Refuses a body whose content type is not JSON, because it would otherwise be ignored. A request without a body
 * passes.
 */
export const jsonOnly: RequestHandler = (request, response, next) => {
  const { 'content-length': length, 'transfer-encoding': coding, 'content-type': type = '' } = request.headers;
  const hasBody = coding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody || /^application\/json\s*(;|$)/i.test(type)) return next();
  sendProblem(response, { kind: 'unsupported' });
};

const all = Object.keys(languages) as readonly Language[];

export const languageCookie = 'mirrorwatch-lang';

export function parseLanguage(text: unknown): Language | undefined {
  return all.find((one) => one === text);
}

/** Returns the language of a request: that of its cookie, else of `Accept-Language`, else English. */
export function negotiateLanguage(
  request: Pick<Request, 'headers' | 'acceptsLanguages'>,
  response: Response,
): Language {
  response.vary('Accept-Language, Cookie');
  return chosen(request) ?? (request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en');
}

function chosen({ headers }: Pick<Request, 'headers'>): Language | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return all.find((one) => pairs.includes(`${languageCookie}=${one}`));
}

/** All routes, each with method and path as in `openapi.yaml`. Each route with GET also accepts HEAD. */
export const routes = [
  ['GET', '/'],
  ['GET', '/mirrors/{name}'],
  ['GET', '/probes/{id}'],
  ['GET', '/history'],
  ['GET', '/timeline'],
  ['GET', '/page.css'],
  ['GET', '/page.js'],
  ['GET', '/icon.svg'],
  ['GET', '/metrics'],
  ['GET', '/-/healthy'],
  ['GET', '/-/ready'],
  ['POST', '/-/reload'],
  ['GET', '/api/v1/mirrors'],
  ['GET', '/api/v1/mirrors/{name}/trend'],
  ['GET', '/api/v1/targets'],
  ['GET', '/api/v1/findings'],
  ['GET', '/api/v1/advice'],
  ['GET', '/api/v1/probes/{id}'],
  ['GET', '/api/v1/verdicts'],
  ['GET', '/api/v1/advice/{ecosystem}/remedy'],
  ['POST', '/api/v1/advice/{id}/accept'],
  ['POST', '/api/v1/advice/{id}/dismiss'],
  ['POST', '/api/v1/findings/{id}/ack'],
  ['POST', '/api/v1/mirrors/{name}/pause'],
  ['GET', '/api/v1/actions'],
  ['POST', '/api/v1/actions/stop'],
  ['POST', '/api/v1/actions/resume'],
  ['POST', '/api/v1/actions/{id}/undo'],
  ['GET', '/api/v1/events'],
  ['POST', '/api/v1/alertmanager'],
] as const satisfies readonly (readonly ['GET' | 'POST', string])[];

const known = routes.map(([method, path]) => ({
  allow: method === 'GET' ? 'GET, HEAD' : method,
  parts: path.split('/'),
}));

/** Responds with 405 and `Allow` if the path is known and the method is not. Else calls the next handler. */
export const othersRefused: RequestHandler = (request, response, next) => {
  const requested = request.path
    .toLowerCase()
    .replace(/(?<=.)\/$/, '')
    .split('/');
  const isRequested = (part: string, at: number): boolean =>
    part.startsWith('{') ? requested[at] !== '' : part === requested[at];
  const allow = known
    .filter(({ parts }) => parts.length === requested.length && parts.every(isRequested))
    .map((route) => route.allow);
  const isTaken = allow.some((methods) => methods.split(', ').includes(request.method));
  if (allow.length === 0 || isTaken) return next();
  sendProblem(response, { kind: 'method', allow: allow.join(', ') });
};

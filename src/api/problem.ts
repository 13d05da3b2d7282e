import type { Response } from 'express';

/** What a caller did that we can't do; each kind has one status (RFC 9110) and one title. */
export type RequestProblem =
  | {
      readonly kind: 'not_found' | 'not_acceptable' | 'too_large' | 'busy';
    }
  /** `detail`: by what, where it is not the site that led here. */
  | { readonly kind: 'forbidden'; readonly detail?: string }
  | { readonly kind: 'too_many'; readonly afterSeconds: number }
  /** `detail`: which token, where it is not `listen.token`. */
  | { readonly kind: 'unauthorized'; readonly detail?: string }
  | {
      readonly kind: 'bad_request' | 'conflict' | 'unavailable';
      readonly detail: string;
      readonly more?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'method'; readonly allow: string }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'defect' };

const shapes: Readonly<Record<RequestProblem['kind'], readonly [number, string, string]>> = {
  unauthorized: [401, 'Token needed', 'Send the bearer token of listen.token in the Authorization header.'],
  forbidden: [403, 'Foreign request', 'Writes are taken from this host’s own pages and programs only.'],
  not_found: [404, 'Not found', 'Nothing of that name is known here now.'],
  method: [405, 'Method not allowed', 'This route does not take that method.'],
  not_acceptable: [406, 'Not available in that form', 'This ecosystem has no remedy of that form.'],
  too_many: [429, 'Too many requests', 'Ask again later: Retry-After says in how many seconds.'],
  too_large: [413, 'Too large', 'The body is larger than this route takes.'],
  unsupported: [415, 'Not JSON', 'Send the body as JSON, with content-type: application/json.'],
  busy: [503, 'Busy', 'All event streams are taken.'],
  unavailable: [503, 'Not now', ''],
  bad_request: [400, 'Bad request', ''],
  conflict: [409, 'Conflict', ''],
  defect: [500, 'Our fault', 'The daemon made a mistake; its log says more.'],
};

/** The bearer token for programs; for a browser that reads, the same token as a password. */
const challenges = ['Bearer realm="mirrorwatch"', 'Basic realm="mirrorwatch: any name, the token as password"'];

/** Answers with RFC 9457 problem+json. */
export function sendProblem(response: Response, problem: RequestProblem): void {
  const [status, title, usual] = shapes[problem.kind];
  const detail = 'detail' in problem ? problem.detail : usual;
  const more = 'more' in problem ? problem.more : {};
  if (problem.kind === 'unauthorized') response.setHeader('www-authenticate', challenges);
  if (problem.kind === 'method') response.setHeader('allow', problem.allow);
  if (problem.kind === 'too_many') response.setHeader('retry-after', String(problem.afterSeconds));
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail, ...more }));
}

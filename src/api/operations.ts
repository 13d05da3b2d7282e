import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Router } from 'express';
import { handled } from './actions.ts';
import type { ApiDeps } from './deps.ts';
import { sendProblem } from './problem.ts';

const zip = promisify(gzip);
const worthZipping = 1_024;

/** `/metrics`, `/-/healthy`, `/-/ready`, `/-/reload`. */
export function operationRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get(
    '/metrics',
    handled(async (request, response) => {
      const { contentType, text } = await deps.metrics(request.headers.accept);
      response.setHeader('content-type', contentType);
      response.setHeader('vary', 'accept, accept-encoding');
      if (
        text.length < worthZipping ||
        !/\bgzip\b(?!\s*;\s*q=0(\.0*)?(?![.\d]))/.test(String(request.headers['accept-encoding'] ?? ''))
      ) {
        response.end(text);
        return;
      }
      // Level 1 in the thread pool: half a million lines pass without holding the loop.
      const body = await zip(text, { level: 1 });
      response.setHeader('content-encoding', 'gzip');
      response.setHeader('content-length', body.length);
      response.end(body);
    }),
  );
  routes.get('/-/healthy', (_request, response) => {
    response.type('text/plain').send('healthy\n');
  });
  routes.get('/-/ready', (_request, response) => {
    const { ready, because } = deps.ready();
    response
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(`${because}\n`);
  });
  routes.post(
    '/-/reload',
    handled(async (_request, response) => {
      const done = await deps.reload();
      if (done.tag === 'reloaded') response.json({ changed: done.changed });
      else if (done.tag === 'invalid')
        sendProblem(response, {
          kind: 'bad_request',
          detail: 'the configuration has mistakes; the old one is kept',
          more: { issues: done.issues },
        });
      else
        sendProblem(response, {
          kind: 'conflict',
          detail: 'these keys need a restart; the old configuration is kept',
          more: { keys: done.keys },
        });
    }),
  );
  return routes;
}

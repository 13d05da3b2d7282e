import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Response, Router } from 'express';
import { handled } from './actions.ts';
import type { ApiDeps } from './deps.ts';
import { sendProblem } from './problem.ts';

const worthZipping = 1_024;
const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?(?![.\d]))/;

/** `/metrics`, `/-/healthy`, `/-/ready`, `/-/reload`. */
export function operationRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get(
    '/metrics',
    handled(async (request, response) => {
      const { contentType, chunks } = await deps.metrics(request.headers.accept);
      response.setHeader('content-type', contentType);
      response.setHeader('vary', 'accept, accept-encoding');
      const accepts = takesGzip.test(String(request.headers['accept-encoding'] ?? ''));
      const isWorthIt = chunks.reduce((sum, chunk) => sum + chunk.length, 0) >= worthZipping;
      if (accepts && isWorthIt) response.setHeader('content-encoding', 'gzip');
      await send(chunks, accepts && isWorthIt, response);
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

/**
 * Half a million lines, a chunk a turn, at the reader's pace and zipped in the thread pool: the loop is never held, and the
 * page is never joined to one text. A reader that goes away is nobody's fault.
 */
async function send(chunks: readonly string[], zipped: boolean, response: Response): Promise<void> {
  const body = Readable.from(chunks, { objectMode: false });
  try {
    if (zipped) await pipeline(body, createGzip({ level: 1 }), response);
    else await pipeline(body, response);
  } catch (cause) {
    if (!response.destroyed) throw cause;
  }
}

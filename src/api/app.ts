import express, { type ErrorRequestHandler, type Express, Router } from 'express';
import helmet from 'helmet';
import { limits } from '../core/limits.ts';
import { wordsOf } from '../words/words.ts';
import { createAccessGuard, createRateLimit } from './access.ts';
import { createActionRoutes, createOnAdviceRoutes } from './actions.ts';
import { createAlertmanagerRoutes } from './alertmanager.ts';
import type { ApiDeps } from './deps.ts';
import { createEventRoutes } from './events.ts';
import { listRoutes, wordsOnce } from './lists.ts';
import { createPageRoutes } from './page/routes.ts';
import { jsonOnly, negotiateLanguage, othersRefused, sendProblem } from './problem.ts';
import { bodyIsProven } from './proofs.ts';
import { createScrapes } from './scrape.ts';

/** Creates the daemon's HTTP interface. One guard protects all routes. */
export function createApi(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'style-src': ["'self'"],
          'script-src': ["'self'"],
          'img-src': ["'self'"],
          'connect-src': ["'self'"],
          'form-action': ["'self'"],
          'base-uri': ["'none'"],
          'frame-ancestors': ["'none'"],
        },
      },
      strictTransportSecurity: deps.config().listen.tls !== null,
    }),
  );
  const nowMs = (): number => deps.now().monotonicMs;
  app.use(createAccessGuard(deps.config, nowMs));
  app.use(createRateLimit(nowMs));
  app.use(operationRoutes(deps));
  // This route comes before `express.json`, because its bodies may be larger than the limit of `express.json`.
  app.use('/api/v1', createAlertmanagerRoutes(deps));
  app.use(
    '/api/v1',
    wordsOnce,
    jsonOnly,
    express.json({
      limit: limits.requestBytes,
      verify: (_request, response, bytes) => {
        (response as express.Response).locals['body'] = bytes;
      },
    }),
    bodyIsProven,
    listRoutes(deps),
    createActionRoutes(deps),
    createOnAdviceRoutes(deps),
    createEventRoutes(deps),
  );
  app.use(createPageRoutes(deps));
  app.use(othersRefused);
  app.use((_request, response) => sendProblem(response, { kind: 'not_found' }));
  const onError: ErrorRequestHandler = (cause: { status?: number; type?: string }, _request, response, next) => {
    if (response.headersSent) return next(cause);
    if (cause.type === 'entity.too.large') return sendProblem(response, { kind: 'too_large' });
    if (cause.status !== undefined && cause.status >= 400 && cause.status < 500)
      return sendProblem(
        response,
        cause.status === 415
          ? { kind: 'unsupported' }
          : { kind: 'bad_request', detail: (say) => say('problem.unreadable') },
      );
    deps.defect(cause);
    sendProblem(response, { kind: 'defect' });
  };
  app.use(onError);
  return app;
}

function operationRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/metrics', createScrapes(deps));
  routes.get('/-/healthy', (_request, response) => {
    response.type('text/plain').send('healthy\n');
  });
  routes.get('/-/ready', (request, response) => {
    const { ready, because } = deps.ready();
    const say = wordsOf(negotiateLanguage(request, response));
    const trouble = ready ? deps.stateTrouble() : null;
    const text = trouble === null ? say(`ready.${because}`) : say('ready.unwritten', { why: say(`store.${trouble}`) });
    response
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(`${text}\n`);
  });
  routes.post('/-/reload', async (_request, response) => {
    const done = await deps.reload();
    if (done.tag === 'reloaded') response.json({ changed: done.changed });
    else if (done.tag === 'invalid')
      sendProblem(response, {
        kind: 'bad_request',
        detail: (say) => say('problem.mistakes'),
        more: { issues: done.issues },
      });
    else
      sendProblem(response, {
        kind: 'conflict',
        detail: (say) => say('problem.restart'),
        more: { keys: done.keys },
      });
  });
  return routes;
}

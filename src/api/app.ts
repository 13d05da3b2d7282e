import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { limits } from '../core/limits.ts';
import { accessGuard } from './access.ts';
import { actionRoutes } from './actions.ts';
import { alertmanagerRoutes } from './alertmanager.ts';
import type { ApiDeps } from './deps.ts';
import { eventRoutes } from './events.ts';
import { jsonOnly } from './json-only.ts';
import { listRoutes, wordsOnce } from './lists.ts';
import { operationRoutes } from './operations.ts';
import { pageRoutes } from './page/routes.ts';
import { sendProblem } from './problem.ts';
import { rateLimit } from './rates.ts';
import { othersRefused } from './routes.ts';
import { whatIfRoutes } from './what-if.ts';

/** The daemon's HTTP side: every route, behind one guard, with bounded requests; errors are problem+json. */
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
  app.use(accessGuard(deps.config, nowMs));
  app.use(rateLimit(nowMs));
  app.use(operationRoutes(deps));
  // Before the others: its bodies may be larger.
  app.use('/api/v1', alertmanagerRoutes(deps));
  app.use(
    '/api/v1',
    wordsOnce,
    jsonOnly,
    express.json({ limit: limits.requestBytes }),
    listRoutes(deps),
    whatIfRoutes(deps),
    actionRoutes(deps),
    eventRoutes(deps),
  );
  app.use(pageRoutes(deps));
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

import { createHash } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import type { AdviceChange } from '../core/advice.ts';
import type { AlertNotification, IncomingAlert } from '../core/evidence.ts';
import type { FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { isMapping } from '../core/read-json.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import { adviceView, findingView, stamp } from '../core/views.ts';
import { wordsOf } from '../words/words.ts';
import { alertTokenNeeded, createAccessGuard, createRateLimit, mayPostAlerts } from './access.ts';
import { createActionRoutes, createOnAdviceRoutes } from './actions.ts';
import type { ApiDeps, DaemonEvent } from './deps.ts';
import { listRoutes, wordOf, wordsOnce } from './lists.ts';
import { createPageRoutes } from './page/routes.ts';
import { jsonOnly, negotiateLanguage, othersRefused, sendProblem, sendRefusal } from './problem.ts';
import { bodyIsProven } from './proofs.ts';
import { createScrapes } from './scrape.ts';
import { outcomeWordOf, secondsOf, standingViewOf } from './views.ts';

const heartbeatMs = 15_000;
const bytesWaitingMax = 256 * 1024;

/** The possible values of the query parameter `types`. */
export const eventTypes = ['sample', 'finding', 'advice', 'standing', 'vantage', 'reload'] as const satisfies readonly [
  ...DaemonEvent['type'][],
];

/**
 * Creates the route `GET /api/v1/events`, which sends server-sent events. A client that reads too slowly is
 * disconnected.
 */
function createEventRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const textOf = lastTextKept();
  let open = 0;
  routes.get('/events', (request: Request, response: Response) => {
    const types = typesOf(request);
    if (types === null)
      return sendRefusal(response, 'bad_request', 'problem.listOf', { name: 'types', list: eventTypes.join(', ') });
    if (open >= limits.eventStreams) return sendProblem(response, { kind: 'busy' });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') return void response.end();
    open += 1;
    const write = (text: string): void => {
      if (response.writableLength > bytesWaitingMax) response.destroy();
      else response.write(text);
    };
    write('retry: 3000\n\n');
    let beat = deps.timers.after(heartbeatMs, pulse);
    function pulse(): void {
      write(': still here\n\n');
      beat = deps.timers.after(heartbeatMs, pulse);
    }
    const stop = deps.subscribe((event) => {
      if (types.has(event.type)) write(textOf(event));
    });
    // The `close` event of the response is used, because the request already emits `close` when its body has been read.
    response.on('close', () => {
      open -= 1;
      beat.cancel();
      stop();
    });
  });
  return routes;
}

function typesOf(request: Request): ReadonlySet<string> | null {
  const types = wordOf(request, 'types')?.split(',') ?? eventTypes;
  const known: ReadonlySet<string> = new Set(eventTypes);
  return types.every((type) => known.has(type)) ? new Set(types) : null;
}

/**
 * Returns a function that renders events. It caches the last text, because all clients get the same event one after the
 * other.
 */
function lastTextKept(): (event: DaemonEvent) => string {
  let last: DaemonEvent | null = null;
  let text = '';
  return (event) => {
    if (event !== last) text = `event: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
    last = event;
    return text;
  };
}

function eventView(event: DaemonEvent): object {
  const at = stamp(event.atMs);
  switch (event.type) {
    case 'finding': {
      const { change, finding } = event.data as FindingChange;
      return { at, change, finding: findingView(finding) };
    }
    case 'advice': {
      const { change, advice } = event.data as AdviceChange;
      return { at, change, advice: adviceView(advice) };
    }
    case 'sample': {
      const sample = event.data as SettledSample;
      const { target, connection, probeId, purpose } = sample.due;
      return {
        at,
        probeId,
        targetId: target.id,
        registry: target.registry,
        step: target.step,
        connection,
        purpose,
        outcome: outcomeWordOf(sample),
        rttSeconds: secondsOf(sample.rttMs),
      };
    }
    case 'standing': {
      const standing = event.data as Standing;
      return { at, registry: standing.registry, ...standingViewOf(standing) };
    }
    case 'vantage': {
      const { suspect, sinceMs, controls, contaminatedShare } = event.data as VantageStanding;
      return {
        at,
        suspect,
        sinceAt: stamp(sinceMs),
        controls: controls.map(({ name, up }) => ({ name, up })),
        contaminatedShare,
      };
    }
    case 'reload':
      return { at, changed: (event.data as { readonly changed: readonly string[] }).changed };
    default:
      return event.type satisfies never;
  }
}

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

/**
 * Creates the route `POST /api/v1/alertmanager`. A valid notification gets 200, even if all its alerts are ignored; or
 * 503 if it cannot be processed now. After a 503 Alertmanager sends the notification again.
 */
function createAlertmanagerRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const unreadable: ErrorRequestHandler = (cause, _request, _response, next) => {
    void deps.takeAlerts(null).finally(() => next(cause));
  };
  routes.post(
    '/alertmanager',
    // The token is checked again: the access guard matches this path by its own pattern, which may differ from the
    // route's.
    (request, response, next) =>
      mayPostAlerts(request, deps.config()) ? next() : sendProblem(response, alertTokenNeeded),
    jsonOnly,
    express.json({ limit: limits.alertmanagerBytes }),
    async (request, response) => {
      const notification = parseNotification(request.body as unknown);
      if (typeof notification === 'string') {
        await deps.takeAlerts(null);
        return sendRefusal(response, 'bad_request', `problem.alerts.${notification}`);
      }
      const taken = await deps.takeAlerts(notification);
      if (taken.tag === 'taken') response.json({ outcomes: taken.outcomes, truncated: notification.truncated });
      else sendRefusal(response, 'unavailable', `problem.alerts.${taken.because}`);
    },
  );
  routes.use('/alertmanager', unreadable);
  return routes;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const plain = /^[\x21-\x7e]+$/;

type NotAlerts = 'object' | 'version' | 'list' | 'truncated';

/**
 * Parses the body of Alertmanager's webhook. Unknown keys are ignored. Invalid alerts are left out and counted.
 * @returns the notification; or, if the body is no notification, which part is missing or wrong
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4
 */
export function parseNotification(body: unknown): AlertNotification | NotAlerts {
  if (!isMapping(body)) return 'object';
  if (body['version'] !== '4') return 'version';
  const { alerts, truncatedAlerts = 0 } = body;
  if (!Array.isArray(alerts)) return 'list';
  if (!Number.isSafeInteger(truncatedAlerts) || Number(truncatedAlerts) < 0) return 'truncated';
  const read = alerts.map(parseAlert);
  const good = read.filter((alert) => alert !== null);
  return { alerts: good, malformed: read.length - good.length, truncated: Number(truncatedAlerts) };
}

function parseAlert(value: unknown): IncomingAlert | null {
  if (!isMapping(value)) return null;
  const { status, labels, startsAt, endsAt, fingerprint } = value;
  if (status !== 'firing' && status !== 'resolved') return null;
  if (!isMapping(labels) || !Object.values(labels).every((label) => typeof label === 'string')) return null;
  if (fingerprint !== undefined && typeof fingerprint !== 'string') return null;
  const startsAtMs = stampMs(startsAt);
  const endsAtMs = endsAt === undefined ? 0 : stampMs(endsAt);
  if (startsAtMs === null || endsAtMs === null) return null;
  const texts = labels as Readonly<Record<string, string>>;
  const isUsable = fingerprint !== undefined && fingerprint.length <= limits.alertLabelChars && plain.test(fingerprint);
  return {
    fingerprint: isUsable ? fingerprint : fingerprintOf(texts),
    status,
    labels: texts,
    startsAtMs,
    // If the end of an alert is not known, Alertmanager sends Go's zero time (year 1).
    endsAtMs: endsAtMs <= 0 ? null : endsAtMs,
  };
}

/** Returns a fingerprint for an alert that has no usable one. Alertmanager before 0.19 sends none. */
function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}

function stampMs(value: unknown): number | null {
  if (typeof value !== 'string' || !rfc3339.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

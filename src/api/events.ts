import { type Request, type Response, Router } from 'express';
import type { AdviceChange } from '../core/advice.ts';
import type { FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import { adviceView, findingView, stamp } from '../core/views.ts';
import type { ApiDeps, DaemonEvent } from './deps.ts';
import { wordOf } from './lists.ts';
import { makeProblem, sendProblem } from './problem.ts';
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
export function createEventRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const textOf = lastTextKept();
  let open = 0;
  routes.get('/events', (request: Request, response: Response) => {
    const types = typesOf(request);
    if (types === null)
      return sendProblem(
        response,
        makeProblem('bad_request', 'problem.listOf', { name: 'types', list: eventTypes.join(', ') }),
      );
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

import { type Request, type Response, Router } from 'express';
import type { AdviceChange } from '../core/advice.ts';
import type { FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { SettledSample } from '../core/sample.ts';
import { adviceView, findingView, stamp } from '../core/views.ts';
import type { ApiDeps, DaemonEvent } from './deps.ts';
import { sendProblem } from './problem.ts';
import { outcomeWord, seconds } from './views.ts';

const heartbeatMs = 15_000;
const bytesWaitingMax = 256 * 1024;

/** `GET /api/v1/events`: server-sent events, bounded in number; a reader that does not keep up is cut. */
export function eventRoutes(deps: ApiDeps): Router {
  const routes = Router();
  let open = 0;
  routes.get('/events', (request: Request, response: Response) => {
    if (open >= limits.eventStreams) return sendProblem(response, { kind: 'busy' });
    open += 1;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 3000\n\n');
    const write = (text: string): void => {
      if (response.writableLength > bytesWaitingMax) response.destroy();
      else response.write(text);
    };
    let beat = deps.timers.after(heartbeatMs, pulse);
    function pulse(): void {
      write(': still here\n\n');
      beat = deps.timers.after(heartbeatMs, pulse);
    }
    const stop = deps.subscribe((event) =>
      write(`event: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`),
    );
    request.on('close', () => {
      open -= 1;
      beat.cancel();
      stop();
    });
  });
  return routes;
}

/** One event for the outside; always `{ at, … }`. */
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
        outcome: outcomeWord(sample),
        rttSeconds: seconds(sample.rttMs),
      };
    }
    case 'standing':
    case 'vantage':
    case 'reload':
      return { at, ...(event.data as object) };
    default:
      return event.type satisfies never;
  }
}

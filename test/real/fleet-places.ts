import { createServer } from 'node:http';
import type { Config } from '../../src/core/config.ts';
import type { MirrorState } from '../../src/core/standing.ts';
import { createExporter } from '../../src/export/exporter.ts';
import { listenAnywhere } from '../support/ports.ts';
import * as made from '../unit/export/fixture.ts';

// Places as their stores see them: the real exporter behind a port of its own, its mirrors as a test says.

/** What a place reports now. */
export interface PlaceStory {
  readonly states: Readonly<Record<string, MirrorState>>;
  /** `from>to`, proposed. */
  readonly advice?: string;
  readonly isSuspect?: boolean;
  readonly skewMs?: number;
  /** Nothing listens, as if the machine were gone. */
  readonly isGone?: boolean;
  /** One request in five of each store is refused, as if a scrape were lost. */
  readonly isLossy?: boolean;
  /** Another objective: another configuration. */
  readonly isOld?: boolean;
}

/** One place with its exporter. */
export interface FleetPlace {
  /** `127.0.0.1:port` */
  readonly address: string;
  tell(story: PlaceStory): void;
  close(): void;
}

/** Mirrors of each place, best first. */
export const registries = ['near', 'far', 'third'] as const;
/** Since when each state holds, wall milliseconds: 14:02. */
export const sinceMs = Date.UTC(2026, 10, 21, 14, 2);

/** Starts one. Round trips are 210 ms. @param group  `labels.group` */
export async function startFleetPlace(group: string): Promise<FleetPlace> {
  let story: PlaceStory = { states: {} };
  const config = (isOld: boolean): Config =>
    made.config({
      labels: { group },
      mirrors: registries.map((name) => made.mirror(name)),
      webhooks: [],
      ...(isOld ? { modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/old', version: null }] } : {}),
    });
  const targets = registries.map((name) => made.target(name, 'mod', 'example.com/lib', 'v1.0.0'));
  const exporter = createExporter({
    config: config(false),
    targets,
    version: '0.1.0',
    node: 'v24',
    turn: () => Promise.resolve(),
  });
  exporter.restored(new Map(targets.map(({ id }) => [id, Date.now()])));
  exporter.snapshot(() => {
    const [from = '', to = ''] = (story.advice ?? '').split('>');
    const standings = Object.entries(story.states).map(([name, state]) => made.standing(name, { state }));
    const usable = standings.filter(({ state }) => state === 'up');
    return made.snapshot({
      standings,
      nowMs: Date.now() + (story.skewMs ?? 0),
      since: () => sinceMs,
      vantage: { suspect: story.isSuspect === true, sinceMs: null, controls: [], contaminatedShare: 0 },
      advice: from === '' ? [] : [made.advice({ from, to, issuedAtMs: sinceMs })],
      ranks: [
        {
          ecosystem: 'go',
          upstream: 'go',
          candidates: usable.map(({ registry }) => ({
            registry,
            scoreSeconds: 0.2,
            gate: 'ok',
            sum: null,
            bound: null,
          })),
        },
      ],
    });
  });
  const asked = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const store = request.headers['user-agent'] ?? '';
    const count = (asked.get(store) ?? 0) + 1;
    asked.set(store, count);
    if (story.isGone === true) return request.socket.destroy();
    // Not by a closed connection: after that clients written in Go repeat the request.
    if (story.isLossy === true && count % 5 === 0) return response.writeHead(503).end();
    for (const target of targets)
      if (story.states[target.registry] !== 'down') exporter.sample(made.sample(target, { rttMs: 210 }));
    const shown = exporter.render(request.headers.accept);
    response.setHeader('content-type', shown.contentType);
    response.end(await made.textOf(shown));
  });
  const port = await listenAnywhere(server);
  return {
    address: `127.0.0.1:${port}`,
    tell(next) {
      if ((next.isOld === true) !== (story.isOld === true)) exporter.reconfigure(config(next.isOld === true), targets);
      story = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

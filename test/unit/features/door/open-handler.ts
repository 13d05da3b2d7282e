import { createServer, type RequestListener, request, type Server } from 'node:http';
import { createBuckets } from '../../../../src/api/buckets.ts';
import { routesOf } from '../../../../src/config/door-routes.ts';
import type { Config } from '../../../../src/core/config.ts';
import { limits } from '../../../../src/core/limits.ts';
import { bookAccessOf } from '../../../../src/daemon/book.ts';
import { createDoorHandler, type DoorDeps } from '../../../../src/features/door/handler.ts';
import { createDoorMetrics } from '../../../../src/features/door/metrics.ts';
import { declaredOrderOf } from '../../../../src/features/door/order.ts';
import { createStays } from '../../../../src/features/door/stay.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import { systemTimers } from '../../../../src/io/timers.ts';
import { createPassages } from '../../../../src/wire/passage.ts';

/** A line of the access log. */
export type Line = { readonly outcome: string; readonly [key: string]: unknown };

/** What a client got; `isCut`: the body ended before its length. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly isCut: boolean;
}

const ends: (() => unknown)[] = [];

/** Ends every server that was opened; for afterEach. */
export async function closeAll(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

/** A server on loopback. @returns its port */
export async function serveOn(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** The door's handler behind a real listener, with the order of the declared chain and limits of a test. */
export async function openHandler(
  config: Config,
  {
    perMinute = 1_000,
    following = {},
    ...change
  }: Omit<Partial<DoorDeps>, 'following'> & {
    readonly perMinute?: number;
    readonly following?: Partial<DoorDeps['following']>;
  } = {},
) {
  const routes = routesOf(config);
  const lines: Line[] = [];
  const metrics = createDoorMetrics();
  const orders = new Map(routes.map((route) => [route.key, declaredOrderOf(route)]));
  metrics.ordered(routes, orders);
  const push = (_: string, fields: Readonly<Record<string, unknown>> = {}): void => void lines.push(fields as Line);
  const passages = createPassages({ clock: systemClock, timers: systemTimers });
  ends.push(() => passages.close());
  const access = new Map(config.mirrors.map((mirror) => [mirror.name, bookAccessOf(config, mirror, '0.0.0')]));
  const deps: DoorDeps = {
    listen: { host: '127.0.0.1', port: 0, token: null, tls: null },
    following: { routes, orders, doubts: new Set(), failing: new Set(), withdrawnOf: () => new Map(), ...following },
    pass: {
      passages,
      timers: systemTimers,
      accessOf: (name) => access.get(name) ?? null,
      usualMs: () => null,
      held: { bytes: 0 },
      unread: new Map(),
      pending: new Set(),
      nowMs: () => 0,
    },
    isRelay: () => false,
    refusesWithdrawn: () => false,
    passing: { count: 0, max: limits.doorPassing },
    requests: createBuckets(perMinute, () => 0),
    refused: createBuckets(300, () => 0),
    refusedLines: createBuckets(limits.doorRefusedLinesPerMinute, () => 0),
    stays: createStays(() => 0),
    metrics,
    log: { debug: push, info: push, warn: push, error: push },
    isReady: () => true,
    nowMs: () => 0,
    ...change,
  };
  const port = await serveOn(createDoorHandler(deps));
  const get = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
    new Promise<Got>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (piece: string) => {
          text += piece;
        });
        const end = (isCut: boolean): void =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, isCut });
        response.on('end', () => end(false));
        response.on('error', () => end(true));
      });
      asked.on('error', reject);
      asked.end();
    });
  return { get, port, lines, metrics, deps };
}

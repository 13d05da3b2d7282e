import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { WireAccess, WorkerBook, Workers } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { createWorkers } from '../../../src/io/workers.ts';
import { patienceMs } from '../../support/patience.ts';
import { plainAccess } from '../../support/plain-access.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function mirror(): Promise<{ url: string; connections(): number; agent(): string | undefined }> {
  let connections = 0;
  let agent: string | undefined;
  const server = createServer(({ headers }, response) => {
    agent = headers['user-agent'];
    response.end('module example.com/m\n');
  });
  server.keepAliveTimeout = patienceMs;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => server.closeAllConnections() }, { close: () => server.close() });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, connections: () => connections, agent: () => agent };
}

function book(url: string, over: Partial<WireAccess> = {}, pinned: Record<string, string> = {}): WorkerBook {
  const access: WireAccess = plainAccess({ url, userAgent: 'test', ...over });
  return { access: { a: access }, context: { a: { baseUrl: url, pinned, own: { sumdb: null } } } };
}

function due(n: number): Due {
  const target = {
    id: 'a|example.com/m|v1.0.0|mod',
    ecosystem: 'go',
    upstream: 'go',
    registry: 'a',
    module: 'example.com/m',
    version: 'v1.0.0',
    step: 'mod',
    weight: 'light',
    verifies: null,
    canary: true,
  } as const;
  const round = null;
  return {
    probeId: `p${n}`,
    target,
    connection: 'warm',
    purpose: 'scheduled',
    timeoutMs: patienceMs,
    plannedAtMs: 0,
    round,
  };
}

function threads(first: WorkerBook): Workers {
  const workers = createWorkers({ count: 1, book: first, clock: systemClock, timers: systemTimers, log });
  opened.unshift(workers);
  return workers;
}

describe('a real thread', () => {
  it('keeps its connections when a new book reaches the mirrors as before, and only then', async () => {
    const { url, connections } = await mirror();
    const workers = threads(book(url));
    const reused = async (n: number): Promise<boolean | undefined> =>
      (await workers.probe(due(n))).transcript.hops.at(-1)?.reused;
    const before = [await reused(1), await reused(2)];
    await workers.configure(book(url, {}, { 'example.com/m@v1.0.0/go.mod': 'h1:AAAA' }));
    const same = await reused(3);
    await workers.configure(book(url, { userAgent: 'another' }));
    expect([...before, same, await reused(4)]).toEqual([false, true, true, false]);
    // The warm-up has a server of its own.
    expect(connections()).toBe(2);
  });

  it('says who we are to a control too', async () => {
    const { url, agent } = await mirror();
    const workers = threads(book(url, { userAgent: 'mirrorwatch/1 (+ops@example.com)' }));
    expect(await workers.control({ name: 'c', url, timeoutMs: patienceMs })).toMatchObject({ answered: true });
    expect(agent()).toBe('mirrorwatch/1 (+ops@example.com)');
  });

  it('judges by the new book at once', async () => {
    const { url } = await mirror();
    const workers = threads(book(url));
    expect((await workers.probe(due(1))).sample.outcome.tag).toBe('ok');
    await workers.configure(book(url, {}, { 'example.com/m@v1.0.0/go.mod': 'h1:AAAA' }));
    expect((await workers.probe(due(2))).sample.outcome).toMatchObject({
      tag: 'failed',
      failure: { kind: 'mismatch' },
    });
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HopResponse, Wire } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { createWorkers } from '../../../src/io/workers.ts';
import { patienceMs } from '../../support/patience.ts';
import { createInlineWorkers } from '../../support/workers-inline.ts';
import { manualTime } from './manual-time.ts';
import { access, control, defect, due, ok } from './workers-pool.ts';

it('the real thread: probes a mirror over its own wire, and says what it cannot probe', async () => {
  const body = 'module example.com/m\n';
  const server = createServer((request, response) =>
    response.end(request.url === '/example.com/m/@v/v1.0.0.mod' ? body : ''),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const context = { baseUrl: url, pinned: {}, own: { sumdb: null } };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const known = { access: { local: access('test', url) }, context: { local: context }, otherNames: [] };
  const workers = createWorkers({ count: 2, book: known, clock: systemClock, timers: systemTimers, log });
  onTestFinished(() => workers.close());
  const before = systemClock.monotonicMs();
  const { sample, transcript } = await workers.probe(due('local', { timeoutMs: patienceMs }));
  expect([sample.outcome, sample.status, sample.bytes, sample.remoteAddress]).toEqual([
    ok,
    200,
    body.length,
    '127.0.0.1',
  ]);
  expect(sample.startedMonotonicMs).toBeGreaterThan(before);
  expect(sample.endedMonotonicMs).toBeLessThan(systemClock.monotonicMs());
  expect(transcript.hops.map((hop) => hop.url)).toEqual([`${url}/example.com/m/@v/v1.0.0.mod`]);
  expect((await workers.probe(due('unknown'))).sample.outcome).toEqual(defect);
  expect(await workers.control({ name: 'c', url: url.replace('http', 'tcp'), timeoutMs: patienceMs })).toMatchObject({
    name: 'c',
    answered: true,
  });
  await workers.configure({ access: {}, context: {} });
  expect((await workers.probe(due('local'))).sample.outcome).toEqual(defect);
  expect(workers.loopDelays().map(({ worker }) => worker)).toEqual([0, 1]);
});

describe('createInlineWorkers', () => {
  const body = new TextEncoder().encode('module example.com/m\n');
  function fakeWire(): { wire: Wire; asked: string[] } {
    const asked: string[] = [];
    const wire: Wire = {
      open: ({ userAgent }) => ({
        async hop(request): Promise<HopResponse> {
          asked.push(`${userAgent} ${request.url}`);
          const hop = {
            url: request.url,
            aside: request.aside,
            marks: { start: 0, connected: 1, firstByte: 2, end: 3 },
            reused: false,
            remoteAddress: '127.0.0.1',
            remotePort: 80,
            family: 4 as const,
            proxy: null,
            tls: null,
            requestHeaders: {},
            status: 200,
            responseHeaders: {},
            bodyBytes: body.length,
            fault: null,
          };
          return { hop, headers: {}, body };
        },
        close() {},
      }),
      control: async ({ name }) => ({
        name,
        answered: true,
        latencyMs: 1,
        code: null,
        at: { wallMs: 0, monotonicMs: 0 },
      }),
      close: async () => void asked.push('closed'),
    };
    return { wire, asked };
  }

  it('runs probes here, over the wire it was given', async () => {
    const { wire, asked } = fakeWire();
    const context = { baseUrl: 'https://any.example.com', pinned: {}, own: { sumdb: null } };
    const bookOf = (userAgent: string) => ({ access: { any: access(userAgent) }, context: { any: context } });
    const workers = createInlineWorkers({ book: bookOf('first'), wire, clock: manualTime().clock });
    const probing = workers.probe(due('any'));
    expect(workers.inFlight()).toBe(1);
    expect([(await probing).sample.outcome, workers.inFlight()]).toEqual([ok, 0]);
    await workers.configure(bookOf('second'));
    await workers.probe(due('any'));
    expect(await workers.control(control('c'))).toMatchObject({ answered: true });
    expect(workers.loopDelays()).toEqual([{ worker: 0, delaysMs: [] }]);
    await workers.close();
    const url = 'https://any.example.com/example.com/m/@v/v1.0.0.mod';
    expect(asked).toEqual([`first ${url}`, `second ${url}`, 'closed']);
  });

  it('a wire that throws is a defect, not a rejection', async () => {
    const { wire } = fakeWire();
    const broken = {
      ...wire,
      open: () => {
        throw new Error('broken');
      },
    };
    const context = { baseUrl: 'https://any.example.com', pinned: {}, own: { sumdb: null } };
    const workers = createInlineWorkers({
      book: { access: { any: access('x') }, context: { any: context } },
      wire: broken,
      clock: manualTime().clock,
    });
    expect((await workers.probe(due('any'))).sample.outcome).toEqual(defect);
  });
});

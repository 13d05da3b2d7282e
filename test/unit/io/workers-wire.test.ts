import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Wire } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { createWorkers } from '../../../src/io/workers.ts';
import { patienceMs } from '../../support/patience.ts';
import { createInlineWorkers } from '../../support/workers-inline.ts';
import { manualTime } from './manual-time.ts';
import { access, defect, due, ok } from './workers-pool.ts';

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

it('a wire that throws is a defect, not a rejection', async () => {
  const wire: Wire = {
    open: () => {
      throw new Error('broken');
    },
    control: () => Promise.reject(new Error('broken')),
    close: () => Promise.resolve(),
  };
  const context = { baseUrl: 'https://any.example.com', pinned: {}, own: { sumdb: null } };
  const known = { access: { any: access('x') }, context: { any: context } };
  const workers = createInlineWorkers({ book: known, wire, clock: manualTime().clock });
  expect((await workers.probe(due('any'))).sample.outcome).toEqual(defect);
});

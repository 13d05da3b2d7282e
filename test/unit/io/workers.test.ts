import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import type { HopAnswer, Wire, WireAccess, WorkerBook, Workers } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { createWorkers } from '../../../src/io/workers.ts';
import { declared } from '../../support/declared.ts';
import { patienceMs, until } from '../../support/patience.ts';
import { createInlineWorkers } from '../../support/workers-inline.ts';
import { type ManualTime, manualTime } from './manual-time.ts';

const entry = new URL('./fake-worker.ts', import.meta.url);
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

const access = (userAgent: string, url = 'https://any.example.com'): WireAccess => ({
  registry: 'any',
  url,
  ca: [],
  client: null,
  pin: null,
  auth: null,
  proxy: null,
  family: null,
  dnsServer: null,
  allowHosts: [],
  userAgent,
});
const book = (userAgent: string): WorkerBook => ({ access: { any: access(userAgent) }, context: {} });

function due(registry: string, over: Partial<Due> = {}): Due {
  return {
    probeId: `probe-${registry}`,
    target: {
      id: `${registry}|example.com/m|v1.0.0|mod`,
      ecosystem: 'go',
      upstream: 'go',
      registry,
      module: 'example.com/m',
      version: 'v1.0.0',
      step: 'mod',
      ...declared('mod'),
      canary: true,
    },
    connection: 'cold',
    purpose: 'scheduled',
    timeoutMs: 1_000,
    plannedAtMs: 0,
    round: null,
    ...over,
  };
}
const control = (name: string) => ({ name, url: 'tcp://192.0.2.1:53', timeoutMs: 1_000 });

function pool(count: number): { workers: Workers; time: ManualTime; lines: { message: string; fields: unknown }[] } {
  const time = manualTime();
  const lines: { message: string; fields: unknown }[] = [];
  const write = (message: string, fields?: unknown) => void lines.push({ message, fields });
  const log = { debug: write, info: write, warn: write, error: write };
  const workers = createWorkers({ count, book: book('first'), clock: time.clock, timers: time.timers, log, entry });
  undo.push(() => workers.close());
  return { workers, time, lines };
}

/** Until a thread has begun to spin in an answer. */
async function isReading(workers: Workers): Promise<void> {
  await until(
    'a thread reads an answer',
    () => workers.loopDelays().flatMap(({ delaysMs }) => delaysMs),
    (delaysMs) => delaysMs.includes(77),
  );
}

const ok = { tag: 'ok' };
const defect = { tag: 'unknown', because: 'defect' };

describe('createWorkers', () => {
  it('answers with what the thread found', async () => {
    const { workers } = pool(2);
    const { sample } = await workers.probe(due('answer'));
    expect([sample.outcome, sample.due, workers.inFlight()]).toEqual([ok, due('answer'), 0]);
    expect(await workers.control(control('answer'))).toMatchObject({ name: 'answer', answered: true });
  });

  it('takes the second answer to one job for nothing', async () => {
    const { workers } = pool(1);
    await workers.probe(due('answer twice'));
    expect([(await workers.probe(due('answer'))).sample.outcome, workers.inFlight()]).toEqual([ok, 0]);
  });

  const zip = { ...due('answer').target, step: 'zip', ...declared('zip'), canary: false };
  it('has one thread while it is enough', async () => {
    const { workers } = pool(3);
    const answers = await Promise.all(Array.from({ length: limits.workerCrowd }, () => workers.probe(due('answer'))));
    expect(answers.map(({ sample }) => sample.worker)).toEqual(Array(limits.workerCrowd).fill(0));
  });

  it('shares jobs out among threads where one has its fill', async () => {
    const { workers } = pool(3);
    const held = Array.from({ length: 2 * limits.workerCrowd }, () => workers.probe(due('hold')));
    const released = [workers.probe(due('release')), workers.probe(due('release'))];
    const by = (await Promise.all([...held, ...released])).map(({ sample }) => sample.worker);
    expect([0, 1, 2].map((worker) => by.filter((one) => one === worker).length)).toEqual([
      limits.workerCrowd + 1,
      limits.workerCrowd + 1,
      0,
    ]);
  });

  it('ends a thread that was not needed for a while, and starts it again', async () => {
    const { workers, time } = pool(2);
    const heavy = async () => (await workers.probe(due('answer', { target: zip }))).sample;
    // What each thread says at its start is here when it has answered.
    await Promise.all([workers.control(control('answer')), heavy()]);
    workers.loopDelays();
    time.leap(limits.workerIdleMs - 1_000);
    time.pass(1_000);
    expect(await heavy()).toMatchObject({ worker: 1, outcome: ok });
    // Needed just now: it is the same one, which says nothing of a start.
    expect(workers.loopDelays()).toEqual([
      { worker: 0, delaysMs: [] },
      { worker: 1, delaysMs: [] },
    ]);
    time.leap(2 * limits.workerIdleMs);
    time.pass(1_000);
    expect(await heavy()).toMatchObject({ worker: 1, outcome: ok });
    // Born again: it says what a thread says at its start.
    expect(workers.loopDelays()).toEqual([
      { worker: 0, delaysMs: [] },
      { worker: 1, delaysMs: [1, 0.5] },
    ]);
  });

  it('does not end a thread that has something in hand, needed or not', async () => {
    const { workers, time } = pool(3);
    const both = Array.from({ length: 2 * limits.workerCrowd }, () => workers.probe(due('hold')));
    await Promise.all([...both, workers.probe(due('release')), workers.probe(due('release'))]);
    time.leap(limits.workerIdleMs - 1_000);
    time.pass(1);
    // One thread would do; each has one, because there are two.
    const held = [1, 2].map(() => workers.probe(due('hold', { timeoutMs: limits.timeoutMsMax })));
    time.leap(10_000);
    time.pass(1_000);
    await Promise.all([workers.probe(due('release')), workers.probe(due('release'))]);
    const done = (await Promise.all(held)).map(({ sample }) => [sample.worker, sample.outcome]);
    expect(done).toEqual([
      [0, ok],
      [1, ok],
    ]);
  });

  it('gives a mirror that held its thread to a thread apart for an hour, and says so once', async () => {
    const { workers, time, lines } = pool(2);
    const threadOf = async (registry: string, over = {}) => (await workers.probe(due(registry, over))).sample.worker;
    expect([await threadOf('held'), await threadOf('held'), await threadOf('answer')]).toEqual([0, 2, 0]);
    // A heavy step of the same mirror too; those of others stay where they were.
    const heldZip = { ...zip, registry: 'held' };
    expect([await threadOf('held', { target: heldZip }), await threadOf('answer', { target: zip })]).toEqual([2, 1]);
    expect(lines).toEqual([
      {
        message: expect.stringContaining('held a probing thread'),
        fields: expect.objectContaining({ registry: 'held' }),
      },
    ]);
    time.leap(limits.heldApartMs);
    expect(await threadOf('held')).toBe(0);
  });

  it('makes the probes of a build in one thread, and none but its first for a mirror that is probed apart', async () => {
    const { workers } = pool(4);
    // The thread of the first has its fill with it: others go to the next one.
    const crowd = Array.from({ length: limits.workerCrowd - 1 }, () => workers.probe(due('answer')));
    const build = { id: 'b', size: 4 };
    const first = workers.probe(due('answer', { build }));
    const other = workers.probe(due('answer'));
    const rest = [1, 2, 3].map(() => workers.probe(due('answer', { build, purpose: 'build', connection: 'warm' })));
    const threads = (await Promise.all([first, ...rest, other])).map(({ sample }) => sample.worker);
    expect(threads).toEqual([0, 0, 0, 0, 1]);
    await Promise.all(crowd);
    await workers.probe(due('held'));
    const apart = await workers.probe(due('held', { build, purpose: 'build', connection: 'warm' }));
    expect(apart.sample.outcome).toEqual({ tag: 'unknown', because: 'local' });
    expect((await workers.probe(due('held', { build }))).sample.outcome).toEqual(ok);
  });

  it('shares the only thread with any job that holds it', async () => {
    const { workers } = pool(1);
    await workers.probe(due('held'));
    expect((await workers.probe(due('held'))).sample).toMatchObject({ worker: 0, outcome: ok });
  });

  it('names the mirror whose answer a thread hangs in, and probes it apart, also while that thread is replaced', async () => {
    const { workers, time, lines } = pool(2);
    await workers.control(control('answer'));
    const [stuck, beside] = ['spin reading', 'hold'].map((registry) =>
      workers.probe(due(registry, { timeoutMs: limits.timeoutMsMax })),
    );
    await isReading(workers);
    time.pass(limits.workerHangMs + 1_000);
    expect((await stuck)?.sample).toMatchObject({ outcome: defect, heldMs: limits.workerHangMs });
    expect((await beside)?.sample.heldMs).toBeUndefined();
    expect(lines.map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ worker: 0, why: 'hung' }),
      expect.objectContaining({ worker: 0, registry: 'spin reading', heldMs: limits.workerHangMs }),
    ]);
    time.pass(200);
    const again = workers.probe(due('spin reading', { timeoutMs: limits.timeoutMsMax }));
    expect((await workers.probe(due('answer'))).sample).toMatchObject({ worker: 0, outcome: ok });
    await isReading(workers);
    time.pass(limits.workerHangMs + 2_000);
    expect((await again).sample).toMatchObject({ worker: 2, outcome: defect });
    // Its thread is not there yet: it waits, and holds no other.
    void workers.probe(due('spin reading'));
    expect(workers.inFlight()).toBe(1);
    time.pass(100);
    expect((await workers.probe(due('answer'))).sample).toMatchObject({ outcome: ok });
  });

  it('names the mirror of a probe that was given up while its thread was silent in it', async () => {
    const { workers, time } = pool(2);
    await workers.control(control('answer'));
    const stuck = workers.probe(due('spin reading', { timeoutMs: 100 }));
    await isReading(workers);
    time.pass(100 * (limits.asideTimeouts + 1) + 5_000);
    expect((await stuck).sample.heldMs).toBeGreaterThanOrEqual(limits.threadHeldMs);
  });

  it('ends the thread apart when it is free', async () => {
    const { workers, time } = pool(2);
    const held = async () => (await workers.probe(due('held'))).sample.worker;
    expect([await held(), await held()]).toEqual([0, 2]);
    workers.loopDelays();
    time.leap(limits.apartIdleMs + 1_000);
    time.pass(1_000);
    await held();
    expect(workers.loopDelays()).toContainEqual({ worker: 2, delaysMs: [2, 0.5] });
  });

  it('gives heavy steps to the last thread, and nothing else', async () => {
    const { workers } = pool(3);
    const heavy = await Promise.all([1, 2, 3].map(() => workers.probe(due('answer', { target: zip }))));
    const light = await Promise.all([1, 2, 3].map(() => workers.probe(due('answer'))));
    const peek = await workers.probe(due('answer', { target: zip, purpose: 'peek' }));
    expect(heavy.map(({ sample }) => sample.worker)).toEqual([2, 2, 2]);
    expect(peek.sample.worker).toBe(0);
    expect(light.map(({ sample }) => sample.worker)).toEqual([0, 0, 0]);
  });

  it('has at most so many with one thread; others wait, controls do not', async () => {
    const { workers, lines } = pool(1);
    const held = Array.from({ length: limits.workerInFlight }, () => workers.probe(due('hold')));
    const waiting = workers.probe(due('answer'));
    expect(await workers.control(control('answer'))).toMatchObject({ answered: true });
    expect(workers.inFlight()).toBe(limits.workerInFlight + 1);
    expect(await workers.control(control('release'))).toMatchObject({ answered: true });
    const outcomes = (await Promise.all([...held, waiting])).map(({ sample }) => sample.outcome.tag);
    expect([new Set(outcomes), workers.inFlight(), lines]).toEqual([new Set(['ok']), 0, []]);
  });

  it('gives threads another book', async () => {
    const { workers } = pool(2);
    await workers.configure(book('second'));
    const samples = await Promise.all([workers.probe(due('answer')), workers.probe(due('answer'))]);
    expect(samples.map(({ sample }) => sample.finalUrl)).toEqual(['second', 'second']);
  });

  it('gives threads no book that they have', async () => {
    const { workers } = pool(1);
    const heard: number[] = [];
    for (const userAgent of ['first', 'first', 'second', 'second', 'first']) {
      await workers.configure(book(userAgent));
      heard.push((await workers.probe(due('answer'))).sample.requests);
    }
    expect(heard).toEqual([0, 0, 1, 1, 2]);
  });

  it('hands loop delays on once, by thread', async () => {
    const { workers } = pool(3);
    // An answer from each that is awake: what a thread said before is here then.
    await Promise.all([workers.control(control('answer')), workers.probe(due('answer', { target: zip }))]);
    expect(workers.loopDelays()).toEqual([
      { worker: 0, delaysMs: [0, 0.5] },
      { worker: 1, delaysMs: [] },
      { worker: 2, delaysMs: [2, 0.5] },
    ]);
    expect(workers.loopDelays()).toEqual([
      { worker: 0, delaysMs: [] },
      { worker: 1, delaysMs: [] },
      { worker: 2, delaysMs: [] },
    ]);
  });

  const deaths: readonly (readonly [registry: string, why: string])[] = [
    ['exit', 'exited'],
    ['throw', 'crashed'],
  ];
  it.each(deaths)(
    'replaces a thread that died (%s): what it had in hand is a defect, counted and logged',
    async (registry, why) => {
      const { workers, time, lines } = pool(1);
      const held = workers.probe(due('hold'));
      const { sample, transcript } = await workers.probe(due(registry));
      expect([sample.outcome, (await held).sample.outcome]).toEqual([defect, defect]);
      expect(sample).toMatchObject({
        due: due(registry),
        rttMs: null,
        phases: {},
        requests: 0,
        wireBytes: 0,
        status: null,
      });
      expect(transcript).toMatchObject({ probeId: due(registry).probeId, hops: [], verdict: { outcome: defect } });
      expect(lines).toEqual([
        {
          message: 'worker thread is replaced',
          fields: expect.objectContaining({ worker: 0, why, inHand: 2, replaced: 1 }),
        },
      ]);
      const next = workers.probe(due('answer'));
      expect(workers.inFlight()).toBe(1);
      time.pass(200);
      expect((await next).sample.outcome).toEqual(ok);
    },
  );

  it('replaces with the newest book', async () => {
    const { workers, time } = pool(1);
    await workers.probe(due('exit'));
    await workers.configure(book('second'));
    time.pass(200);
    expect((await workers.probe(due('answer'))).sample.finalUrl).toBe('second');
  });

  it('waits longer each time a thread dies of its start, and not after one that lived', async () => {
    const { workers, time, lines } = pool(1);
    const waits: number[] = [];
    for (let death = 0; death < 9; death += 1) {
      await workers.probe(due('exit'));
      const before = time.pending();
      let waited = 0;
      while (time.pending() >= before && waited < 20_000) {
        time.pass(100);
        waited += 100;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
    time.pass(10_000);
    await workers.probe(due('exit'));
    time.pass(100);
    expect([(await workers.probe(due('answer'))).sample.outcome, lines.length]).toEqual([ok, 10]);
  });

  it('replaces a thread that hangs in a loop', async () => {
    const { workers, time, lines } = pool(2);
    await Promise.all([workers.control(control('answer')), workers.probe(due('answer', { target: zip }))]);
    const stuck = workers.probe(due('spin', { timeoutMs: limits.timeoutMsMax }));
    const other = workers.probe(due('hold', { target: zip, timeoutMs: limits.timeoutMsMax }));
    time.pass(limits.workerHangMs);
    expect(lines).toEqual([]);
    // The other thread says nothing either in this test, so both are replaced.
    time.pass(1_000);
    expect([(await stuck).sample.outcome, (await other).sample.outcome]).toEqual([defect, defect]);
    expect(lines.map(({ fields }) => fields)).toEqual(
      [0, 1].map((worker) => expect.objectContaining({ worker, why: 'hung' })),
    );
    time.pass(200);
    expect((await workers.probe(due('answer'))).sample.outcome).toEqual(ok);
  });

  it('does not take our own standing still for the silence of threads', async () => {
    const { workers, time, lines } = pool(1);
    await workers.control(control('answer'));
    time.leap(10 * limits.workerHangMs);
    time.pass(limits.workerHangMs);
    expect(lines).toEqual([]);
  });

  it('asks a control again where its thread died', async () => {
    const { workers, time } = pool(1);
    const held = workers.control(control('hold'));
    await workers.probe(due('exit'));
    expect(workers.inFlight()).toBe(1);
    time.pass(200);
    await workers.control(control('release'));
    expect(await held).toMatchObject({ name: 'hold', answered: true });
  });

  it('gives a control up that two threads died over', async () => {
    const { workers, time, lines } = pool(3);
    const answer = await workers.control(control('exit'));
    expect(answer).toEqual({ name: 'exit', answered: false, latencyMs: null, code: 'defect', at: time.clock.now() });
    expect(lines.length).toBe(2);
  });

  it('gives a probe up that outlives all its deadlines', async () => {
    const { workers, time, lines } = pool(1);
    await workers.control(control('answer'));
    const endless = workers.probe(due('hold', { timeoutMs: 100 }));
    time.pass(100 * (limits.asideTimeouts + 1) + 4_999);
    expect(workers.inFlight()).toBe(1);
    time.pass(1);
    expect([(await endless).sample.outcome, workers.inFlight()]).toEqual([defect, 0]);
    expect(lines.map(({ message }) => message)).toEqual(['a probe outlived its deadlines and was given up']);
    expect((await workers.probe(due('release'))).sample.outcome).toEqual(ok);
  });

  it('ends: what is out or asked afterwards comes back as shutdown, no timer stays', async () => {
    const { workers, time } = pool(2);
    const held = workers.probe(due('hold'));
    const asked = workers.control(control('hold'));
    await workers.close();
    const shutdown = { tag: 'unknown', because: 'shutdown' };
    expect([(await held).sample.outcome, (await workers.probe(due('answer'))).sample.outcome]).toEqual([
      shutdown,
      shutdown,
    ]);
    expect([(await asked).answered, workers.inFlight(), time.pending()]).toEqual([false, 0, 0]);
    await workers.configure(book('second'));
    await workers.close();
  });
});

describe('the real thread', () => {
  it('probes a mirror over its own wire, and says what it cannot probe', async () => {
    const body = 'module example.com/m\n';
    const server = createServer((request, response) =>
      response.end(request.url === '/example.com/m/@v/v1.0.0.mod' ? body : ''),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const context = { baseUrl: url, pinned: {}, own: { sumdb: null } };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const known = { access: { local: access('test', url) }, context: { local: context }, otherNames: [] };
    const workers = createWorkers({ count: 2, book: known, clock: systemClock, timers: systemTimers, log });
    undo.unshift(() => workers.close());
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
});

describe('createInlineWorkers', () => {
  const body = new TextEncoder().encode('module example.com/m\n');
  function fakeWire(): { wire: Wire; asked: string[] } {
    const asked: string[] = [];
    const wire: Wire = {
      open: ({ userAgent }) => ({
        async hop(request): Promise<HopAnswer> {
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

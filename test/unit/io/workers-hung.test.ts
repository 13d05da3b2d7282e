import { expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Workers } from '../../../src/core/ports.ts';
import { malformed } from '../../../src/words/tell.ts';
import { until } from '../../support/patience.ts';
import { book, control, defect, due, isReading, ok, pool } from './workers-pool.ts';

const timeoutMs = limits.timeoutMsMax;
const parsedTooLate = { tag: 'failed', failure: malformed('answer.parsed', { seconds: 5 }) };
/** The limit of the separate thread is shorter. */
const parsedApartTooLate = { tag: 'failed', failure: malformed('answer.parsed', { seconds: 3 }) };
const endedThread = { tag: 'failed', failure: malformed('answer.survived') };
const local = { tag: 'unknown', because: 'local' };
/** Longer than the silence of a thread that is replaced, by the interval of looks. */
const silentMs = limits.workerHangMs + 1_000;

/** Until this thread has sent its first heartbeat. */
const hasStarted = (workers: Workers, worker: number): Promise<unknown> =>
  until(
    `thread ${worker} has started`,
    () => workers.loopDelays().filter((one) => one.worker === worker && one.delaysMs.length > 0),
    (told) => told.length > 0,
  );

const mirrorsOf = (lines: readonly { readonly fields: unknown }[]): unknown[] =>
  lines.flatMap(({ fields }) => (fields as { registry?: string }).registry ?? []);

it('a thread that hangs is replaced after 5 s of silence, and one that starts after 30 s', async () => {
  expect([limits.workerHangMs, limits.workerStartMs]).toEqual([5_000, 30_000]);
  const { workers, time, lines } = pool(2);
  time.pass(limits.workerStartMs);
  expect(lines).toEqual([]);
  await workers.control(control('answer'));
  void workers.probe(due('spin', { timeoutMs }));
  time.pass(limits.workerHangMs);
  expect(lines).toEqual([]);
  time.pass(1_000);
  expect(lines.map(({ fields }) => fields)).toEqual([expect.objectContaining({ worker: 0, why: 'hung' })]);
});

it('where the response is known, its probe has failed at the first hang, and the others are repeated at once', async () => {
  const { workers, time, lines } = pool(2);
  const [stuck, ...beside] = ['spin reading', 'answer later', 'spin reading'].map((registry) =>
    workers.probe(due(registry, { timeoutMs })),
  );
  await isReading(workers);
  void workers.configure(book('second'));
  time.pass(silentMs);
  expect((await stuck)?.sample).toMatchObject({ worker: 0, outcome: parsedTooLate, heldMs: limits.workerHangMs });
  expect((await stuck)?.transcript.verdict.outcome).toEqual(parsedTooLate);
  expect(mirrorsOf(lines)).toEqual(['spin reading']);
  expect(workers.inFlight()).toBe(2);
  // The second probe of the mirror is repeated in the separate thread, where it alone can hang.
  await isReading(workers);
  time.pass(200);
  expect((await beside[0])?.sample).toMatchObject({ worker: 0, outcome: ok });
  time.pass(silentMs);
  expect((await beside[1])?.sample).toMatchObject({
    worker: 2,
    outcome: parsedApartTooLate,
    heldMs: limits.apartHangMs,
  });
  // From now on each of its probes is one failed sample, as soon as the separate thread has hung.
  time.pass(200);
  const again = workers.probe(due('spin reading', { timeoutMs }));
  expect((await workers.probe(due('answer'))).sample).toMatchObject({ worker: 0, outcome: ok });
  await isReading(workers);
  time.pass(limits.apartHangMs + 1_000);
  expect((await again).sample).toMatchObject({ worker: 2, outcome: parsedApartTooLate });
});

it('however many mirrors hang threads, one after the other, no probe of another mirror is lost', async () => {
  const { workers, time } = pool(2);
  const beside = workers.probe(due('answer later', { timeoutMs }));
  for (const name of ['first', 'second', 'third']) {
    const stuck = workers.probe(due(`spin reading ${name}`, { timeoutMs }));
    await isReading(workers);
    if (name === 'third') void workers.configure(book('second'));
    time.pass(silentMs);
    expect((await stuck).sample).toMatchObject({ outcome: parsedTooLate });
    time.pass(10_000);
    await hasStarted(workers, 0);
  }
  expect((await beside).sample).toMatchObject({ worker: 0, outcome: ok });
});

it('where it is not known, each mirror is repeated alone; one that passes is cleared, and a new probe of it waits', async () => {
  const { workers, time, lines } = pool(2);
  await workers.control(control('answer'));
  const [first, stuck, last] = [
    workers.probe(due('answer later', { timeoutMs })),
    workers.probe(due('spin', { timeoutMs })),
    workers.probe(due('hold', { timeoutMs })),
  ];
  void workers.configure(book('second'));
  time.pass(silentMs);
  const waiting = workers.probe(due('hold', { timeoutMs }));
  expect((await first)?.sample).toMatchObject({ worker: 2, outcome: ok, finalUrl: 'second' });
  expect(mirrorsOf(lines)).toEqual([]);
  await hasStarted(workers, 2);
  time.pass(silentMs);
  expect((await stuck)?.sample).toMatchObject({ worker: 2, outcome: parsedApartTooLate, heldMs: limits.apartHangMs });
  expect(mirrorsOf(lines)).toEqual(['spin']);
  expect(workers.inFlight()).toBe(2);
  await workers.close();
  const shutdown = { tag: 'unknown', because: 'shutdown' };
  expect([(await last).sample.outcome, (await waiting).sample.outcome]).toEqual([shutdown, shutdown]);
});

it('a thread that dies clears who else was in it in the same way', async () => {
  const { workers, time, lines } = pool(2);
  await workers.control(control('answer'));
  const beside = workers.probe(due('answer later', { timeoutMs }));
  void workers.configure(book('second'));
  const deadly = workers.probe(due('throw', { timeoutMs }));
  expect((await beside).sample).toMatchObject({ worker: 2, outcome: ok });
  expect((await deadly).sample).toMatchObject({ worker: 2, outcome: defect });
  expect((await deadly).sample.heldMs).toBeUndefined();
  expect(mirrorsOf(lines)).toEqual(['throw']);
  expect(lines.filter(({ message }) => message === 'worker thread is replaced')).toHaveLength(2);
  time.pass(500);
  // This machine may have caused two deaths. If the mirror's next response ends the separate thread too, it has failed.
  expect((await workers.probe(due('throw', { timeoutMs }))).sample).toMatchObject({ worker: 2, outcome: endedThread });
  expect((await workers.probe(due('answer'))).sample).toMatchObject({ worker: 0, outcome: ok });
});

it('a build that had begun cannot be repeated: its mirror gets no more builds for a time', async () => {
  const { workers, time, lines } = pool(2);
  await workers.control(control('answer'));
  const build = { id: 'a build', size: 3 };
  const one = () => workers.probe(due('hold', { timeoutMs, build, purpose: 'build', connection: 'warm' }));
  const [a, b] = [one(), one()];
  time.pass(silentMs);
  expect([(await a).sample.outcome, (await b).sample.outcome]).toEqual([local, local]);
  expect(mirrorsOf(lines)).toEqual(['hold']);
  expect((await one()).sample.outcome).toEqual(local);
  time.pass(200);
  expect((await workers.probe(due('answer'))).sample).toMatchObject({ worker: 0, outcome: ok });
});

it('in a pool with one thread, the other probes are repeated once', async () => {
  const { workers, time } = pool(1);
  const spin = () => workers.probe(due('spin reading', { timeoutMs }));
  const stuck = spin();
  const beside = workers.probe(due('hold', { timeoutMs }));
  await isReading(workers);
  time.pass(silentMs);
  expect((await stuck).sample).toMatchObject({ outcome: parsedTooLate, heldMs: limits.workerHangMs });
  time.pass(200);
  const second = spin();
  await isReading(workers);
  time.pass(silentMs);
  expect((await second).sample).toMatchObject({ outcome: parsedTooLate });
  expect((await beside).sample.outcome).toEqual(local);
});

import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { book, control, due, isReading, ok, pool, zip } from './workers-pool.ts';

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

  it('gives an artifact that was small when it was last read to any thread', async () => {
    const { workers } = pool(3);
    const small = async (over: Partial<typeof zip> = {}) =>
      (await workers.probe(due('small', { target: { ...zip, ...over, registry: 'small' } }))).sample.worker;
    expect([await small(), await small(), await small({ id: 'other' })]).toEqual([2, 0, 2]);
  });

  it.each([
    [undefined, limits.workerInFlight],
    [5, 5],
  ])('has at most so many with one thread; others wait, controls do not (bound: %s)', async (probesAtOnce, most) => {
    const { workers, lines } = pool(1, undefined, probesAtOnce);
    const held = Array.from({ length: most }, () => workers.probe(due('hold')));
    const waiting = workers.probe(due('answer'));
    expect(await workers.control(control('answer'))).toMatchObject({ answered: true });
    expect(workers.inFlight()).toBe(most + 1);
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
});

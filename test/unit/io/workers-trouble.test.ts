import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { until } from '../../support/patience.ts';
import { book, control, defect, due, entry, isReading, ok, pool } from './workers-pool.ts';

describe('threads that die or hang', () => {
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

  it('tries again where no thread can be created, as where none is left', async () => {
    const file = new URL(entry);
    const { workers, time, lines } = pool(1, file);
    // A file that no thread can have: the constructor throws, as it does at a limit of threads.
    file.href = 'http://nowhere.invalid/';
    await workers.probe(due('exit'));
    time.pass(200);
    await until(
      'it is told',
      () => lines.length,
      (count) => count === 2,
    );
    expect(lines[1]).toMatchObject({ message: 'worker thread is replaced', fields: { why: 'crashed', replaced: 2 } });
    file.href = entry.href;
    const next = workers.probe(due('answer'));
    time.pass(400);
    expect((await next).sample.outcome).toEqual(ok);
  });

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

  it('fails a probe that outlives its deadlines while its response is processed piece by piece', async () => {
    const { workers, time } = pool(1);
    await workers.control(control('answer'));
    const long = workers.probe(due('hold reading', { timeoutMs: 100 }));
    await isReading(workers);
    time.pass(100 * (limits.asideTimeouts + 1) + 4_999);
    // The thread is not silent.
    await workers.control(control('answer'));
    time.pass(1);
    expect((await long).sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'malformed' } });
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

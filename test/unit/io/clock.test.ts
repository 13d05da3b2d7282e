import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';

describe('systemClock', () => {
  it('never runs backwards and moves in less than a millisecond', () => {
    const seen = new Set<number>();
    let before = systemClock.monotonicMs();
    for (let n = 0; n < 10_000; n += 1) {
      const at = systemClock.monotonicMs();
      expect(at).toBeGreaterThanOrEqual(before);
      before = at;
      seen.add(at % 1);
    }
    expect(seen.size).toBeGreaterThan(10);
  });

  it('returns the same monotonic time in every thread', async () => {
    const url = new URL('../../../src/io/clock.ts', import.meta.url).href;
    const source = `const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(url)}).then(({ systemClock }) => parentPort.postMessage(systemClock.monotonicMs()));`;
    const before = systemClock.monotonicMs();
    const worker = new Worker(source, { eval: true });
    const there = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const after = systemClock.monotonicMs();
    await worker.terminate();
    expect(there).toBeGreaterThan(before);
    expect(there).toBeLessThan(after);
  });

  it('returns wall time in milliseconds since 1970, together with the monotonic time', () => {
    const [before, now, after] = [Date.now(), systemClock.now(), Date.now()];
    expect(now.wallMs).toBeGreaterThanOrEqual(before);
    expect(now.wallMs).toBeLessThanOrEqual(after);
    expect(now.monotonicMs).toBeLessThanOrEqual(systemClock.monotonicMs());
  });
});

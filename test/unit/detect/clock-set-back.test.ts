import { expect, it } from 'vitest';
import { Shelves, versions } from './freshness-world.ts';

const hour = 3_600_000;

it('after a restart with a clock that was set back, lists are compared from the first response on', () => {
  const mirrors = ['o', 'a'];
  const before = new Shelves({ mirrors, origin: 'o', limitMs: 600_000 });
  const see = (lists: Shelves, registry: string, fromMs: number, ...newest: readonly string[]) =>
    lists.see({ registry, fromMs, toMs: fromMs + 100, contents: versions(...newest) });
  for (const name of mirrors) see(before, name, 10 * hour, 'v1.0.0');
  before.keep(
    before.detector.flush({ wallMs: Date.UTC(2026, 0, 1) + 10 * hour + 1_000, monotonicMs: 10 * hour + 1_000 }),
  );
  const startMs = 2 * hour;
  const after = new Shelves({ mirrors, origin: 'o', limitMs: 600_000, restored: [...before.rows.values()], startMs });
  for (let n = 1; n <= 12; n += 1) {
    see(after, 'o', startMs + n * 300_000, 'v1.0.0', ...(n > 1 ? ['v1.1.0'] : []));
    see(after, 'a', startMs + n * 300_000 + 1_000, 'v1.0.0');
  }
  expect(after.story()).toEqual(['a opened behind']);
});

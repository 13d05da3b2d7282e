import { afterEach, expect, it } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import type { StoreBatch } from '../../src/core/ports.ts';
import { refuses } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

it('changes without a notice are written together each ten seconds; findings and notices in the turn in which they came', async () => {
  const commits: { readonly atMs: number; readonly tables: ReadonlySet<string> }[] = [];
  const world = await startWorld({
    yaml: threeMirrors({ every: '5s' }),
    script: (asked) => (asked.registry === 'a' && asked.atMs >= 60_000 ? refuses : well(asked)),
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        commit(batch: StoreBatch) {
          const tables = new Set([...batch.puts.map(({ table }) => table), ...batch.deletes.map(({ table }) => table)]);
          commits.push({ atMs: ports.clock.monotonicMs(), tables });
          return ports.store.commit(batch);
        },
      },
    }),
  });
  await world.seconds(600);
  const told = ['finding', 'advice', 'outbox', 'meta', 'chain', 'pause'];
  const quiet = commits.filter(({ tables }) => told.every((table) => !tables.has(table)));
  const early = quiet.filter(({ atMs }) => {
    const before = commits.filter((one) => one.atMs < atMs).at(-1);
    return before !== undefined && atMs - before.atMs < limits.commitMs;
  });
  expect(early).toEqual([]);
  expect(quiet.length).toBeGreaterThan(2);
  // A calm minute, after that of the start.
  expect(commits.filter(({ atMs }) => atMs < 60_000).length).toBeLessThanOrEqual(10);
  // The outage is told with the row of its finding, in one transaction.
  expect(commits.filter(({ tables }) => tables.has('outbox') && tables.has('finding')).length).toBeGreaterThan(0);
});

it('while the disk is full, commits take a tenth of the time at most, and rows that wait are bounded', async () => {
  const tookMs = 400;
  let shiftMs = 0;
  let isFull = true;
  const tried: { readonly atMs: number; readonly puts: number; readonly deletes: number }[] = [];
  // Many failing targets: in these minutes more rows come than may wait.
  const modules = Array.from({ length: 8 }, (_, at) => `"example.com/m${at}@v1.0.0"`).join(', ');
  const world = await startWorld({
    yaml: threeMirrors({ every: '5s', modules }),
    script: (asked) => (asked.registry === 'a' ? refuses : well(asked)),
    ports: (ports) => {
      const { clock, store } = ports;
      const monotonicMs = (): number => clock.monotonicMs() + shiftMs;
      return {
        ...ports,
        clock: { ...clock, monotonicMs, now: () => ({ wallMs: clock.wallMs() + shiftMs, monotonicMs: monotonicMs() }) },
        store: {
          ...store,
          commit(batch: StoreBatch) {
            tried.push({ atMs: monotonicMs(), puts: batch.puts.length, deletes: batch.deletes.length });
            if (!isFull) return store.commit(batch);
            shiftMs += tookMs;
            return { tag: 'error' as const, error: { kind: 'full' as const, code: 'SQLITE_FULL' } };
          },
        },
      };
    },
  });
  await world.seconds(360);
  const gaps = tried.slice(1).map(({ atMs }, i) => atMs - (tried[i]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10 * tookMs);
  // As many as may wait were reached, and those of the last seconds are more.
  const most = Math.max(...tried.map(({ puts }) => puts));
  expect([most > 2_000, most < 2_100], String(most)).toEqual([true, true]);
  isFull = false;
  await world.seconds(10);
  expect(world.log.slice(-2).map(({ message }) => message)).toEqual(['state is written again', 'finding closed']);
});

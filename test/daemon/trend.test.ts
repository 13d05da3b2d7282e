import { afterEach, expect, test } from 'vitest';
import { trendGrids } from '../../src/core/trend.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

interface Cell {
  readonly startAt: string;
  readonly canary: { readonly ok: number; readonly failed: number; readonly p50Seconds: number | null };
  readonly failures: Readonly<Record<string, number>>;
}

async function cellsOf(world: World, range: string): Promise<readonly Cell[]> {
  const reply = await world.get(`/api/v1/mirrors/a/trend?range=${range}`);
  return reply.json<{ cells: readonly Cell[] }>().cells;
}

const asked = ({ canary: { ok, failed } }: Cell): number => ok + failed;

test('measurements are reported by the minute, failures by their reason', async () => {
  const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 120, 180) });
  await world.seconds(300);
  const cells = await cellsOf(world, 'hour');
  // The canary goes every five seconds; the first and the last minute are not whole, and a mirror in doubt is asked in rounds.
  expect(cells.slice(1, -1).every((cell) => asked(cell) >= 6 && asked(cell) <= 13)).toBe(true);
  expect(Object.keys(Object.assign({}, ...cells.map(({ failures }) => failures)))).toEqual(['refused']);
  expect(cells.filter(({ failures }) => 'refused' in failures).length).toBeLessThanOrEqual(2);
  const [day] = await cellsOf(world, 'day');
  expect(day?.canary.p50Seconds).toBeGreaterThan(0);
});

test('a kill forgets a minute at most', async () => {
  const before = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 9_999) });
  await before.seconds(400);
  const was = await cellsOf(before, 'hour');
  const week = (await cellsOf(before, 'week')).reduce((sum, cell) => sum + asked(cell), 0);
  const after = await before.restart({ script: but(refuses, 'a', 9_999) });
  await after.seconds(150);
  const is = await cellsOf(after, 'hour');
  const kept = is.filter(({ startAt }) => startAt < (was.at(-1)?.startAt ?? ''));
  // Cells that had been closed a minute before the kill are there as they were.
  const told = ({ startAt, canary }: Cell): unknown => [startAt, canary.ok, canary.failed];
  expect(kept.slice(0, was.length - 2).map(told)).toEqual(was.slice(0, -2).map(told));
  expect(was.length).toBeGreaterThan(5);
  const again = (await cellsOf(after, 'week')).reduce((sum, cell) => sum + asked(cell), 0);
  // And what came since: thirty of the canary.
  expect(again).toBeGreaterThanOrEqual(week - 14 + 25);
  expect(is.length).toBeLessThanOrEqual(trendGrids.hour.cells);
});

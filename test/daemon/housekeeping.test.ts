import { afterEach, expect, it } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import type { Table } from '../../src/core/ports.ts';
import { memoryStore } from './memory-store.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const hour = 3_600;
/** As rare as is enough for rows of each table: what is asked for in a day is not what these tests are about. */
const rarely = (over: Parameters<typeof threeMirrors>[0] = {}): string =>
  threeMirrors({ every: '5m', ...over }).replaceAll(': 60s', ': 10m');
const keepingAnHour = (text: string): string => text.replace('state: {', 'state: { keep: 1h,');

it('each table that grows with probes or changes is bounded by a number of rows too: a mirror may fail for weeks', async () => {
  const trimmed = new Map<Table, number>();
  const world = await startWorld({
    yaml: rarely(),
    script: well,
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        trim(table: Table, rowsMax: number) {
          trimmed.set(table, rowsMax);
          return ports.store.trim(table, rowsMax);
        },
      },
    }),
  });
  await world.seconds(650);
  expect(Object.fromEntries(trimmed)).toEqual({
    probe: limits.probeRows,
    answer: limits.responseRows,
    cited: limits.citedRows,
    verdict: limits.verdictRows,
    aside: limits.asideRows,
  });
});

it('notes of earlier successes leave the file once nothing writes them again; those in use stay', async () => {
  const store = memoryStore();
  const noted = (): readonly string[] => [...store.rows.keys()].filter((key) => key.startsWith('seen/'));
  const before = await startWorld({
    yaml: keepingAnHour(
      rarely({ mirrors: `[ { name: a, ecosystem: go, url: "https://a.example.com" } ]`, every: '30m' }),
    ).replaceAll(': 10m', ': 30m'),
    script: well,
    store,
  });
  const row = { table: 'seen', key: 'a|example.com/gone|v0.1.0|mod', atMs: before.time.clock.wallMs(), value: {} };
  store.commit({ puts: [{ ...row, table: 'seen' as const }], deletes: [] });
  await before.seconds(24 * hour);
  expect(noted()).toContain(`seen/${row.key}`);
  const inUse = noted().filter((key) => key !== `seen/${row.key}`);
  expect(inUse.length).toBeGreaterThan(0);
  await before.seconds(2 * hour);
  expect(noted()).toEqual(inUse);
});

it('findings expire however they ended, by acknowledgement too; open ones stay', async () => {
  const store = memoryStore();
  const world = await startWorld({ yaml: keepingAnHour(rarely()), script: well, store });
  const atMs = world.time.clock.wallMs();
  const finding = {
    ...{
      kind: 'mismatch',
      ecosystem: null,
      upstream: null,
      registry: null,
      scope: [],
      cause: '',
      confidence: 'low',
      text: '',
    },
    ...{ openedAtMs: atMs, closedAtMs: null, actionable: false },
    evidence: {
      samples: 1,
      failures: 1,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: [],
    },
  };
  const puts = ['open', 'closed', 'acknowledged'].map((state) => ({
    ...{ table: 'finding' as const, key: state, atMs },
    value: { ...finding, id: state, state },
  }));
  store.commit({ puts, deletes: [] });
  await world.seconds(hour + 650);
  expect([...store.rows.keys()].filter((key) => key.startsWith('finding/'))).toEqual(['finding/open']);
});

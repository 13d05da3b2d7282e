import { afterEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric, mirrorOf, notices, told } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const unknown = (registry: string, because: string): string =>
  `mirror_probe_unknown_total{ecosystem="go",registry="${registry}",because="${because}"}`;
const attempts = (registry: string): string =>
  `mirror_probe_attempts_total{ecosystem="go",registry="${registry}",module="example.com/hello",version="v1.0.0",step="mod"}`;
const defectLines = (world: World): number =>
  world.log.filter(({ message }) => message === 'defect caught in the loop').length;

describe('a defect of ours', () => {
  test('workers that throw or reject for one mirror: unknown("defect") there, the others are watched', async () => {
    const world = await startWorld({
      yaml: threeMirrors(),
      script: well,
      ports: (ports) => ({
        ...ports,
        workers(book) {
          const workers = ports.workers(book);
          let turn = 0;
          return {
            ...workers,
            probe(due) {
              if (due.target.registry !== 'a') return workers.probe(due);
              turn += 1;
              if (turn % 2 === 0) throw new Error('boom');
              return Promise.reject(new Error('boom'));
            },
          };
        },
      }),
    });
    await world.seconds(60);
    // Twelve of the canary, three of slower steps.
    expect(await metric(world, unknown('a', 'defect'))).toBe(15);
    expect(await metric(world, attempts('a'))).toBe(0);
    expect(await metric(world, attempts('b'))).toBe(12);
    expect(await metric(world, unknown('b', 'defect'))).toBe(0);
    // However often it comes, it is logged at most once a minute for each place.
    expect(defectLines(world)).toBeLessThanOrEqual(4);
    expect((await world.get('/-/ready')).status).toBe(200);
  });

  test('a clock that a stage cannot bear once: counted, and on it goes', async () => {
    let bad = false;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: well,
      ports: (ports) => ({
        ...ports,
        random: {
          next: ports.random.next,
          id(nowWallMs) {
            if (!bad) return ports.random.id(nowWallMs);
            bad = false;
            throw new Error('no ids today');
          },
        },
      }),
    });
    await world.seconds(30);
    bad = true;
    await world.seconds(60);
    expect(defectLines(world)).toBe(1);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
    expect(await metric(world, attempts('b'))).toBeGreaterThanOrEqual(17);
  });

  test('a post that rejects is a failed delivery: tried again', async () => {
    let broken = true;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: but(refuses, 'a', 30),
      ports: (ports) => ({
        ...ports,
        post: { send: (message) => (broken ? Promise.reject(new Error('no socket')) : ports.post.send(message)) },
      }),
    });
    await world.seconds(45);
    expect(notices(world)).toEqual([]);
    broken = false;
    await world.seconds(60);
    expect(notices(world).sort()).toEqual(['advice proposed', 'outage']);
  });

  test('an event stream that goes away is none', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(10);
    const stream = await fetch(new URL('/api/v1/events', world.daemon.url));
    const reader = stream.body?.getReader();
    await world.seconds(10);
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value).length).toBeGreaterThan(0);
    await reader?.cancel();
    await world.seconds(10);
    expect(defectLines(world)).toBe(0);
  });
});

describe('a state file in trouble', () => {
  const writable = 'mirrorwatch_state_writable';

  test.each([
    ['a full disk', { kind: 'full', code: 'SQLITE_FULL' }],
    ['a file that became read-only', { kind: 'read_only', code: 'SQLITE_READONLY' }],
    ['a disk that fails', { kind: 'io', code: 'SQLITE_IOERR' }],
  ] as const)(
    '%s: watching, alerting and answering go on; a metric and the log say so; later nothing is lost',
    async (_, trouble) => {
      let world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
      await world.seconds(30);
      expect(await metric(world, writable)).toBe(1);
      world.store.trouble = trouble;
      const before = world.store.rows.size;
      await world.seconds(60);
      expect(world.store.rows.size).toBe(before);
      expect(await metric(world, writable)).toBe(0);
      expect((await world.get('/-/ready')).status).toBe(200);
      expect(notices(world)).toEqual(['self', 'outage', 'advice proposed']);
      expect((await adviceOf(world)).map(({ state }) => state)).toEqual(['proposed']);
      const said = world.log.filter(({ message }) => message.startsWith('state'));
      expect(said.map(({ level, message }) => [level, message])).toEqual([
        ['error', 'state cannot be written; watching goes on'],
      ]);
      world.store.trouble = null;
      await world.seconds(10);
      expect(await metric(world, writable)).toBe(1);
      expect(world.log.slice(-2).map(({ message }) => message)).toEqual(['state is written again', 'finding closed']);
      expect(notices(world).at(-1)).toBe('recovery self');
      const ids = world.posts.map(({ id }) => id);
      world = await world.restart();
      await world.seconds(20);
      // All that happened meanwhile is known to the next process, and nothing delivered is sent again.
      expect(world.posts).toEqual([]);
      expect(ids).toHaveLength(4);
      expect((await adviceOf(world)).map(({ state }) => state)).toEqual(['proposed']);
      expect((await mirrorOf(world, 'a')).state).toBe('down');
    },
  );

  test('a row that is no JSON is given up, not everything after it', async () => {
    let poisoned = true;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: well,
      ports: (ports) => {
        const store: Store = {
          ...ports.store,
          commit(batch) {
            if (poisoned && batch.puts.length > 0) {
              poisoned = false;
              throw new TypeError('Do not know how to serialize a BigInt');
            }
            return ports.store.commit(batch);
          },
        };
        return { ...ports, store };
      },
    });
    await world.seconds(90);
    expect(defectLines(world)).toBe(1);
    expect(world.store.rows.size).toBeGreaterThan(0);
    expect(await metric(world, writable)).toBe(1);
    expect(told(world)).toEqual(['vantage suspect false']);
  });
});

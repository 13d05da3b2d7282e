import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import { limits } from '../../src/core/limits.ts';
import type { Sample } from '../../src/core/sample.ts';
import { type Replayed, replayHistory } from '../../src/features/replay/replay.ts';
import { cronCalendar } from '../../src/io/calendar.ts';
import { createRandom } from '../../src/io/random.ts';
import { openStore } from '../../src/io/store.ts';
import { copyStore } from '../../src/io/store-copy.ts';
import { readResponseRow } from '../../src/state/answer-read.ts';
import { stateDir } from '../support/paths.ts';
import { epochMs } from './manual-time.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf } from './told.ts';
import { readConfig, startWorld, stopWorlds, type World } from './world.ts';

/** `a` is slow for two minutes, well for half an hour, dead for three minutes, then well. */
const eventful: Script = (asked) => {
  const at = asked.atMs / 1000;
  if (asked.registry === 'a' && at >= 120 && at < 240) return 1500;
  if (asked.registry === 'a' && at >= 2_040 && at < 2_220) return refuses;
  return well(asked);
};

const yaml = threeMirrors({ more: 'advise: { hold: 2m }' });

/** A daemon that writes a real state file. */
async function watched(script: Script, text = yaml): Promise<{ world: World; path: string }> {
  const path = join(stateDir('replay'), 'state.db');
  const world = await startWorld({
    yaml: text,
    script,
    ports(ports) {
      const opened = openStore(path, { clock: ports.clock });
      if (opened.tag === 'error') throw new Error(opened.error.kind);
      return { ...ports, store: opened.value.store };
    },
  });
  return { world, path };
}

function configOf(text: string): Config {
  const read = readConfig(text);
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

async function replayed(
  path: string,
  changed: Config | null,
  seconds: number,
  config = configOf(yaml),
): Promise<Replayed> {
  const copied = copyStore(path);
  if (copied.tag === 'error') throw new Error(copied.error.kind);
  const window = { sinceMs: epochMs, untilMs: epochMs + seconds * 1000 };
  const done = await replayHistory({
    ...{ copy: copied.value, config, changed, calendar: cronCalendar, ...window },
    progress: async () => false,
  });
  copied.value.close();
  if ('kind' in done) throw new Error(done.kind);
  return done;
}

/** The stored answers of mirrors. */
function readStored(path: string): readonly Sample[] {
  const copied = copyStore(path);
  if (copied.tag === 'error') throw new Error(copied.error.kind);
  const rows = [...copied.value.rows('answer', 0)];
  copied.value.close();
  const taken = rows.flatMap(({ value }) => readResponseRow(value)?.taken ?? []);
  return taken.flatMap((one) => (one.kind === 'probed' ? [one.sample] : []));
}

/** What was said, to the tenth of a second. */
const told = ({ stories }: Replayed['really']) =>
  stories.map(({ issuedAtMs, from, to, cause, state, endedAtMs }) => ({
    ...{ at: Math.round((issuedAtMs - epochMs) / 100) / 10, from, to, cause, state },
    ended: endedAtMs === null ? null : Math.round((endedAtMs - epochMs) / 100) / 10,
  }));

describe('a replay of what a daemon stored while it runs', () => {
  let path: string;
  beforeAll(async () => {
    const eventfully = await watched(eventful);
    await eventfully.world.seconds(2_760);
    path = eventfully.path;
  });
  afterAll(stopWorlds);

  test('under the same settings gives the advice that was given, to the tenth of a second', async () => {
    const done = await replayed(path, null, 2_760);
    expect(told(done.really).map(({ from, to, cause }) => `${from} → ${to} ${cause}`)).toEqual([
      'a → b slower',
      'a → b outage',
    ]);
    expect(told(done.current)).toEqual(told(done.really));
    // There and back, and there again and back.
    expect([done.really.moves, done.current.moves]).toEqual([4, 4]);
    expect(Math.abs(done.current.awayMs - done.really.awayMs)).toBeLessThan(1);
    expect(done.current.awayMs).toBeGreaterThan(300_000);
    expect(done.current.outOfTurn).toEqual({ received: done.ground.outOfTurn, unrequested: 0, unwanted: 0 });
    expect(done.ground.outOfTurn).toBeGreaterThan(500);
    // Moves differ by up to 45 ms (turns of the loop), so one request can fall on the other side of a move.
    expect(done.current.fetchCostSeconds).toBeCloseTo(done.really.fetchCostSeconds ?? 0, 3);
    expect(done.ground).toMatchObject({ leftOut: 0, otherSettings: 0, lives: 1, gaps: 0, pauses: 0 });
    expect(done.changed).toBeNull();
  });

  test('a window begins at the requested time, with earlier results as warm-up', async () => {
    const copied = copyStore(path);
    if (copied.tag === 'error') throw new Error(copied.error.kind);
    const config = configOf(yaml);
    const done = await replayHistory({
      ...{ copy: copied.value, config, changed: null, calendar: cronCalendar },
      ...{ sinceMs: epochMs + 1_900_000, untilMs: epochMs + 2_760_000, progress: async () => false },
    });
    if ('kind' in done) throw new Error(done.kind);
    expect(told(done.really).at(-1)?.cause).toBe('outage');
    for (const { ended } of told(done.really)) expect(ended ?? Infinity).toBeGreaterThan(1_900);
    expect(told(done.current)).toEqual(told(done.really));
    expect(done.ground.warmedFromMs).toBeLessThan(epochMs + 10_000);
    const none = await replayHistory({
      ...{ copy: copied.value, config, changed: null, calendar: cronCalendar },
      ...{ sinceMs: epochMs - 600_000, untilMs: epochMs - 300_000, progress: async () => false },
    });
    expect(none).toEqual({ kind: 'no_answers', oldestMs: expect.any(Number) });
    copied.value.close();
  });

  test('answers of a mirror that is gone are left out, and those taken under other settings are counted', async () => {
    const two = threeMirrors({
      mirrors: `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }`,
    });
    const done = await replayed(path, null, 300, configOf(two));
    expect(done.ground.otherSettings).toBe(done.ground.responses);
    expect(done.ground.leftOut).toBeGreaterThan(50);
    expect(done.ground.leftOut).toBeLessThan(done.ground.responses / 2);
    expect(told(done.current)).toMatchObject([{ from: 'a', to: 'b' }]);
  });

  test('nothing is written: neither to the file nor to its log', async () => {
    const bytes = () => ['', '-wal'].map((end) => readFileSync(`${path}${end}`).toString('base64'));
    const [before, names] = [bytes(), readdirSync(dirname(path))];
    await replayed(path, null, 300);
    expect(bytes()).toEqual(before);
    expect(readdirSync(dirname(path))).toEqual(names);
  });
});

describe('a replay of what a daemon stored', () => {
  afterEach(stopWorlds);

  test('under the same settings gives the same where times are no whole numbers, with downloads that are ordered by the way', async () => {
    const random = createRandom(11);
    const usual: Readonly<Record<string, number>> = { a: 140, b: 170, c: 190 };
    const uneven: Script = ({ registry, atMs }) =>
      (registry === 'a' && atMs > 1_200_000 && atMs < 1_800_000 ? 2_000 : (usual[registry] ?? 100)) *
      Math.exp(0.3 * (random.next() + random.next() + random.next() - 1.5));
    const slowly = threeMirrors({ every: '30s' });
    const { world, path } = await watched(uneven, slowly);
    await world.seconds(3_900);
    const done = await replayed(path, null, 3_900, configOf(slowly));
    expect(told(done.really)).toMatchObject([{ from: 'a', to: 'b', state: 'withdrawn' }]);
    const seconds = ({ at, ended, ...rest }: ReturnType<typeof told>[number]) => ({
      ...{ ...rest, at: Math.round(at), ended: ended === null ? null : Math.round(ended) },
    });
    expect(told(done.current).map(seconds)).toEqual(told(done.really).map(seconds));
    expect(done.current.outOfTurn).toEqual({ received: done.ground.outOfTurn, unrequested: 0, unwanted: 0 });
    expect(done.ground.outOfTurn).toBeGreaterThan(50);
  });

  test('under a large minGain nothing is advised for slowness, and clients would have paid for it', async () => {
    const slow: Script = (asked) => (asked.registry === 'a' && asked.atMs >= 120_000 ? 400 : well(asked));
    const { world, path } = await watched(slow);
    await world.seconds(900);
    const changed = configOf(threeMirrors({ more: 'advise: { hold: 2m, minGain: 90% }' }));
    const done = await replayed(path, changed, 900);
    expect(told(done.really)).toMatchObject([{ from: 'a', to: 'b', cause: 'slower', ended: null }]);
    expect(told(done.current)).toEqual(told(done.really));
    expect(done.changed?.stories).toEqual([]);
    expect([done.changed?.moves, done.changed?.awayMs]).toEqual([0, 0]);
    const [withAdvice, without] = [done.current.fetchCostSeconds ?? 0, done.changed?.fetchCostSeconds ?? 0];
    // For most of the time 400 ms a step in place of 70 ms.
    expect(without / withAdvice).toBeGreaterThan(2);
    expect(done.really.fetchCostSeconds).toBe(done.current.fetchCostSeconds);
    const { received: heard = 0, unwanted = 0 } = done.changed?.outOfTurn ?? {};
    expect(heard + unwanted).toBe(done.ground.outOfTurn);
  });

  test('a daemon without findings: what would have been advised, and how many requests were not sent then', async () => {
    const slow: Script = (asked) => (asked.registry === 'a' && asked.atMs >= 120_000 ? 400 : well(asked));
    const content = threeMirrors({ more: 'advise: { minGain: 90% }' });
    const { world, path } = await watched(slow, content);
    await world.seconds(900);
    const done = await replayed(path, configOf(yaml), 900, configOf(content));
    expect([told(done.really), told(done.current)]).toEqual([[], []]);
    expect(told(done.changed ?? done.really)).toMatchObject([{ from: 'a', to: 'b', cause: 'slower', ended: null }]);
    expect(done.changed?.stories[0]?.issuedAtMs).toBeGreaterThan(epochMs + 120_000);
    expect(done.changed?.stories[0]?.issuedAtMs).toBeLessThan(epochMs + 240_000);
    expect(done.changed?.outOfTurn?.unrequested).toBeGreaterThan(0);
    expect(done.changed?.fetchCostSeconds).toBeLessThan(done.current.fetchCostSeconds ?? 0);
  });

  test('what people did then is done again: an accept, a pause, an end of it; a kill and a start are played too', async () => {
    const { world, path } = await watched(eventful);
    await world.seconds(150);
    const [proposed] = await adviceOf(world);
    expect((await world.post(`/api/v1/advice/${proposed?.id}/accept`)).status).toBe(200);
    await world.post('/api/v1/mirrors/c/pause', { for: '2m', reason: 'works on it' });
    await world.seconds(350);
    await world.stop();
    const again = await startWorld({
      ...{ yaml, script: eventful, time: world.time.next() },
      ports(ports) {
        const opened = openStore(path, { clock: ports.clock });
        if (opened.tag === 'error') throw new Error(opened.error.kind);
        return { ...ports, store: opened.value.store };
      },
    });
    await again.seconds(800);
    const done = await replayed(path, null, 1400);
    expect(done.ground).toMatchObject({ lives: 2, pauses: 1 });
    expect(told(done.really).length).toBeGreaterThan(1);
    const words = (stories: ReturnType<typeof told>) =>
      stories.map(({ from, to, cause, state }) => `${from} → ${to} ${cause} ${state}`);
    expect(words(told(done.current))).toEqual(words(told(done.really)));
    expect(Math.abs(done.current.awayMs - done.really.awayMs)).toBeLessThan(5_000);
  });
});

describe('what is stored', () => {
  afterEach(stopWorlds);

  test('answers go with state.keep, and what a kill may cost is a few seconds', async () => {
    const world = await startWorld({
      yaml: threeMirrors({ every: '20s' }).replace('state.db }', 'state.db, keep: 1h }'),
      script: well,
    });
    await world.seconds(6_500);
    const rows = world.store.all('answer');
    const first = rows[0]?.atMs ?? 0;
    const ageMs = world.time.clock.wallMs() - first;
    expect(ageMs).toBeGreaterThan(3_600_000);
    expect(ageMs).toBeLessThan(3_600_000 + 2 * limits.responseRowMs + 1_000);
    const last = readResponseRow(rows.at(-1)?.value)?.taken.at(-1)?.takenAt.wallMs ?? 0;
    expect(world.time.clock.wallMs() - last).toBeLessThan(30_000 + 2 * limits.commitMs);
    for (const { value } of rows) expect(JSON.stringify(value).length).toBeLessThan(limits.responseRowChars + 400);
  });

  test('a decision is never stored without the answers that it rests on', async () => {
    const slow: Script = (asked) => (asked.registry === 'a' && asked.atMs >= 60_000 ? 1500 : well(asked));
    let unbacked = 0;
    let decided = 0;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: slow,
      ports(ports) {
        const commit: typeof ports.store.commit = (batch) => {
          const done = ports.store.commit(batch);
          const advice = batch.puts.find(({ table }) => table === 'advice');
          if (advice === undefined) return done;
          decided += 1;
          const newest = ports.store.all('answer').at(-1);
          const last = readResponseRow(newest?.value)?.taken.at(-1)?.takenAt.wallMs ?? 0;
          // The turn that decides took an answer, or a look of the second before.
          if (ports.clock.wallMs() - last > 2_000) unbacked += 1;
          return done;
        };
        return { ...ports, store: { ...ports.store, commit } };
      },
    });
    await world.seconds(120);
    expect([decided > 0, unbacked]).toEqual([true, 0]);
  });
});

describe('a mirror whose HTTP/2 alone breaks', () => {
  afterEach(stopWorlds);

  /** From the second minute on `a` resets every stream; over HTTP/1.1 it answers. */
  const resets: Script = (asked) =>
    asked.registry === 'a' && asked.protocol === '2' && asked.atMs >= 120_000
      ? { code: 'MW_H2_RESET', phase: 'processing', afterMs: 10 }
      : well(asked);

  test('is left as it was in a replay, and reported as such', async () => {
    const { world, path } = await watched(well);
    world.wire.choosesProtocol = true;
    world.wire.script = resets;
    // More than what is replayed, because results are stored some seconds later.
    await world.seconds(420);
    const done = await replayed(path, null, 400);
    expect(told(done.really)).toMatchObject([{ from: 'a', to: 'b', cause: 'outage' }]);
    expect(told(done.current)).toEqual(told(done.really));
    expect(done.current.outOfTurn).toEqual({ received: done.ground.outOfTurn, unrequested: 0, unwanted: 0 });
    const spoken = readStored(path).map(({ protocol, due }) => [protocol, due.protocol]);
    expect(spoken).toContainEqual(['2', undefined]);
    expect(spoken).toContainEqual(['1.1', '1.1']);
  });
});

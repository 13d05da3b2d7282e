import { afterEach, describe, expect, it } from 'vitest';
import type { Due } from '../../src/core/due.ts';
import { isUpstreamOwner } from '../../src/schedule/shard.ts';
import { moduleAnswers } from '../support/synthetic-modules.ts';
import { type ManualTime, manualTime } from './manual-time.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors } from './three-mirrors.ts';
import { adviceOf } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

// One place on several daemons: together they do what one would, each target once, and one of them judges and advises.

afterEach(stopWorlds);

const count = 3;
const names = Array.from({ length: 24 }, (_, at) => `example.com/shared/m${at}`);
const answers = moduleAnswers(
  names.map((path) => ({
    path,
    versions: [
      { version: 'v1.0.0', time: '2024-02-01T00:00:00Z', goMod: `module ${path}\n`, files: { 'a.go': 'package a\n' } },
    ],
  })),
);
const paceMs = 60_000;
const yaml = threeMirrors({ modules: names.map((name) => `"${name}@v1.0.0"`).join(', '), every: '60s' })
  .replace('perHost: 4', 'perHost: 16')
  .replace(/steps: .*/, 'steps: { list: 60s, info: 60s, latest: 60s, mod: 60s, zip: { every: 60s, timeout: 8s } }');

/** All modules from every mirror; `a` refuses connections from 100 s on where it is told to. */
const script =
  (isDown: boolean): Script =>
  ({ registry, path, atMs }) => {
    if (isDown && registry === 'a' && atMs >= 100_000) return refuses;
    const { status, body } = answers.get(path) ?? { status: 404, body: Buffer.from('not found') };
    return { status, body, afterMs: 40 };
  };

interface Shard {
  /** `null`: one daemon has all targets. */
  readonly index: number | null;
  readonly world: World;
  readonly dues: readonly Due[];
}

async function startShard(index: number | null, time: ManualTime, isDown: boolean): Promise<Shard> {
  const dues: Due[] = [];
  const world = await startWorld({
    yaml,
    script: script(isDown),
    time,
    env: index === null ? {} : { MIRRORWATCH_SHARD: `${index}/${count}` },
    ports: (all) => ({
      ...all,
      workers(book) {
        const inner = all.workers(book);
        return {
          ...inner,
          probe(due) {
            dues.push(due);
            return inner.probe(due);
          },
        };
      },
    }),
  });
  return { index, world, dues };
}

/** The daemons of one place, all on one clock. */
async function startShards(isDown: boolean): Promise<readonly Shard[]> {
  const time = manualTime();
  const shards: Shard[] = [];
  for (let index = 0; index < count; index += 1) shards.push(await startShard(index, time, isDown));
  return shards;
}

/** The scheduled starts of three paces, monotonic milliseconds. */
const plannedBy = ({ dues }: Shard): readonly { readonly id: string; readonly atMs: number }[] =>
  dues
    .filter(({ purpose, plannedAtMs }) => purpose === 'scheduled' && plannedAtMs <= 3 * paceMs)
    .map(({ target, plannedAtMs }) => ({ id: target.id, atMs: plannedAtMs }));

function ownerIn(shards: readonly Shard[]): Shard {
  const owners = shards.filter(({ index }) =>
    isUpstreamOwner({ shard: { index: index ?? 0, count } }, { ecosystem: 'go', upstream: 'go' }),
  );
  expect(owners).toHaveLength(1);
  return owners[0] as Shard;
}

describe('shards of one place', () => {
  it('probe each due target once a pace, all of them together, and the canaries from their owner', async () => {
    const whole = await startShard(null, manualTime(), false);
    await whole.world.seconds(190);
    const shards = await startShards(false);
    await shards[0]?.world.seconds(190);
    const wanted = plannedBy(whole);
    const targets = new Set(whole.dues.map(({ target }) => target.id)).size;
    expect(targets).toBe(3 * names.length * 5);
    expect(wanted.length).toBeGreaterThan(2 * targets);
    // Each shard spreads its own requests, so they start at other times than those of one daemon, but as often.
    const ofShards = shards.flatMap(plannedBy);
    expect([...new Set(ofShards.map(({ id }) => id))].toSorted()).toEqual(
      [...new Set(wanted.map(({ id }) => id))].toSorted(),
    );
    for (const all of [wanted, ofShards])
      for (const starts of Map.groupBy(all, ({ id }) => id).values()) {
        const times = starts.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
        expect(times[0]).toBeLessThan(1.05 * paceMs);
        for (const [n, atMs] of times.slice(1).entries())
          expect(Math.abs(atMs - (times[n] ?? 0) - paceMs)).toBeLessThanOrEqual(0.1 * paceMs);
        expect(times.length).toBeGreaterThanOrEqual(2);
      }
    expect(shards.flatMap(({ dues }) => [...new Set(dues.map(({ target }) => target.id))]).length).toBe(targets);
    // Each of them has work, and nothing but its own.
    for (const { dues } of shards) expect(dues.length).toBeGreaterThan(wanted.length / count / 2);
    const owner = ownerIn(shards);
    expect(shards.filter(({ dues }) => dues.some(({ target }) => target.canary))).toEqual([owner]);
  });

  it('judge an upstream in its owner alone, which alone advises and sends it', async () => {
    const shards = await startShards(true);
    await shards[0]?.world.seconds(200);
    const owner = ownerIn(shards);
    for (const shard of shards) {
      const text = (await shard.world.get('/metrics')).text;
      const told = {
        states: /^mirror_state\{/m.test(text),
        ranks: /^mirror_advice_rank\{/m.test(text),
        advice: (await adviceOf(shard.world)).map(({ from, to }) => `${from}>${to}`),
        sent: shard.world.posts.some(({ body }) => body.type === 'mirror.advice'),
        info: /^mirrorwatch_shard_info\{.*\} 1/m.exec(text)?.[0],
      };
      const isOwner = shard === owner;
      expect(told).toEqual({
        states: isOwner,
        ranks: isOwner,
        advice: isOwner ? ['a>b'] : [],
        sent: isOwner,
        info: `mirrorwatch_shard_info{index="${shard.index}",count="${count}"} 1`,
      });
    }
  });
});

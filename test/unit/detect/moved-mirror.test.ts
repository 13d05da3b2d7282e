import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { createDetector, type Detector } from '../../../src/detect/detector.ts';
import { Shelves, versions } from './freshness-world.ts';
import { minute, warm, world } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, mismatch } from './world.ts';

const elsewhere = { url: 'https://elsewhere.example.com' };

describe('a mirror that has another URL', () => {
  it.each([
    ['mismatch', 'retag'],
    ['certificate', 'tls_expired'],
    ['throughput', 'slow'],
    ['spike', 'slow'],
    ['outage', 'refused'],
    ['lag', 'behind'],
  ] as const)('after a restart has no %s of its old one', (kind, cause) => {
    const sim = world(['a', 'b'], (registry) =>
      registry === 'a' ? { fails: mismatch('h1:wrong'), afterMs: 5 } : { rttMs: 100 },
    );
    sim.runTo(warm + 2 * minute);
    const [open] = sim.detector.findings();
    if (open === undefined) throw new Error('no finding');
    const key = `finding ${open.id}`;
    const row = sim.store.get(key);
    if (row === undefined) throw new Error('no row');
    sim.store.set(key, { ...row, value: { ...open, kind, cause } satisfies Finding });
    const moved = [aMirror('a', elsewhere), aMirror('b')];
    const detector = createDetector({
      config: aConfig({ mirrors: moved }),
      targets: moved.map(({ name }) => aTarget(name)),
      restored: [...sim.store.values()],
      random: countingRandom('again'),
      now: at(sim.nowMs + minute),
    });
    const turn = detector.tick(at(sim.nowMs + minute));
    expect(turn.findings.map(({ change, finding }) => [change, finding.id, finding.text])).toEqual([
      ['closed', open.id, 'a was removed or changed in the configuration.'],
    ]);
    expect(detector.findings()).toEqual([]);
  });

  it('after a reload is not compared with the contents of its old one', () => {
    const lists = new Shelves({ mirrors: ['a', 'b', 'c'] });
    const see = (registry: string, atMs: number, ...newest: readonly string[]) =>
      lists.see({ registry, fromMs: atMs, toMs: atMs + 100, contents: versions(...newest) });
    for (let round = 0; round < 3; round += 1)
      for (const name of ['a', 'b', 'c']) see(name, round * 300_000, 'v1.0.0', 'v1.1.0', 'v1.2.0');
    const mirrors = [aMirror('a', elsewhere), aMirror('b'), aMirror('c')];
    const targets = mirrors.map(({ name }) => aTarget(name, 'list'));
    lists.detector.reconfigure({ ...lists.config, mirrors }, targets, at(900_000));
    for (let round = 0; round < 15; round += 1) see('a', 1_000_000 + round * 300_000, 'v1.0.0', 'v1.1.0');
    expect(lists.turns.flatMap(({ regressions }) => regressions)).toEqual([]);
    expect(lists.turns.flatMap(({ findings }) => findings.map(({ finding }) => finding.text))).toEqual([]);
  });

  it.each(['reload', 'restart'] as const)('after a %s has a cold cache again', (by) => {
    const [targets, mirrors] = [[aTarget('a')], [aMirror('a')]];
    const before = aConfig({ mirrors });
    const given = { targets, random: countingRandom(), now: at(0) };
    const first = createDetector({ ...given, config: before, restored: [] });
    const fetched = (detector: Detector, ms: number) =>
      detector.take(aSample(aDue(aTarget('a')), ms, 50, { tag: 'ok' }, { cache: 'miss' }), at(ms + 50));
    const { settled, rows } = fetched(first, 1_000);
    expect(settled.map(({ cold }) => cold)).toEqual([true]);
    const config = aConfig({ mirrors: [aMirror('a', elsewhere)] });
    const restored = [...rows, ...first.flush(at(2_000)).rows];
    const detector = by === 'reload' ? first : createDetector({ ...given, config, restored, now: at(3_000) });
    const { deletes } = by === 'reload' ? first.reconfigure(config, targets, at(3_000)) : detector.tick(at(3_000));
    expect(deletes).toContainEqual({ table: 'seen', key: aTarget('a').id });
    expect(fetched(detector, 4_000).settled.map(({ cold }) => cold)).toEqual([true]);
    expect(fetched(detector, 5_000).settled.map(({ cold }) => cold)).toEqual([false]);
  });
});

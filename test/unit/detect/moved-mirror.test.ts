import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { Shelves, versions } from './freshness-world.ts';
import { minute, warm, world } from './story-world.ts';
import { aConfig, aMirror, aTarget, at, countingRandom, mismatch } from './world.ts';

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
      ['closed', open.id, 'a is no longer monitored.'],
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
});

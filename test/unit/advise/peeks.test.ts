import { describe, expect, test } from 'vitest';
import { Peeks } from '../../../src/advise/group.ts';
import { isPeekDue, recordLightStart } from '../../../src/advise/probing.ts';
import { isHeavy } from '../../../src/core/mirror.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { type Judged, type Said, watch } from '../../support/judged.ts';

const hourMs = 3_600_000;

const modules: Readonly<Record<string, readonly string[]>> = {
  go: ['example.com/a@v1.0.0', 'example.com/b@v1.0.0', 'example.com/c@v1.2.0'],
  npm: ['left@1.0.0', 'right@2.0.0', '@corp/middle@1.1.0'],
  pypi: ['left==1.0.0', 'right==2.0.0', 'middle==1.1.0'],
  cargo: ['left@1.0.0', 'right@2.0.0', 'middle@1.1.0'],
  oci: ['docker.io/library/alpine:3.20', 'docker.io/library/busybox:1.36', 'docker.io/library/redis:7'],
};
const files = ['a.tar.gz', 'b.tar.gz', 'c.tar.gz'].map((path) => ({ upstream: 'tools', path }));

/** Three mirrors of an ecosystem, with three modules and the default paces. */
function configOf(ecosystem: string): string {
  const upstream = ecosystem === 'http' ? { upstream: 'tools' } : ecosystem === 'oci' ? { upstream: 'docker.io' } : {};
  return JSON.stringify({
    mirrors: ['a', 'b', 'c'].map((name, at) => ({
      name,
      ecosystem,
      ...upstream,
      url: `https://${name}.example.com/${ecosystem === 'pypi' ? 'simple/' : ''}`,
      weight: 10 - at,
    })),
    controls: [{ name: 'line', url: 'tcp://203.0.113.1:53' }],
    modules: { [ecosystem]: modules[ecosystem] ?? files },
  });
}

const play = (ecosystem: string, says: (registry: string, isHeavy: boolean) => Said, hours: number): Judged =>
  watch({
    text: configOf(ecosystem),
    forMs: hours * hourMs,
    says: ({ target }) => says(target.registry, isHeavy(target)),
  });

/** Seconds until clients of `a` are advised to leave, once its artifacts fail. */
function delayOf(ecosystem: string, failedMs: number): number {
  const { advice } = watch({
    text: configOf(ecosystem),
    forMs: failedMs + 600_000,
    says: ({ target }, atMs) => {
      if (!isHeavy(target)) return 40;
      return target.registry === 'a' && atMs >= failedMs ? 'server' : 120;
    },
  });
  const proposed = advice.find(({ change }) => change.change === 'proposed');
  return ((proposed?.atMs ?? Number.POSITIVE_INFINITY) - failedMs) / 1_000;
}

describe('first bytes', () => {
  test.each(['go', 'pypi'])('%s: a mirror whose artifacts begin to fail is left within 45 s', (ecosystem) => {
    const delays = [3_600, 3_631, 3_662, 3_693, 3_724, 3_755].map((seconds) => delayOf(ecosystem, seconds * 1_000));
    expect(Math.max(...delays)).toBeLessThan(45);
  });

  test.each(registry.all.map(({ id }) => id))('%s: those of each artifact are read often, in turn', (ecosystem) => {
    const { sent } = play(ecosystem, (_, heavy) => (heavy ? 120 : 40), 3);
    const peeks = sent.filter(({ due, atMs }) => due.purpose === 'peek' && atMs >= hourMs);
    const counts = new Map<string, number>();
    for (const { due } of peeks) counts.set(due.target.id, (counts.get(due.target.id) ?? 0) + 1);
    expect(new Set(peeks.map(({ due }) => due.target.registry))).toEqual(new Set(['a']));
    expect(counts.size).toBe(3);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    expect(peeks.length / 2).toBeGreaterThan(60);
  });
});

describe('a peek', () => {
  const second = 1_000;
  const everyMs = 30 * second;

  /** When peeks are due in ten minutes, looked at every two seconds, with light probes of the head at these seconds of each interval. */
  function due(lightSeconds: readonly number[]): readonly number[] {
    const peeks = new Peeks('a');
    const times: number[] = [];
    for (let at = 0; at < 600 * second; at += second) {
      if (lightSeconds.some((one) => at % everyMs === one * second)) recordLightStart(peeks.gaps, at, everyMs);
      if (at % (2 * second) !== 0 || !isPeekDue(peeks, everyMs, at)) continue;
      peeks.lastMs = at;
      times.push(at);
    }
    return times.map((at) => at / second);
  }

  test.each<[string, readonly number[], readonly [number, number]]>([
    ['one light probe', [5], [20, 24]],
    ['two that leave 20 s', [5, 15], [25, 29]],
    ['three that leave 16 s', [0, 7, 14], [21, 25]],
  ])('is due once in each interval, in the middle of the longest gap: %s', (_, lightSeconds, [least, most]) => {
    const times = due(lightSeconds);
    expect(times.length).toBeGreaterThanOrEqual(19);
    expect(times.length).toBeLessThanOrEqual(21);
    // The first intervals are not known yet.
    for (const at of times.filter((one) => one >= 60)) {
      expect(at % 30).toBeGreaterThanOrEqual(least);
      expect(at % 30).toBeLessThanOrEqual(most);
    }
  });

  test('is due at the interval of the canary if no light probe starts', () =>
    expect(due([]).slice(0, 4)).toEqual([0, 30, 60, 90]));
});

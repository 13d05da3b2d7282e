import { describe, expect, test } from 'vitest';
import { isHeavy } from '../../../src/core/mirror.ts';
import { watch } from '../../support/judged.ts';

const minuteMs = 60_000;
const controls = [{ name: 'line', url: 'tcp://203.0.113.1:53' }];
const modules = { go: ['example.com/m@v1.0.0'], npm: ['left@1.0.0'], pypi: ['left==1.0.0'] };
const hosts = ['a', 'b', 'c'];

test('downloads of three ecosystems hang at one host: each canary keeps its pace', () => {
  const mirrors = hosts.flatMap((host, at) =>
    Object.keys(modules).map((ecosystem) => ({
      name: `${host}-${ecosystem}`,
      ecosystem,
      url: `https://${host}.example.com/${ecosystem}/`,
      weight: 10 - at,
    })),
  );
  const hangsMs = 100 * minuteMs;
  const { sent } = watch({
    text: JSON.stringify({ mirrors, controls, modules }),
    forMs: hangsMs + 60 * minuteMs,
    says: ({ target }, atMs) =>
      isHeavy(target) ? (target.registry.startsWith('a') && atMs > hangsMs ? null : 900) : 40,
  });
  for (const { name } of mirrors) {
    const starts = sent.flatMap(({ due, atMs }) =>
      due.target.registry === name && due.target.canary && due.purpose === 'scheduled' ? [atMs] : [],
    );
    expect(starts.length).toBeGreaterThan(200);
    expect(Math.max(...starts.slice(1).map((atMs, at) => atMs - (starts[at] ?? atMs)))).toBeLessThan(50_000);
  }
});

describe('a wheel that never comes', () => {
  /** Seconds until the finding and the advice. */
  function delaysOf(steps: unknown, doFirstBytesCome: boolean): readonly [finding: number, advice: number] {
    const hangsMs = 130 * minuteMs;
    const { findings, advice } = watch({
      text: JSON.stringify({
        steps,
        mirrors: hosts.map((name, at) => ({
          name,
          ecosystem: 'pypi',
          url: `https://${name}.example.com/simple/`,
          weight: 10 - at,
        })),
        controls,
        modules: { pypi: ['left==1.0.0', 'right==2.0.0', 'middle==1.1.0'] },
      }),
      forMs: hangsMs + 60 * minuteMs,
      says({ target, purpose }, atMs) {
        if (!isHeavy(target)) return 40;
        const isHung = target.registry === 'a' && target.module === 'right' && atMs > hangsMs;
        return isHung && !(doFirstBytesCome && purpose === 'peek') ? null : 900;
      },
    });
    const since = (changes: typeof findings | typeof advice): number =>
      ((changes.find(({ atMs }) => atMs > hangsMs)?.atMs ?? Number.POSITIVE_INFINITY) - hangsMs) / 1_000;
    return [since(findings), since(advice)];
  }

  test.each<[string, unknown, boolean, number]>([
    ['every 15 s', { file: { every: '15s', timeout: '120s' } }, false, 90],
    ['every 15 s, and its first bytes come', { file: { every: '15s', timeout: '120s' } }, true, 90],
    ['every hour: first bytes are read in between', {}, false, 240],
  ])('is found and left, downloads %s', (_name, steps, doFirstBytesCome, seconds) => {
    const [finding, advice] = delaysOf(steps, doFirstBytesCome);
    expect(finding).toBeLessThan(seconds);
    expect(advice).toBeLessThan(seconds);
  });
});

import { expect, test } from 'vitest';
import { isHeavy } from '../../../src/core/mirror.ts';
import { type Judged, watch } from '../../support/judged.ts';

const minuteMs = 60_000;
const faultMs = 130 * minuteMs;

/** Three mirrors; from the fault on, downloads from `a` end like this. */
function play(does: 'server' | null, schedule: object = {}): Judged {
  return watch({
    text: JSON.stringify({
      schedule,
      mirrors: ['a', 'b', 'c'].map((name, at) => ({
        name,
        ecosystem: 'go',
        url: `https://${name}.example.com`,
        weight: 10 - at,
      })),
      controls: [{ name: 'line', url: 'tcp://203.0.113.1:53' }],
      modules: { go: ['left.example@v1.0.0', 'right.example@v1.2.0', 'middle.example@v1.1.0'] },
      go: { sumdb: 'off' },
      clients: { go: 'https://a.example.com' },
    }),
    forMs: faultMs + 20 * minuteMs,
    says: ({ target }, atMs) => (!isHeavy(target) ? 40 : target.registry === 'a' && atMs > faultMs ? does : 900),
  });
}

/** When downloads from `a` were ordered in the first ten minutes after the advice, seconds after it. */
function downloadsAfterAdvice({ sent, advice }: Judged): readonly number[] {
  const adviceMs = advice.find(({ atMs }) => atMs > faultMs)?.atMs ?? Number.NaN;
  return sent.flatMap(({ due, atMs }) => {
    const isOrdered = due.purpose === 'recheck' && due.target.registry === 'a' && isHeavy(due.target);
    return isOrdered && atMs > adviceMs && atMs < adviceMs + 10 * minuteMs ? [(atMs - adviceMs) / 1000] : [];
  });
}

const gapsOf = (seconds: readonly number[]): readonly number[] =>
  seconds.slice(1).map((one, at) => one - (seconds[at] ?? one));

test('the mirror to leave is downloaded from every 15 s until the advice is sure', () => {
  const after = downloadsAfterAdvice(play('server'));
  const soon = after.filter((seconds) => seconds < 60);
  expect(soon.length).toBeGreaterThanOrEqual(2);
  expect(soon.length).toBeLessThan(5);
  expect(Math.min(...gapsOf(after))).toBeGreaterThan(14);
});

test('downloads that never come are not ordered without end', () => {
  const after = downloadsAfterAdvice(play(null));
  expect(after.length).toBeGreaterThan(0);
  expect(after.length).toBeLessThanOrEqual(8);
});

test('downloads use at most half of bytesPerHour', () => {
  const after = downloadsAfterAdvice(play('server', { bytesPerHour: '10MiB' }));
  expect(after.length).toBeGreaterThanOrEqual(2);
  expect(Math.min(...gapsOf(after))).toBeGreaterThan((400_000 / (5 * 2 ** 20)) * 3600);
});

import { expect, test } from 'vitest';
import { isHeavy } from '../../../src/core/mirror.ts';
import { type Judged, watch } from '../../support/judged.ts';
import { abc, failDownloads } from './outage.ts';

const minuteMs = 60_000;
const faultMs = 130 * minuteMs;

/** Three mirrors; from the fault on, downloads from `a` end like this. */
const play = (does: 'server' | null, schedule: object = {}): Judged =>
  watch({
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

test('a download follows the advice, and shows an outage of downloads: no more are needed', () => {
  const judged = play('server');
  const after = downloadsAfterAdvice(judged);
  expect(after.filter((seconds) => seconds < 10)).toHaveLength(1);
  expect(after.filter((seconds) => seconds < 60)).toHaveLength(1);
  expect(judged.findings.filter(({ atMs }) => atMs > faultMs).map(({ change }) => change.finding.kind)).toContain(
    'outage',
  );
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

test('the mirror to leave is downloaded from every 15 s until the advice is sure', () => {
  const stage = failDownloads();
  const fromSeconds = stage.seconds;
  const after: number[] = [];
  for (let at = 0; at < 15; at += 1) {
    stage.pass(5);
    stage.consider();
    if (stage.looks.some(({ registry, target }) => registry === 'a' && isHeavy(target)))
      after.push(stage.seconds - fromSeconds);
  }
  expect(after.length).toBeGreaterThanOrEqual(3);
  expect(new Set(gapsOf(after))).toEqual(new Set([15]));
  stage.open('a', 'outage', { confidence: 'medium', scope: [{ module: null, version: null, step: 'zip' }] });
  stage.consider();
  stage.pass(15);
  stage.consider();
  expect(stage.looks.filter(({ registry }) => registry === 'a')).toEqual([]);
});

test.each([
  ['sent: at most 8', true, 8],
  ['not sent, because no budget is left: they do not count', false, 20],
])('downloads that are %s', (_, isSent, count) => {
  const stage = failDownloads();
  let orders = 0;
  for (let at = 0; at < 20; at += 1) {
    stage.pass(15);
    for (const { name } of abc) stage.sample(name, 200);
    stage.consider();
    const order = stage.looks.find(({ registry }) => registry === 'a');
    if (order === undefined) continue;
    orders += 1;
    if (!isSent) stage.advisor.declined({ order, isKnown: true });
  }
  expect(stage.advisor.list()[0]?.confidence).toBe('low');
  expect(orders).toBe(count);
});

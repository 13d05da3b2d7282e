import { expect, it } from 'vitest';
import { createDetector } from '../../../src/detect/detector.ts';
import { minute } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

it('with a cron expression, a pause is no pace: a mirror that falls silent afterwards is unknown soon', () => {
  const usual = aConfig({ mirrors: [aMirror('a')] });
  const cadence = { kind: 'cron', expression: '* * * * *', timeZone: null, spreadMs: 0 } as const;
  const pace = { ...usual.schedule.pace, cadence };
  const config = { ...usual, schedule: { ...usual.schedule, pace }, steps: {} };
  const target = aTarget('a');
  const detector = createDetector({ config, targets: [target], restored: [], random: countingRandom(), now: at(0) });
  const probeUntil = (fromMinute: number, toMinute: number): void => {
    for (let n = fromMinute; n < toMinute; n += 1) {
      const due = aDue(target, { plannedAtMs: n * minute });
      detector.take(aSample(due, n * minute, 100), at(n * minute + 100));
    }
  };
  probeUntil(0, 10);
  const pause = { untilMs: at(130 * minute).wallMs, reason: 'new disks' };
  detector.pause('a', pause, at(10 * minute));
  // Sent before the pause.
  detector.take(aSample(aDue(target, { plannedAtMs: 10 * minute }), 10 * minute - 50, 100), at(10 * minute + 50));
  detector.tick(at(130 * minute));
  probeUntil(130, 140);
  expect(detector.standings().map(({ state }) => state)).toEqual(['up']);
  detector.tick(at(150 * minute));
  expect(detector.standings().map(({ state }) => state)).toEqual(['unknown']);
});

it('the widest gap of one cron expression is not the pace of the next: a mirror that falls silent is unknown soon', () => {
  const usual = aConfig({ mirrors: [aMirror('a')] });
  const byCron = (expression: string) => {
    const cadence = { kind: 'cron', expression, timeZone: null, spreadMs: 0 } as const;
    return { ...usual, schedule: { ...usual.schedule, pace: { ...usual.schedule.pace, cadence } }, steps: {} };
  };
  const [targets, random, hourly] = [[aTarget('a')], countingRandom(), byCron('0 * * * *')];
  const detector = createDetector({ config: hourly, targets, restored: [], random, now: at(0) });
  const probeAt = (n: number) => {
    const due = aDue(aTarget('a'), { plannedAtMs: n * minute });
    detector.take(aSample(due, n * minute, 100), at(n * minute + 100));
  };
  for (const n of [0, 60, 120]) probeAt(n);
  detector.reconfigure(byCron('* * * * *'), targets, at(121 * minute));
  for (const n of [122, 123, 124]) probeAt(n);
  expect(detector.standings().map(({ state }) => state)).toEqual(['up']);
  detector.tick(at(134 * minute));
  expect(detector.standings().map(({ state }) => state)).toEqual(['unknown']);
});

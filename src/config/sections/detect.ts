import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';
import { durationField, errorOf, integer, mapping, share } from '../fields.ts';
import type { Report } from '../reading.ts';

const factor = errorOf(phrase('expected.number', { from: '1.1', to: 100 }));

export const detectKey = mapping('Thresholds of findings.', {
  spike: mapping('When slow responses are a spike.', {
    consecutive: integer('Number of consecutive slow samples that open a spike.', 1, 100).prefault(3),
    factor: z
      .number(factor)
      .min(1.1, factor)
      .max(100, factor)
      .describe(
        'A sample is slow if it takes more than this many times the baseline (a median), and at least `floor`. It must also take more than 1.1 × the p99 of the samples of the baseline.',
      )
      .prefault(2.5),
    floor: durationField('Minimum duration of a slow sample.', { min: 0, max: limits.timeoutMsMax }).prefault('800ms'),
    clear: integer(
      'Number of consecutive samples below 1.5 × baseline, or below half of the threshold, that close a spike.',
      1,
      100,
    ).prefault(3),
    window: integer('Number of recent samples of a target whose median is its baseline.', 5, 10_000).prefault(120),
    warmup: integer(
      'Number of samples that make the first baseline of a target. Before that, no sample counts as slow.',
      1,
      10_000,
    ).prefault(20),
    relearn: durationField('A spike that lasts this long becomes a level shift: its latency is then the usual one.', {
      min: 60_000,
      max: 7 * 86_400_000,
    }).prefault('2h'),
  }).prefault({}),
  outage: mapping('When failures are an outage.', {
    open: integer(
      'Number of consecutive failures of one target that open an outage, if they span at least `over`.',
      1,
      100,
    ).prefault(3),
    over: durationField('Minimum time from the first to the last of the failures that open an outage.', {
      min: 0,
      max: limits.roundMs,
    }).prefault('4s'),
    close: integer(
      'Number of consecutive successes that close an outage. An outage that opened by `share`, or soon after an earlier one, also needs a longer time without failures.',
      1,
      100,
    ).prefault(2),
    share: share(
      'An outage also opens if at least this share of the last ten samples failed, and these failures span `over`.',
    ).prefault('50%'),
  }).prefault({}),
  lag: mapping('When lag is a finding.', {
    limit: durationField('A lag whose lower bound exceeds this is a finding.', {
      min: 1_000,
      max: 30 * 86_400_000,
    }).prefault('1h'),
  }).prefault({}),
}).prefault({});

export function readDetect({ spike, outage, lag }: z.output<typeof detectKey>, report: Report): Config['detect'] {
  const { floor, relearn, ...rest } = spike;
  if (rest.warmup > rest.window) {
    report.error(['detect', 'spike', 'warmup'], phrase('expected.window', { window: rest.window }), {
      seen: `${rest.warmup}`,
      needs: [['detect', 'spike', 'window']],
    });
  }
  const { open, over, close, share: shareOfFailures } = outage;
  return {
    spike: { ...rest, floorMs: floor, relearnMs: relearn },
    // Keep this order: the label `hash` of mirrorwatch_config_info depends on it.
    outage: { open, overMs: over, close, share: shareOfFailures },
    lagLimitMs: lag.limit,
  };
}

import { expect, test } from 'vitest';
import { metricNames, metricOf } from '../../../src/export/catalog.ts';
import { expectRows } from '../../support/expect-rows.ts';

test('histograms have rising buckets without a whole number', () =>
  expectRows(
    metricNames.filter((name) => metricOf(name).type === 'histogram'),
    String,
    (name) => {
      const buckets = metricOf(name).buckets ?? [];
      expect(buckets.length).toBeGreaterThan(0);
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
      expect(buckets.filter((bound) => Number.isInteger(bound))).toEqual([]);
    },
  ));

test('the buckets of seconds are those of the contract', () =>
  expect(metricOf('mirror_probe_rtt_seconds').buckets?.join(' ')).toBe(
    '0.005 0.01 0.025 0.05 0.1 0.15 0.2 0.3 0.4 0.55 0.8 1.1 1.6 2.5 5.5 10.5 30.5 60.5 120.5',
  ));

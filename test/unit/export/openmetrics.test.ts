import { expect, test } from 'vitest';
import { readOpenMetrics } from './openmetrics.ts';

// The parser judges the exporter elsewhere, so it must itself refuse what is wrong.
const good = '# HELP a_seconds x\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n';
const bucket = 'a_seconds_bucket{le="0.5",m="\\"}"} 1 # {probe_id="p"} 0.4 1.5\n';

test('a whole family with an exemplar is read', () => {
  expect(readOpenMetrics(`${good}${bucket}# EOF\n`).get('a_seconds')).toEqual({
    type: 'histogram',
    unit: 'seconds',
    samples: 1,
  });
});

test.each([
  { name: 'no end mark', text: good + bucket, error: 'no end mark' },
  { name: 'a family twice', text: `${good}${bucket}# HELP a_seconds x\n# EOF\n`, error: 'family twice: a_seconds' },
  {
    name: 'a series twice',
    text: `${good}${bucket}${bucket}# EOF\n`,
    error: `series twice: ${bucket.trim()}`,
  },
  {
    name: 'a counter without _total',
    text: '# HELP c x\n# TYPE c counter\nc 1\n# EOF\n',
    error: 'outside its family c: c 1',
  },
  {
    name: 'an exemplar above its bucket',
    text: `${good}a_seconds_bucket{le="0.5"} 1 # {p="1"} 0.6\n# EOF\n`,
    error: 'exemplar above its bucket: a_seconds_bucket{le="0.5"} 1 # {p="1"} 0.6',
  },
  {
    name: 'an exemplar on a sum',
    text: `${good}a_seconds_sum 1 # {p="1"} 0.6\n# EOF\n`,
    error: 'exemplar outside a bucket: a_seconds_sum 1 # {p="1"} 0.6',
  },
  {
    name: 'an unquoted label',
    text: `${good}a_seconds_sum{m=1} 1\n# EOF\n`,
    error: 'not a sample: a_seconds_sum{m=1} 1',
  },
  { name: 'a NaN', text: `${good}a_seconds_sum Nan\n# EOF\n`, error: 'not a sample: a_seconds_sum Nan' },
  {
    name: 'a unit that the name does not end with',
    text: '# HELP g x\n# TYPE g gauge\n# UNIT g seconds\ng 1\n# EOF\n',
    error: 'bad line of g: UNIT seconds',
  },
])('$name is refused', ({ text, error }) => {
  expect(() => readOpenMetrics(text)).toThrow(error);
});

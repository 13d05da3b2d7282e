import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotaLeftOf } from '../../../src/probe/quota.ts';

describe('what is left of a quota', () => {
  it.each<[string, Readonly<Record<string, string>>, number | null]>([
    ['Docker Hub', { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }, 0.76],
    ['a used up one', { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' }, 0],
    ['GitHub', { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '45' }, 0.75],
    ['several limits in one header', { 'ratelimit-limit': '10, 10;w=1, 50;w=60', 'ratelimit-remaining': '5' }, 0.5],
    ['the draft', { ratelimit: '"day";r=20;t=30', 'ratelimit-policy': '"burst";q=10;w=1,"day";q=100;w=60' }, 0.2],
    [
      'the one with the least left',
      {
        ratelimit: '"a";r=9, "b";r=1',
        'ratelimit-policy': '"a";q=10, "b";q=10',
        'x-ratelimit-limit': '4',
        'x-ratelimit-remaining': '2',
      },
      0.1,
    ],
    ['draft 06', { ratelimit: 'limit=100, remaining=25, reset=50' }, 0.25],
    ['more left than the limit', { 'ratelimit-limit': '10', 'ratelimit-remaining': '11' }, 1],
    ['half of it', { 'ratelimit-limit': '100;w=21600' }, null],
    ['a policy without a state', { 'ratelimit-policy': '"a";q=10' }, null],
    ['another policy', { ratelimit: '"a";r=1', 'ratelimit-policy': '"b";q=10' }, null],
    ['a limit of nothing', { 'ratelimit-limit': '0', 'ratelimit-remaining': '0' }, null],
    ['no numbers', { 'ratelimit-limit': 'many', 'ratelimit-remaining': 'few' }, null],
    ['too large', { 'ratelimit-limit': '9999999999', 'ratelimit-remaining': '1' }, null],
    ['none', { 'retry-after': '7' }, null],
  ])('%s', (_, headers, want) => expect(quotaLeftOf(headers)).toBe(want));

  it('is a ratio, or nothing, whatever a server sends', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const left = quotaLeftOf({
          ratelimit: one,
          'ratelimit-policy': other,
          'ratelimit-limit': one,
          'ratelimit-remaining': other,
        });
        expect(left === null || (left >= 0 && left <= 1)).toBe(true);
      }),
    ));
});

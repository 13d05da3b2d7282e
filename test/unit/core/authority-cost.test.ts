import { expect, test } from 'vitest';
import { type AuthorityCost, costText } from '../../../src/core/authority-cost.ts';

test.each<[AuthorityCost, string]>([
  [
    { relayed: { requests: 7, ms: 4.24 }, direct: { requests: 6, ms: 1_075.4 } },
    '7 requests, 4.2 ms by the relay; 6 requests, 1075 ms asked itself; nothing when off',
  ],
  [{ relayed: null, direct: { requests: 6, ms: 10 } }, 'no relay; 6 requests, 10 ms asked itself; nothing when off'],
  [
    { relayed: { requests: 7, ms: 0 }, direct: null },
    '7 requests, 0.0 ms by the relay; itself not asked or out of reach; nothing when off',
  ],
])('%o', (cost, want) => {
  expect(costText(cost)).toBe(want);
});

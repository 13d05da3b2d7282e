import { expect, test } from 'vitest';
import type { AuthorityCost, SignatureState } from '../../../src/core/transcript.ts';
import { formatCost, formatSignature } from '../../../src/words/facts.ts';
import { english } from '../../../src/words/words.ts';

test.each<[AuthorityCost, string]>([
  [
    { relayed: { requests: 7, ms: 4.24 }, direct: { requests: 6, ms: 1_075.4 } },
    '7 requests, 4.2 ms through the relay; 6 requests, 1075 ms to the database itself; no cost if the client does not use the database',
  ],
  [
    { relayed: null, direct: { requests: 6, ms: 10 } },
    'no relay through the mirror; 6 requests, 10 ms to the database itself; no cost if the client does not use the database',
  ],
  [
    { relayed: { requests: 7, ms: 0 }, direct: null },
    '7 requests, 0.0 ms through the relay; the database itself was not requested or is unreachable; no cost if the client does not use the database',
  ],
])('%o', (cost, want) => {
  expect(formatCost(cost, english)).toBe(want);
});

test.each<[SignatureState, string | null, string]>([
  ['valid', 'k', 'signature valid (k)'],
  ['no_key', 'k', 'signature unverified: no trusted key at hand (k)'],
  ['unknown_key', 'k', 'signature unverified: its key is not a trusted one (k)'],
  ['expired_key', 'k', 'signature unverified: its key had expired (k)'],
  ['revoked_key', 'k', 'signature unverified: its key was revoked (k)'],
  ['expired', 'k', 'signature unverified: it has expired itself (k)'],
  ['unsupported', 'k', 'signature unverified: its type is no longer accepted, or not supported yet (k)'],
  ['no_tool', null, 'signature unverified: gpgv, which verifies it, is not on this machine or gave no result'],
  ['undated', 'k', 'signature unverified: its key has expired, and no time of publication is given (k)'],
  ['unsigned', null, 'signature unverified: there is none, though keys are at hand'],
])('%s: what is not verified is said to be', (state, key, text) => {
  expect(formatSignature({ state, key }, english)).toBe(text);
});

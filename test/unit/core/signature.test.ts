import { expect, test } from 'vitest';
import { type SignatureState, signatureText } from '../../../src/core/signature.ts';

test.each<[SignatureState, string | null, string]>([
  ['valid', 'k', 'signature valid (k)'],
  ['no_key', 'k', 'signature unverified: no trusted key at hand (k)'],
  ['unknown_key', 'k', 'signature unverified: its key is none of the trusted ones (k)'],
  ['expired_key', 'k', 'signature unverified: its key had expired (k)'],
  ['revoked_key', 'k', 'signature unverified: its key was revoked (k)'],
  ['expired', 'k', 'signature unverified: it has expired itself (k)'],
  ['unsupported', 'k', 'signature unverified: it is of a kind that is not accepted any more, or not yet (k)'],
  ['no_tool', null, 'signature unverified: what verifies it (gpgv) is not on this machine, or gave no answer'],
  ['undated', 'k', 'signature unverified: its key has expired, and no time of publication is told (k)'],
  ['unsigned', null, 'signature unverified: there is none, though keys are at hand'],
])('%s: what is not verified is said to be', (state, key, text) => {
  expect(signatureText({ state, key })).toBe(text);
});

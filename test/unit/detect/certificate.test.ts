import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import {
  judgeCertificate,
  noCertificate,
  readCertificate,
  updateCertificate,
} from '../../../src/detect/findings/certificate.ts';

describe('certificate', () => {
  const day = 86_400_000;
  const tls = (expiresAtMs: number) => ({
    version: 'TLSv1.3',
    cipher: 'x',
    issuer: 'x',
    expiresAtMs,
    spkiSha256: null,
    resumed: false,
    authorizationCode: null,
  });
  const ok: Outcome = { tag: 'ok' };
  it.each([
    { name: 'no TLS', outcome: ok, tls: null, want: null },
    { name: '14 days', outcome: ok, tls: tls(14 * day), want: 'good' },
    { name: 'a moment less', outcome: ok, tls: tls(14 * day - 1), want: 'expires_soon' },
    { name: 'a moment left', outcome: ok, tls: tls(1), want: 'expires_soon' },
    { name: 'over', outcome: ok, tls: tls(0), want: 'tls_expired' },
    {
      name: 'untrusted',
      outcome: { tag: 'failed', failure: { kind: 'tls_untrusted', code: 'X' } },
      tls: tls(99 * day),
      want: 'tls_untrusted',
    },
    {
      name: 'a handshake that failed says nothing',
      outcome: { tag: 'failed', failure: { kind: 'tls_protocol', code: 'X' } },
      tls: null,
      want: null,
    },
  ] as const)('$name: $want', ({ outcome, tls: facts, want }) => {
    expect(readCertificate({ outcome, tls: facts }, 0)).toBe(want);
  });

  it.each([
    { name: 'expires soon: at once', says: ['expires_soon'], want: 'open' },
    { name: 'untrusted once', says: ['tls_untrusted'], want: null },
    { name: 'untrusted twice', says: ['tls_untrusted', 'tls_untrusted'], want: 'open' },
    { name: 'silence between counts as nothing', says: ['tls_untrusted', null, 'tls_untrusted'], want: 'open' },
    { name: 'good once', says: ['expires_soon', 'good'], want: null },
    { name: 'good twice', says: ['expires_soon', 'good', 'good'], want: 'closed' },
  ] as const)('$name: $want', ({ says, want }) => {
    const state = says.reduce((before, one) => updateCertificate(before, one, 'p'), noCertificate);
    expect(judgeCertificate(state)).toBe(want);
  });
});

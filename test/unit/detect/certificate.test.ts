import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import {
  judgeCertificate,
  noCertificate,
  readCertificate,
  updateCertificate,
} from '../../../src/detect/findings/certificate.ts';
import { sampleTls } from '../../support/samples.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

describe('certificate', () => {
  const day = 86_400_000;
  const tls = (expiresAtMs: number) => ({ ...sampleTls, expiresAtMs });
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
  ] as const)('$name: $want', ({ outcome, tls: facts, want }) =>
    expect(readCertificate({ outcome, tls: facts }, 0)).toBe(want),
  );

  it.each([
    { name: 'expires soon: at once', says: ['expires_soon'], want: 'open' },
    { name: 'untrusted once', says: ['tls_untrusted'], want: null },
    { name: 'untrusted twice', says: ['tls_untrusted', 'tls_untrusted'], want: 'open' },
    { name: 'silence between counts as nothing', says: ['tls_untrusted', null, 'tls_untrusted'], want: 'open' },
    { name: 'good once', says: ['expires_soon', 'good'], want: null },
    { name: 'good twice', says: ['expires_soon', 'good', 'good'], want: 'closed' },
  ] as const)('$name: $want', ({ says, want }) => {
    const state = says.reduce(updateCertificate, noCertificate);
    expect(judgeCertificate(state)).toBe(want);
  });

  it.each([
    {
      name: 'expired',
      expiresAtMs: at(0).wallMs - 1,
      want: `expired on ${new Date(at(0).wallMs - 1).toISOString().slice(0, 10)} (tls_expired)`,
    },
    { name: 'not valid yet', expiresAtMs: at(99 * day).wallMs, want: 'fails verification (tls_expired)' },
    { name: 'without a certificate', expiresAtMs: null, want: 'fails verification (tls_expired)' },
  ])('the text names the date, if it is known: $name', ({ expiresAtMs, want }) => {
    const detector = createDetector({
      config: aConfig({ mirrors: [aMirror('a'), aMirror('b')] }),
      targets: [aTarget('a'), aTarget('b')],
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    const bad: Outcome = { tag: 'failed', failure: { kind: 'tls_expired', code: 'CERT_HAS_EXPIRED' } };
    const texts = new Set<string>();
    for (let ms = 1_000; ms <= 60_000; ms += 1_000) {
      const samples = [
        aSample(aDue(aTarget('a')), ms, 5, bad, { tls: expiresAtMs === null ? null : tls(expiresAtMs) }),
        aSample(aDue(aTarget('b')), ms, 5),
      ];
      for (const sample of samples)
        for (const { finding } of detector.take(sample, at(ms + 5)).findings)
          if (finding.kind === 'certificate') texts.add(finding.text);
      for (const { finding } of detector.tick(at(ms + 10)).findings)
        if (finding.kind === 'certificate') texts.add(finding.text);
    }
    expect([...texts]).toEqual([`The certificate of a ${want}.`]);
  });
});

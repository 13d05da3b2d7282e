import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Phase, type ProbeFailure, phases, reasons } from '../../../src/core/failure.ts';
import { limits } from '../../../src/core/limits.ts';
import type { ProbeResponse, WireFault } from '../../../src/core/transcript.ts';
import { reasonOf } from '../../../src/probe/classify.ts';
import { malformed } from '../../../src/words/tell.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir } from '../../support/paths.ts';

const context = { hops: 2, limitBytes: 64, limitMs: 10_000 };

const reason = (fault: Partial<WireFault> & Pick<WireFault, 'code' | 'phase'>): ProbeResponse =>
  reasonOf({ text: '', bytesRead: 7, ...fault }, context);

const failed = (failure: ProbeFailure) => ({ tag: 'failed', failure });
const words = (text: string) => text.split(' ');
/** One row for each code, with the same phase and reason. */
const rows = (codes: string, phase: Phase, of: (code: string) => ProbeFailure) =>
  words(codes).map((code) => [code, phase, of(code)] as const);

test.each([
  ...rows('ENOTFOUND ENODATA EAI_NONAME', 'resolve', (code) => ({ kind: 'resolve_not_found', code })),
  ...rows(
    'EAI_AGAIN EAI_FAIL ESERVFAIL EREFUSED EBADRESP EFORMERR EAI_OVERFLOW ECONNREFUSED ECONNRESET',
    'resolve',
    (code) => ({ kind: 'resolve_failed', code }),
  ),
  ...rows('ETIMEOUT MW_DEADLINE', 'resolve', () => ({ kind: 'timeout_resolve', limitMs: 10_000 })),
])('names, where another one resolved: %s', (code, phase, failure) =>
  expect(reason({ code, phase, resolvesOthers: true })).toEqual(failed(failure)),
);

describe('names, where none resolved or none was asked', () => {
  const codes = words('ENOTFOUND ENODATA EAI_AGAIN ESERVFAIL EREFUSED ETIMEOUT MW_DEADLINE ECONNREFUSED');
  test('is unknown, whatever other names said', () =>
    expectRows(
      codes.flatMap((code) => [false, null, undefined].map((others) => [code, others] as const)),
      ([code, others]) => `${code}, ${others}`,
      ([code, others]) => {
        const more = others === undefined ? {} : { resolvesOthers: others };
        expect(reason({ code, phase: 'resolve', ...more })).toEqual({ tag: 'unknown', because: 'resolver', code });
      },
    ));
});

/** docs/protocols/common.md#error-codes, row by row, and our own codes. */
describe('code and phase', () => {
  test.each<readonly [string, Phase, ProbeFailure]>([
    ...rows('ECONNREFUSED', 'connect', (code) => ({ kind: 'refused', code })),
    ...rows('EHOSTUNREACH ENETUNREACH EINVAL', 'connect', (code) => ({ kind: 'unreachable', code })),
    ...rows('ETIMEDOUT MW_DEADLINE', 'connect', () => ({ kind: 'timeout_connect', limitMs: 10_000 })),
    ...rows('MW_DEADLINE', 'tls', () => ({ kind: 'timeout_tls', limitMs: 10_000 })),
    ...rows('MW_DEADLINE ETIMEDOUT', 'processing', () => ({ kind: 'timeout_processing', limitMs: 10_000 })),
    ...rows('MW_DEADLINE', 'transfer', () => ({ kind: 'timeout_transfer', limitMs: 10_000 })),
    ...rows('ECONNRESET', 'connect', (code) => ({ kind: 'reset', code })),
    ...rows('ECONNRESET EPIPE', 'tls', (code) => ({ kind: 'reset', code })),
    ...rows('ECONNRESET EPIPE MW_STALE MW_CLOSED', 'processing', (code) => ({ kind: 'reset', code })),
    ...rows('ECONNRESET MW_CLOSED Z_BUF_ERROR', 'transfer', () => ({ kind: 'cut', phase: 'transfer', bytesRead: 7 })),
    ...rows('CERT_HAS_EXPIRED CERT_NOT_YET_VALID', 'tls', (code) => ({ kind: 'tls_expired', code })),
    ...rows('ERR_TLS_CERT_ALTNAME_INVALID HOSTNAME_MISMATCH', 'tls', (code) => ({ kind: 'tls_name', code })),
    ...rows(
      'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_GET_ISSUER_CERT CERT_UNTRUSTED INVALID_CA INVALID_PURPOSE CERT_REVOKED EE_KEY_TOO_SMALL UNABLE_TO_GET_CRL',
      'tls',
      (code) => ({ kind: 'tls_untrusted', code }),
    ),
    ...rows('MW_PIN', 'tls', (code) => ({ kind: 'tls_pin', code })),
    ...rows(
      'EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE ERR_SSL_UNSUPPORTED_PROTOCOL ESOMETHING',
      'tls',
      (code) => ({ kind: 'tls_protocol', code }),
    ),
    ...rows(
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED ERR_SSL_TLSV1_ALERT_UNKNOWN_CA ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
      'processing',
      (code) => ({ kind: 'tls_client', code }),
    ),
    ...rows('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'transfer', (code) => ({ kind: 'tls_protocol', code })),
    ...rows('MW_BAD_HEAD', 'processing', () => malformed('answer.httpHead')),
    ...rows('MW_BAD_CHUNK', 'transfer', () => malformed('answer.httpBody')),
    ...rows('Z_DATA_ERROR', 'transfer', () => malformed('answer.coding')),
    ...rows('MW_BODY_LONGER', 'transfer', () => malformed('answer.announced')),
    ...rows('MW_HEAD_TOO_LARGE', 'processing', () => ({ kind: 'oversize', limitBytes: limits.headBytes })),
    ...rows('MW_BODY_TOO_LARGE', 'transfer', () => ({ kind: 'oversize', limitBytes: 64 })),
    ...rows('MW_FORBIDDEN_TARGET', 'resolve', () => ({ kind: 'forbidden_target', hops: 2 })),
    ...rows('MW_FORBIDDEN_TARGET', 'connect', () => ({ kind: 'forbidden_target', hops: 2 })),
  ])('%s in %s', (code, phase, failure) => expect(reason({ code, phase })).toEqual(failed(failure)));

  test.each(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])('an address of IPv6 alone, on a host without IPv6: %s', (code) => {
    const over = (family: 4 | 6) =>
      reasonOf({ code, phase: 'connect', text: '', bytesRead: 0 }, { ...context, family });
    expect(over(6)).toEqual(failed({ kind: 'unreachable', code }));
    expect(over(4)).toEqual({ tag: 'unknown', because: 'local', code });
  });

  test("the wire's own limit is named where it has one", () =>
    expect(reason({ code: 'MW_DEADLINE', phase: 'tls', limitMs: 3_000 })).toEqual(
      failed({ kind: 'timeout_tls', limitMs: 3_000 }),
    ));

  test.each([
    ['EPROTO', 'tlsv13 alert certificate required', 'tls_client'],
    ['EPROTO', 'sslv3 alert bad certificate', 'tls_client'],
    ['EPROTO', 'wrong version number', 'tls_protocol'],
    ['EPROTO', 'sslv3 alert handshake failure', 'tls_protocol'],
  ])('%s: %s', (code, text, kind) =>
    expect(reason({ code, phase: 'tls', text })).toEqual(failed({ kind: kind as 'tls_client', code })),
  );
});

describe('a forward proxy', () => {
  const code = 'MW_PROXY_CONNECT';
  test.each([
    ['MW_PROXY_STATUS', 'status 407'],
    [code, 'ECONNREFUSED: connect'],
    [code, 'ECONNRESET: the proxy closed the connection'],
    [code, 'CERT_HAS_EXPIRED: of the proxy'],
  ])('that fails is what its clients meet: %s, %s', (one, text) =>
    expect(reason({ code: one, phase: 'connect', text })).toEqual(failed({ kind: 'proxy', code: one })),
  );

  test('whose name has no address fails only where the resolver knows other names', () => {
    const text = 'ENOTFOUND: proxy.example.com';
    expect(reason({ code, phase: 'resolve', text, resolvesOthers: true })).toEqual(failed({ kind: 'proxy', code }));
    expect(reason({ code, phase: 'resolve', text })).toEqual({ tag: 'unknown', because: 'resolver', code });
  });

  test('that does not connect in time is a timeout', () =>
    expect(reason({ code, phase: 'connect', text: 'MW_DEADLINE: 4 s' })).toMatchObject({
      failure: { kind: 'timeout_connect' },
    }));

  test.each(['EMFILE', 'ABORT_ERR', 'EADDRNOTAVAIL'])('is not blamed for %s of our own', (own) =>
    expect(reason({ code, phase: 'connect', text: `${own}: own` })).toEqual({ tag: 'unknown', because: 'local', code }),
  );
});

describe('what says nothing about the mirror, in any phase', () => {
  test.each([
    ...words(
      'EMFILE ENFILE ENOBUFS ENOMEM EADDRNOTAVAIL EACCES EPERM ERR_SOCKET_BAD_PORT ERR_INVALID_URL ERR_INVALID_CHAR ABORT_ERR',
    ).map((code) => [code, 'local'] as const),
    ['MW_DEFECT', 'defect'] as const,
  ])('%s', (code, because) => {
    for (const phase of phases) expect(reason({ code, phase })).toEqual({ tag: 'unknown', because, code });
  });

  test.each(['connect', 'processing', 'transfer'] as const)('a code without a row, in %s', (phase) => {
    for (const code of ['ENEW', 'constructor', '']) {
      expect(reason({ code, phase })).toEqual({ tag: 'unknown', because: 'defect', code });
    }
  });
});

test('every reason that a fault can have is in the closed list', () => {
  for (const phase of phases) {
    for (const code of words('ENOTFOUND ETIMEDOUT ECONNRESET CERT_HAS_EXPIRED EPROTO MW_BODY_TOO_LARGE')) {
      const answer = reason({ code, phase, resolvesOthers: true });
      if (answer.tag === 'failed') expect(reasons).toContain(answer.failure.kind);
    }
  }
});

test('every code that our own wire gives has a row', () => {
  const wire = join(repoDir, 'src/wire');
  const given = readdirSync(wire).flatMap(
    (file) => readFileSync(join(wire, file), 'utf8').match(/(?<=')MW_\w+(?=')/g) ?? [],
  );
  expect(new Set(given).size).toBeGreaterThan(10);
  const unknown = [...new Set(given)].filter((code) => {
    const answer = reason({ code, phase: 'processing' });
    return answer.tag === 'unknown' && answer.because === 'defect';
  });
  expect(unknown).toEqual(['MW_DEFECT']);
});

import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WireAccess } from '../../src/core/ports.ts';
import { text } from '../support/answer.ts';
import { type Certs, testCerts } from '../support/certs.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import type { FaultyCertificate } from '../support/faults.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, endOf, realWire } from './own-wire.ts';

const spki = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
const expiry = (pem: string): number => Date.parse(new X509Certificate(pem).validTo);

describe('the verdict on a handshake', async () => {
  const certs: Certs = testCerts();
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n'), tls: true }));
  const dns = closeAtEnd(await startDnsServer());
  dns.setDefault({ a: ['127.0.0.1'] });
  const wire = closeAtEnd(realWire());

  const ask = (more: Partial<WireAccess> = {}, host = '127.0.0.1') => {
    const url = `https://${host}:${server.port}`;
    return coldHop(wire, accessTo(url, { dnsServer: dns.address, ...more }), `${url}/x`);
  };

  it('facts of a good one', async () => {
    const { hop } = await ask();
    expect(hop.tls).toEqual({
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      issuer: 'mirrorwatch-test-ca',
      expiresAtMs: expiry(certs.server.certPem),
      spkiSha256: spki(certs.server.certPem),
      resumed: false,
      authorizationCode: null,
    });
  });

  const bad: readonly (readonly [FaultyCertificate, string])[] = [
    ['expired', 'CERT_HAS_EXPIRED'],
    ['notYetValid', 'CERT_NOT_YET_VALID'],
    ['selfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['unknownCa', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['wrongName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ];
  it.each(bad)('facts of a bad one: %s, and no byte of HTTP is sent', async (which, code) => {
    const requests = server.requests.length;
    await server.setFault({ kind: 'certificate', which });
    const answer = await ask();
    await server.setFault(null);
    expect(endOf(answer)).toEqual({ code, phase: 'tls' });
    expect(answer.hop.tls).toMatchObject({
      version: 'TLSv1.3',
      expiresAtMs: expiry(certs[which].certPem),
      spkiSha256: spki(certs[which].certPem),
      authorizationCode: code,
    });
    expect(answer.hop.marks.secured).toBeUndefined();
    expect(server.requests.length).toBe(requests);
  });

  it('expired comes before untrusted, untrusted before pin', async () => {
    await server.setFault({ kind: 'certificate', which: 'expired' });
    const expired = await ask({ ca: [] });
    await server.setFault({ kind: 'certificate', which: 'selfSigned' });
    const untrusted = await ask({ pin: 'sha256/AAAA' });
    await server.setFault({ kind: 'certificate', which: 'wrongName' });
    const wrongName = await ask({ pin: 'sha256/AAAA' });
    await server.setFault(null);
    expect([expired, untrusted, wrongName].map((answer) => answer.hop.fault?.code)).toEqual([
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ]);
  });

  it.each([
    ['the right pin', `sha256/${spki(testCerts().server.certPem)}`, null],
    ['another pin', `sha256/${spki(testCerts().client.certPem)}`, 'MW_PIN'],
    ['the pin of the CA', `sha256/${spki(testCerts().ca.certPem)}`, 'MW_PIN'],
  ])('%s', async (_, pin, code) => {
    const { hop } = await ask({ pin });
    expect(hop.fault?.code ?? null).toBe(code);
    expect(hop.fault?.phase ?? null).toBe(code === null ? null : 'tls');
    expect(hop.tls?.authorizationCode).toBeNull();
  });

  it.each([
    ['without the bundle', [], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['with it', [testCerts().ca.certPem], null],
    ['with it among others', [testCerts().unknownCa.certPem, testCerts().ca.certPem], null],
  ])('a private CA %s', async (_, ca, code) => {
    const { hop } = await ask({ ca });
    expect(hop.fault?.code ?? null).toBe(code);
  });

  it.each([
    ['an exact name', 'example.com', null],
    ['a wildcard', 'm.example.com', null],
    ['two labels under a wildcard', 'a.m.example.com', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['another name', 'example.org', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s', async (_, host, code) => {
    const { hop } = await ask({}, host);
    expect(hop.fault?.code ?? null).toBe(code);
    if (code === null) expect(server.requests.at(-1)?.tls?.servername).toBe(host);
  });

  it('an address is judged by the addresses of the certificate, without SNI', async () => {
    await ask();
    expect(server.requests.at(-1)?.tls?.servername).toBe('');
  });

  it('a client certificate is shown where it is wanted', async () => {
    await server.setFault({ kind: 'wants-client-certificate' });
    const client = { cert: certs.client.certPem, key: certs.client.keyPem };
    const shown = await ask({ client });
    const none = await ask();
    await server.setFault(null);
    expect(shown.hop).toMatchObject({ status: 200, fault: null });
    expect(none.hop.fault?.code).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  });

  it('a broken bundle adds no trust: OpenSSL skips what it cannot read', async () => {
    const { hop } = await ask({ ca: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] });
    expect(hop.fault?.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('a client key that is none is a fault, nothing thrown', async () => {
    const { hop } = await ask({ client: { cert: certs.client.certPem, key: 'nonsense' } });
    expect(hop.fault?.code).toMatch(/^ERR_OSSL_/);
    expect(hop.status).toBeNull();
  });
});

it('TLS 1.2: is spoken, and named', async () => {
  const server = await startRawServer({ answer: () => text(200, 'ok\n'), tls: { maxVersion: 'TLSv1.2' } });
  const wire = realWire();
  const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/`);
  await wire.close();
  await server.close();
  expect(hop).toMatchObject({ fault: null, tls: { version: 'TLSv1.2', resumed: false } });
});

import { createHash, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { NameResolver } from '../../src/wire/dns.ts';
import { text } from '../support/answer.ts';
import { testCerts } from '../support/certs.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, endOf, hopOf, realWire } from './own-wire.ts';

const forbidden = { code: 'MW_FORBIDDEN_TARGET', phase: 'connect' };

describe('an answer may not lead us into private space', async () => {
  let connections: number;
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'inner secret\n') }));
  const dns = closeAtEnd(await startDnsServer());
  dns.setName('mirror.example.com', { a: ['203.0.113.7'] });
  const wire = closeAtEnd(realWire());
  const outside = (more = {}) => accessTo('https://mirror.example.com', { dnsServer: dns.address, ...more });
  beforeEach(() => {
    connections = server.connectionCount();
  });

  const foreign = { foreign: true };

  it.each([
    ['a literal', '127.0.0.1'],
    ['a literal in another spelling', '2130706433'],
    ['a literal in hexadecimal', '0x7f.1'],
    ['a mapped literal', '[::ffff:127.0.0.1]'],
    ['the unspecified address', '0.0.0.0'],
    ['localhost', 'localhost'],
    ['a name below localhost', 'a.localhost'],
  ])('%s', async (_, host) => {
    const answer = await coldHop(wire, outside(), `http://${host}:${server.port}/`, foreign);
    expect(endOf(answer)).toEqual(forbidden);
    expect(answer.hop.marks.connected).toBeUndefined();
    expect(server.connectionCount()).toBe(connections);
  });

  it('a name that resolves inward', async () => {
    dns.setName('cdn.example.com', { a: ['127.0.0.1'] });
    const answer = await coldHop(wire, outside(), `http://cdn.example.com:${server.port}/`, foreign);
    expect(endOf(answer)).toEqual(forbidden);
    expect(answer.hop).toMatchObject({ remoteAddress: '127.0.0.1', family: 4 });
    expect(server.connectionCount()).toBe(connections);
  });

  it('a name that changes its address between check and connect: it is asked once, and that answer is used', async () => {
    const rules = { allowHosts: ['198.51.100.0/24'] };
    // Nobody answers at that address: the hop ends with its limit.
    await withMoreTime(500, async (limitMs) => {
      dns.setName('rebind.example.com', { a: ['198.51.100.9'] }, { a: ['127.0.0.1'] });
      const asked = dns.questions.length;
      const more = { ...foreign, limitMs };
      const answer = await coldHop(wire, outside(rules), `http://rebind.example.com:${server.port}/`, more);
      const questions = dns.questions.slice(asked).filter(({ name }) => name === 'rebind.example.com');
      expect(questions).toHaveLength(1);
      expect(answer.hop.remoteAddress).toBe('198.51.100.9');
      expect(server.connectionCount()).toBe(connections);
    });
  });

  it('a scheme that we do not speak', async () => {
    const answer = await coldHop(wire, outside(), 'file:///etc/passwd', foreign);
    expect(endOf(answer)).toEqual({ code: 'MW_FORBIDDEN_TARGET', phase: 'resolve' });
  });

  it.each([
    ['where allowHosts names the range', { allowHosts: ['127.0.0.0/8'] }],
    ['where allowHosts names the address', { allowHosts: ['127.0.0.1'] }],
    ['where allowHosts names the host', { allowHosts: ['cdn.example.com'] }],
  ])('but may %s', async (_, rules) => {
    dns.setName('cdn.example.com', { a: ['127.0.0.1'] });
    const answer = await coldHop(wire, outside(rules), `http://cdn.example.com:${server.port}/`, foreign);
    expect(endOf(answer)).toEqual({ status: 200 });
  });

  it('but may where the configured mirror itself is there, by its address', async () => {
    const answer = await coldHop(wire, accessTo(server.url), `${server.url}/`, foreign);
    expect(endOf(answer)).toEqual({ status: 200 });
  });

  it('but may where the configured mirror itself is there, by its name', async () => {
    dns.setName('inner.example.com', { a: ['127.0.0.1'] });
    dns.setName('cdn.example.com', { a: ['127.0.0.1'] });
    const inner = accessTo(`http://inner.example.com:${server.port}`, { dnsServer: dns.address });
    const answer = await coldHop(wire, inner, `http://cdn.example.com:${server.port}/`, foreign);
    expect(endOf(answer)).toEqual({ status: 200 });
  });

  it('the space that counts is where this line found the mirror, not what its name says later', async () => {
    dns.setName('flip.example.com', { a: ['127.0.0.1'] }, { a: ['10.0.0.1'] });
    const access = accessTo(`http://flip.example.com:${server.port}`, { dnsServer: dns.address });
    const line = wire.open(access, 'cold');
    const own = await hopOf(line, `http://flip.example.com:${server.port}/`);
    const next = await hopOf(line, `http://10.0.0.1:${server.port}/`, foreign);
    line.close();
    expect(endOf(own)).toEqual({ status: 200 });
    expect(endOf(next)).toEqual(forbidden);
  });

  it('a mirror whose name changes to an inner address leads nowhere inward', async () => {
    await withMoreTime(500, async (limitMs) => {
      // At the first address nobody answers; it stands for that of a hostile mirror.
      dns.setName('turns.example.com', { a: ['198.51.100.9'] }, { a: ['127.0.0.1'] });
      const url = `http://turns.example.com:${server.port}/`;
      const line = wire.open(accessTo(url, { dnsServer: dns.address }), 'cold');
      await hopOf(line, url, { limitMs });
      const own = await hopOf(line, url);
      const next = await hopOf(line, `http://127.0.0.1:${server.port}/admin`, foreign);
      const again = await hopOf(line, `${url}admin`, foreign);
      line.close();
      expect(endOf(own)).toEqual({ status: 200 });
      expect([endOf(next), endOf(again)]).toEqual([forbidden, forbidden]);
      expect(server.requests.map(({ path }) => path)).not.toContain('/admin');
    });
  });

  it('a mirror whose own name resolves to a link-local address, such as that of cloud metadata, is not requested', async () => {
    dns.setName('meta.example.com', { a: ['169.254.169.254'] });
    const url = 'http://meta.example.com/latest/meta-data/';
    const answer = await coldHop(wire, accessTo(url, { dnsServer: dns.address }), url);
    expect(endOf(answer)).toEqual(forbidden);
    expect(answer.hop.marks.connected).toBeUndefined();
  });

  it('nor by the URL of a file, which an earlier probe has learnt', async () => {
    dns.setName('local.example.com', { a: ['169.254.77.77'] });
    const url = `http://local.example.com:${server.port}/file.tgz`;
    const answer = await coldHop(wire, accessTo(url, { dnsServer: dns.address }), url, foreign);
    expect(endOf(answer)).toEqual(forbidden);
    expect(answer.hop.marks.connected).toBeUndefined();
  });

  it('nor one whose own name had a public address before', () => {
    const names = new NameResolver(systemClock, systemTimers, []);
    const steady = (...of: readonly [name: string, address: string][]): readonly boolean[] =>
      of.map(([name, address]) => names.isSteady(name, address));
    expect(steady(['a.example.com', '10.0.0.5'], ['a.example.com', '127.0.0.1'])).toEqual([true, true]);
    expect(steady(['b.example.com', '2600::1'], ['b.example.com', '10.0.0.5'])).toEqual([true, false]);
    expect(steady(['169.254.1.1', '169.254.1.1'], ['b.example.com', '2600::2'])).toEqual([true, true]);
  });

  it("the operator's own word is not guarded", async () => {
    const answer = await coldHop(wire, accessTo(server.url), `${server.url}/`);
    expect(endOf(answer)).toEqual({ status: 200 });
  });
});

describe('credentials on the wire', () => {
  const ends: (() => unknown)[] = [];
  afterAll(() => {
    for (const end of ends) end();
  });

  it('reach the mirror, not where it redirects to, and no transcript', async () => {
    const [home, other] = await Promise.all(
      [0, 1].map(() => startRawServer({ answer: () => text(200, 'ok\n', { 'set-cookie': 'sid=s3cret' }) })),
    );
    if (home === undefined || other === undefined) throw new Error('no servers');
    const wire = realWire();
    const auth = { scheme: 'basic', username: 'robot', secret: 'pa55word', hosts: [] } as const;
    const line = wire.open(accessTo(home.url, { auth }), 'cold');
    const own = await hopOf(line, `${home.url}/?sig=abc123`);
    const led = await hopOf(line, `${other.url}/`, { foreign: true, headers: { authorization: 'Bearer t0ken' } });
    line.close();
    expect(home.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('robot:pa55word').toString('base64')}`,
      'accept-encoding': 'identity',
      'user-agent': 'mirrorwatch/test (+ops@example.com)',
    });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(own.headers['set-cookie']).toBe('sid=s3cret');
    const kept = JSON.stringify([own.hop, led.hop]);
    for (const secret of ['pa55word', 'cm9ib3Q6', 't0ken', 's3cret', 'abc123']) expect(kept).not.toContain(secret);
    expect(own.hop.requestHeaders.authorization).toBe('***');
    await Promise.all([wire.close(), home.close(), other.close()]);
  });

  it('neither the client certificate nor the pin counts where the mirror redirects to', async () => {
    const { ca, client, server, endsSoon } = testCerts();
    const shown: string[] = [];
    const asking = { ca: ca.certPem, requestCert: true, rejectUnauthorized: false };
    const ports = await Promise.all(
      [server, endsSoon].map(async ({ certPem: cert, keyPem: key }) => {
        const one = createServer({ ...asking, cert, key }, ({ socket }, response) => {
          shown.push((socket as TLSSocket).getPeerCertificate().subject?.CN?.toString() ?? 'none');
          response.end('ok\n');
        });
        await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
        ends.push(() => one.close());
        return (one.address() as { port: number }).port;
      }),
    );
    const [home, other] = ports.map((port) => `https://127.0.0.1:${port}`);
    const wire = realWire();
    const spki = new X509Certificate(server.certPem).publicKey.export({ type: 'spki', format: 'der' });
    const pin = `sha256/${createHash('sha256').update(spki).digest('base64')}`;
    const access = accessTo(home ?? '', { client: { cert: client.certPem, key: client.keyPem }, pin });
    const line = wire.open(access, 'cold');
    const own = await hopOf(line, `${home}/`);
    const led = await hopOf(line, `${other}/`, { foreign: true });
    line.close();
    expect([endOf(own), endOf(led)]).toEqual([{ status: 200 }, { status: 200 }]);
    expect(shown).toEqual(['mirrorwatch-client', 'none']);
    await wire.close();
  });
});

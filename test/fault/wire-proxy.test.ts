import { beforeEach, describe, expect, it } from 'vitest';
import type { WireAccess } from '../../src/core/ports.ts';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { startProxy, type TestProxy } from './own-proxy.ts';
import { accessTo, coldHop, endOf, realWire } from './own-wire.ts';

const secure = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n'), tls: true }));
const plain = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n') }));
const wire = closeAtEnd(realWire());

for (const isTls of [false, true]) {
  describe(`through an ${isTls ? 'https' : 'http'} proxy`, () => {
    let proxy: TestProxy;
    let via: (url: string, more?: Partial<WireAccess>) => WireAccess;
    beforeEach(async () => {
      proxy = await startProxy(isTls);
      via = (url, more = {}) =>
        accessTo(url, { proxy: { url: proxy.url, username: 'egress', password: 'pr0xypw' }, ...more });
      return proxy.close;
    });

    it('an https target goes by CONNECT, its name resolved there', async () => {
      const url = `https://mirror.example.com:${secure.port}`;
      const { hop } = await coldHop(wire, via(url), `${url}/x`);
      expect(hop).toMatchObject({ fault: null, status: 200, proxy: proxy.url, remoteAddress: '127.0.0.1' });
      expect(hop.tls?.authorizationCode).toBeNull();
      const { start, resolved, connected = 0, secured = 0, firstByte = 0, end } = hop.marks;
      expect(resolved).toBeUndefined();
      expect([start, connected, secured, firstByte, end]).toEqual(
        [start, connected, secured, firstByte, end].sort((a, b) => a - b),
      );
      expect(proxy.heads[0]).toMatch(`CONNECT mirror.example.com:${secure.port} HTTP/1.1\r\n`);
      expect(proxy.heads[0]).toContain(`proxy-authorization: Basic ${btoa('egress:pr0xypw')}`);
      expect(secure.requests.at(-1)?.headers['proxy-authorization']).toBeUndefined();
      expect(JSON.stringify(hop)).not.toMatch(/pr0xypw|ZWdyZXNz/);
    });

    it('an http target goes in absolute form', async () => {
      const url = `http://mirror.example.com:${plain.port}`;
      const { hop } = await coldHop(wire, via(url), `${url}/x?y=1`);
      expect(hop).toMatchObject({ fault: null, status: 200 });
      expect(proxy.heads[0]).toMatch(`GET ${url}/x?y=1 HTTP/1.1\r\nhost: mirror.example.com:${plain.port}\r\n`);
      expect(proxy.heads[0]).toContain('proxy-authorization: Basic ');
    });

    const refusals = [
      ['407 to CONNECT', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'MW_PROXY_STATUS'],
      ['502 to CONNECT', 'HTTP/1.1 502 Bad Gateway\r\n\r\n', 'MW_PROXY_STATUS'],
      ['201 to CONNECT', 'HTTP/1.1 201 Created\r\n\r\n', 'MW_PROXY_STATUS'],
      ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'MW_PROXY_STATUS'],
      ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`, 'MW_PROXY_STATUS'],
      ['half a head', 'HTTP/1.1 200', 'MW_PROXY_CONNECT'],
    ] as const;
    it.each(refusals)('%s is the proxy, not the mirror', async (_, bytes, code) => {
      proxy.set({ kind: 'say', bytes });
      const answer = await coldHop(wire, via(secure.url), `${secure.url}/x`);
      expect(endOf(answer)).toEqual({ code, phase: 'connect' });
    });

    it.each(['hang', 'close'] as const)('one that does %s is the proxy, not the mirror', async (kind) => {
      proxy.set({ kind });
      await withMoreTime(250, async (limitMs) => {
        const answer = await coldHop(wire, via(secure.url), `${secure.url}/x`, { limitMs });
        expect(endOf(answer)).toEqual({ code: 'MW_PROXY_CONNECT', phase: 'connect' });
        expect(answer.hop.fault?.text).toContain(kind === 'hang' ? 'MW_DEADLINE' : 'ECONNRESET');
      });
    });

    it('407 to a plain request is the proxy too', async () => {
      proxy.set({ kind: 'say', bytes: 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n' });
      const answer = await coldHop(wire, via(plain.url), `${plain.url}/x`);
      expect(answer.hop.fault?.code).toBe('MW_PROXY_STATUS');
    });

    it('one that is down is the proxy, not the mirror', async () => {
      await proxy.close();
      proxy = { ...proxy, close: () => Promise.resolve() };
      const answer = await coldHop(wire, via(secure.url), `${secure.url}/x`);
      expect(endOf(answer)).toEqual({ code: 'MW_PROXY_CONNECT', phase: 'connect' });
      expect(answer.hop.fault?.text).toContain('ECONNREFUSED');
    });

    it('what the mirror does behind the tunnel is the mirror', async () => {
      await secure.setFault({ kind: 'certificate', which: 'expired' });
      const expired = await coldHop(wire, via(secure.url), `${secure.url}/x`);
      expect(endOf(expired)).toEqual({ code: 'CERT_HAS_EXPIRED', phase: 'tls' });
      await secure.setFault({ kind: 'hang-head' });
      await withMoreTime(250, async (limitMs) => {
        const hung = await coldHop(wire, via(secure.url), `${secure.url}/x`, { limitMs });
        expect(endOf(hung)).toEqual({ code: 'MW_DEADLINE', phase: 'processing' });
      });
      await secure.setFault(null);
    });

    it('a tunnel closes where TLS over it cannot start', async () => {
      const client = { cert: 'none', key: 'none' };
      const { hop } = await coldHop(wire, via(secure.url, { client }), `${secure.url}/x`);
      expect(hop.fault?.phase).toBe('tls');
      await proxy.unused();
    });

    it('answers may not send us to literals or localhost; other names only the proxy knows', async () => {
      const outside = via('https://mirror.example.com');
      const foreign = { foreign: true };
      for (const host of ['127.0.0.1', '[::1]', '169.254.169.254', 'localhost']) {
        const answer = await coldHop(wire, outside, `https://${host}:${secure.port}/`, foreign);
        expect(answer.hop.fault?.code, host).toBe('MW_FORBIDDEN_TARGET');
      }
      expect(proxy.heads).toEqual([]);
      const named = await coldHop(wire, outside, `https://cdn.example.com:${secure.port}/`, foreign);
      expect(endOf(named)).toEqual({ status: 200 });
    });
  });
}

describe("a proxy's name", async () => {
  const dns = closeAtEnd(await startDnsServer());

  it('is what the resolve phase is about, and its failure is the proxy', async () => {
    const proxy = await startProxy(false);
    const name = proxy.url.replace('127.0.0.1', 'proxy.example.com');
    const access = accessTo(secure.url, {
      proxy: { url: name, username: null, password: null },
      dnsServer: dns.address,
    });
    const lost = await coldHop(wire, access, `${secure.url}/x`);
    dns.setName('proxy.example.com', { a: ['127.0.0.1'] });
    const found = await coldHop(wire, access, `${secure.url}/x`);
    await proxy.close();
    expect(endOf(lost)).toEqual({ code: 'MW_PROXY_CONNECT', phase: 'resolve' });
    expect(found.hop.fault).toBeNull();
    expect(found.hop.marks.resolved).toBeGreaterThan(found.hop.marks.start);
  });
});

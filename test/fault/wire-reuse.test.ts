import { beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, hopOf, realWire } from './own-wire.ts';

let wire: Wire;
const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n'), tls: true }));

beforeEach(async () => {
  await server.setFault(null);
  wire = realWire();
  return () => wire.close();
});

describe('a cold line', () => {
  it('connects anew for each ask, without session resumption', async () => {
    const line = wire.open(accessTo(server.url), 'cold');
    const before = server.connectionCount();
    const hops = [await hopOf(line, `${server.url}/1`), await hopOf(line, `${server.url}/2`)];
    line.close();
    expect(hops.map(({ hop }) => [hop.reused, hop.tls?.resumed])).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(server.connectionCount() - before).toBe(2);
  });

  it('reuses its connection for a hop that continues, as a fetch does, and says so', async () => {
    const line = wire.open(accessTo(server.url), 'cold');
    const first = await hopOf(line, `${server.url}/1`);
    const second = await hopOf(line, `${server.url}/2`, { startMs: first.hop.marks.end, foreign: true });
    line.close();
    expect(second.hop).toMatchObject({ reused: true, fault: null, remoteAddress: '127.0.0.1', status: 200 });
    expect(Object.keys(second.hop.marks).sort()).toEqual(['end', 'firstByte', 'start']);
    expect(second.hop.tls?.version).toBe('TLSv1.3');
  });

  it('is not warmed by an aside', async () => {
    const line = wire.open(accessTo(server.url), 'cold');
    const aside = await hopOf(line, `${server.url}/token`, { aside: true });
    const timed = await hopOf(line, `${server.url}/x`, { startMs: aside.hop.marks.end });
    line.close();
    expect(timed.hop.reused).toBe(false);
  });

  it('closes its connection with the line', async () => {
    const line = wire.open(accessTo(server.url), 'cold');
    const hop = hopOf(line, `${server.url}/x`);
    await server.setFault({ kind: 'hang-head' });
    line.close();
    expect((await hop).hop.fault).toMatchObject({ code: 'ABORT_ERR' });
  });
});

describe('a warm line', () => {
  it('says reused: false for the first use, then keeps the connection over lines', async () => {
    const access = accessTo(server.url);
    const seen: boolean[] = [];
    const before = server.connectionCount();
    for (const path of ['1', '2', '3']) {
      const line = wire.open(access, 'warm');
      const { hop } = await hopOf(line, `${server.url}/${path}`);
      line.close();
      expect(hop.fault).toBeNull();
      seen.push(hop.reused);
    }
    expect(seen).toEqual([false, true, true]);
    expect(server.connectionCount() - before).toBe(1);
  });

  it('connects anew where the server had closed meanwhile, and is no fault', async () => {
    const access = accessTo(server.url);
    await hopOf(wire.open(access, 'warm'), `${server.url}/1`);
    await server.kill();
    await server.revive();
    const { hop } = await hopOf(wire.open(access, 'warm'), `${server.url}/2`);
    expect(hop).toMatchObject({ reused: false, fault: null, status: 200 });
  });

  it('connects anew where the server closes just as it is asked again', async () => {
    const access = accessTo(server.url);
    await hopOf(wire.open(access, 'warm'), `${server.url}/1`);
    await server.setFault({ kind: 'reset-after-request' }, { times: 1 });
    const { hop } = await hopOf(wire.open(access, 'warm'), `${server.url}/2`);
    expect(hop).toMatchObject({ reused: false, fault: null, status: 200 });
    expect(hop.marks.secured).toBeGreaterThan(hop.marks.start);
  });

  it('has no address any more where its connection was closed and the name is gone', async () => {
    const dns = await startDnsServer();
    dns.setName('mirror.example.com', { a: ['127.0.0.1'] });
    const url = `https://mirror.example.com:${server.port}`;
    const access = accessTo(url, { dnsServer: dns.address });
    await hopOf(wire.open(access, 'warm'), `${url}/1`);
    await server.setFault({ kind: 'reset-after-request' }, { times: 1 });
    dns.setName('mirror.example.com', { rcode: 3 });
    const { hop } = await hopOf(wire.open(access, 'warm'), `${url}/2`);
    await dns.close();
    expect(hop).toMatchObject({ fault: { phase: 'resolve' }, remoteAddress: null, remotePort: null, family: null });
  });

  it('starts anew when the access of the mirror changed', async () => {
    await hopOf(wire.open(accessTo(server.url), 'warm'), `${server.url}/1`);
    const { hop } = await hopOf(wire.open(accessTo(server.url), 'warm'), `${server.url}/2`);
    expect(hop.reused).toBe(false);
  });

  it('keeps connections to a few hosts of a mirror, however many it leads to', async () => {
    const others = await Promise.all(
      Array.from({ length: 9 }, () => startRawServer({ answer: () => text(200, 'ok\n') })),
    );
    const access = accessTo(server.url);
    const ask = (url: string) => hopOf(wire.open(access, 'warm'), `${url}/x`);
    for (const { url } of others) await ask(url);
    const [first, last] = [others[0], others[8]].map((one) => one?.url ?? '');
    const reused = [(await ask(last ?? '')).hop.reused, (await ask(first ?? '')).hop.reused];
    await Promise.all(others.map((one) => one.close()));
    expect(reused).toEqual([true, false]);
  });

  it('is never used by cold probes', async () => {
    const access = accessTo(server.url);
    await hopOf(wire.open(access, 'warm'), `${server.url}/1`);
    const { hop } = await coldHop(wire, access, `${server.url}/2`);
    expect(hop.reused).toBe(false);
  });
});

describe('what is read', () => {
  it('stops on purpose where asked, and the answer is whole', async () => {
    const big = await startRawServer({ answer: () => text(200, 'x'.repeat(200_000)) });
    const { hop, body } = await coldHop(wire, accessTo(big.url), `${big.url}/x`, {
      bodyBytesMax: 1_000_000,
      stopAfterBytes: 1_000,
    });
    await big.close();
    expect(hop.fault).toBeNull();
    expect(body.length).toBeGreaterThanOrEqual(1_000);
    expect(hop.bodyBytes).toBe(body.length);
  });

  const caps = [
    ['as long as the cap', 3, null],
    ['a byte longer than the cap', 2, 'MW_BODY_TOO_LARGE'],
  ] as const;
  it.each(caps)('a body %s', async (_, bodyBytesMax, code) => {
    const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, { bodyBytesMax });
    expect(hop.fault?.code ?? null).toBe(code);
  });

  it('of an error page the first lines are enough', async () => {
    const big = await startRawServer({ answer: () => text(502, `bad gateway\n${'x'.repeat(100_000)}`) });
    const { hop, body } = await coldHop(wire, accessTo(big.url), `${big.url}/x`, { bodyBytesMax: 500_000 });
    await big.close();
    expect(hop).toMatchObject({ status: 502, fault: null });
    expect(Buffer.from(body).toString().split('\n')[0]).toBe('bad gateway');
    expect(body.length).toBeLessThan(100_000);
  });
});

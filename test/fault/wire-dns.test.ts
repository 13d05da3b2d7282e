import { beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { Deadline } from '../../src/wire/deadline.ts';
import { NameResolver } from '../../src/wire/dns.ts';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { patienceMs, withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, endOf, realWire } from './own-wire.ts';

describe('names through an own resolver', async () => {
  let dns: DnsServer;
  let wire: Wire;
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n') }));

  beforeEach(async () => {
    dns = await startDnsServer();
    wire = realWire({ otherNames: ['other.example.com', 'localhost', '127.0.0.1'] });
    return async () => {
      await wire.close();
      await dns.close();
    };
  });
  const ask = (name: string, more: { family?: 4 | 6; first?: 4 | 6; limitMs?: number } = {}) => {
    const url = `http://${name}:${server.port}`;
    const access = accessTo(url, { dnsServer: dns.address, family: more.family ?? null });
    const limit = more.limitMs === undefined ? {} : { limitMs: more.limitMs };
    return coldHop(wire, access, `${url}/x`, limit, more.first);
  };

  it('is asked each time, and the family is named', async () => {
    dns.setName('m.example.com', { a: ['127.0.0.1', '127.0.0.2'], ttl: 3600 });
    for (let turn = 1; turn <= 2; turn += 1) {
      const { hop } = await ask('m.example.com');
      expect(hop).toMatchObject({ fault: null, remoteAddress: '127.0.0.1', family: 4, status: 200 });
      expect(hop.marks.resolved).toBeGreaterThan(hop.marks.start);
      expect(dns.questions.filter(({ name }) => name === 'm.example.com')).toHaveLength(turn);
    }
  });

  it('names that this resolver has resolved are its first witnesses, before many that it never resolved', async () => {
    const strangers = ['a', 'b', 'c', 'd'].map((name) => `${name}.example.net`);
    const split = realWire({ otherNames: strangers });
    const hop = (name: string) => {
      const url = `http://${name}:${server.port}`;
      return coldHop(split, accessTo(url, { dnsServer: dns.address }), `${url}/x`);
    };
    dns.setName('inside.example.com', { a: ['127.0.0.1'] });
    dns.setName('gone.example.com', { rcode: 3 });
    expect((await hop('inside.example.com')).hop.fault).toBeNull();
    const { hop: gone } = await hop('gone.example.com');
    await split.close();
    expect(gone.fault).toMatchObject({ code: 'ENOTFOUND', resolvesOthers: true });
  });

  it('names to which a mirror redirects are no witnesses, because it could let all of them fail together', async () => {
    const alone = realWire({ otherNames: ['other.example.com'] });
    const hop = (name: string, foreign: boolean) => {
      const access = accessTo('http://m.example.com', { dnsServer: dns.address, allowHosts: ['127.0.0.0/8'] });
      return coldHop(alone, access, `http://${name}:${server.port}/x`, { foreign });
    };
    dns.setName('other.example.com', { a: ['127.0.0.1'] });
    for (const at of [1, 2, 3]) {
      dns.setName(`r${at}.example.com`, { a: ['127.0.0.1'] }, { rcode: 3 });
      expect((await hop(`r${at}.example.com`, true)).hop.fault).toBeNull();
    }
    const { hop: gone } = await hop('gone.example.com', true);
    await alone.close();
    expect(gone.fault).toMatchObject({ code: 'ENOTFOUND', resolvesOthers: true });
  });

  it.each([
    ['the family asked for alone', { family: 6 }, { a: ['127.0.0.1'], aaaa: ['::1'] }, '::1', ['AAAA']],
    ['IPv4 first where any will do', {}, { a: ['127.0.0.1'], aaaa: ['::1'] }, '127.0.0.1', ['A']],
    ['a family tried first where it is left open', { first: 6 }, { a: ['127.0.0.1'], aaaa: ['::1'] }, '::1', ['AAAA']],
    ['the only one where the first is not there', { first: 6 }, { a: ['127.0.0.1'] }, '127.0.0.1', ['AAAA', 'A']],
    [
      'the family asked for, whichever were first',
      { family: 4, first: 6 },
      { a: ['127.0.0.1'], aaaa: ['::1'] },
      '127.0.0.1',
      ['A'],
    ],
    ['IPv6 where there is no IPv4', {}, { aaaa: ['::1'] }, '::1', ['A', 'AAAA']],
  ] as const)('%s', async (_, asked, record, address, types) => {
    dns.setName('m.example.com', record);
    const { hop } = await ask('m.example.com', asked);
    expect(hop).toMatchObject({ remoteAddress: address, family: address === '::1' ? 6 : 4 });
    expect(dns.questions.filter(({ name }) => name === 'm.example.com').map(({ type }) => type)).toEqual(types);
  });

  it('other names are asked once in the same moment, however many fail', async () => {
    dns.setName('other.example.com', { a: ['127.0.0.1'] });
    await Promise.all(['a', 'b', 'c'].map((name) => ask(`${name}.example.com`)));
    const asked = dns.questions.filter(({ name }) => name === 'other.example.com');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  it('nothing is said where there is no other name', async () => {
    const alone = realWire({ otherNames: ['localhost'] });
    const access = accessTo('http://m.example.com', { dnsServer: dns.address });
    const { hop } = await coldHop(alone, access, 'http://m.example.com/');
    await alone.close();
    expect(hop.fault).toMatchObject({ code: 'ENOTFOUND', resolvesOthers: null });
  });

  it('a mirror of the same resolver is another name, one of another resolver is not', async () => {
    const elsewhere = await startDnsServer();
    const alone = realWire();
    dns.setName('peer.example.com', { a: ['127.0.0.1'] });
    const open = (name: string, server: DnsServer) =>
      coldHop(alone, accessTo(`http://${name}`, { dnsServer: server.address }), `http://${name}:${server.port}/`);
    await open('private.example.com', elsewhere);
    const first = await open('m.example.com', dns);
    await open('peer.example.com', dns);
    const second = await open('m.example.com', dns);
    await alone.close();
    await elsewhere.close();
    expect([first, second].map(({ hop }) => hop.fault?.resolvesOthers)).toEqual([null, true]);
    expect(dns.questions.map(({ name }) => name)).not.toContain('private.example.com');
  });

  it('localhost never goes to the server', async () => {
    const { hop } = await ask('localhost');
    expect(hop).toMatchObject({ fault: null, remoteAddress: '127.0.0.1' });
    expect(dns.questions).toEqual([]);
  });

  it('a dead server is a failed resolve', async () => {
    const gone = await startDnsServer();
    await gone.close();
    const access = accessTo('http://m.example.com', { dnsServer: gone.address });
    await withMoreTime(300, async (limitMs) => {
      const answer = await coldHop(wire, access, 'http://m.example.com/', { limitMs });
      expect(answer.hop.fault).toMatchObject({ phase: 'resolve', resolvesOthers: false });
    });
  });

  it('a server address that is none is a fault too, nothing thrown', async () => {
    const access = accessTo('http://m.example.com', { dnsServer: 'not an address' });
    const answer = await coldHop(wire, access, 'http://m.example.com/');
    expect(endOf(answer)).toEqual({ code: 'ERR_INVALID_IP_ADDRESS', phase: 'resolve' });
  });

  it('more resolvers than are kept do not end the query of another one', async () => {
    const names = new NameResolver(systemClock, systemTimers, []);
    const resolve = (server: string) => {
      const deadline = new Deadline(systemClock, systemTimers, systemClock.monotonicMs() + patienceMs);
      return names.resolve('m.example.com', { family: 4, server }, deadline, () => undefined);
    };
    dns.setName('m.example.com', { a: ['127.0.0.1'], delayMs: 200 });
    const first = resolve(dns.address);
    const others = Promise.allSettled(Array.from({ length: 100 }, (_, at) => resolve(`127.0.1.${at + 1}:9`)));
    const [end] = await Promise.allSettled([first]);
    names.close();
    await others;
    expect(end).toEqual({ status: 'fulfilled', value: { address: '127.0.0.1', family: 4 } });
  });

  it('names that one mirror chose have few queries at once; the others wait, and one of the same name shares the result', async () => {
    const names = new NameResolver(systemClock, systemTimers, []);
    const resolve = (host: string, limitMs = patienceMs) => {
      const deadline = new Deadline(systemClock, systemTimers, systemClock.monotonicMs() + limitMs);
      const rule = { family: 4, server: dns.address, by: 'm' } as const;
      return names.resolve(host, rule, deadline, () => undefined).finally(() => deadline.clear());
    };
    const asked = (): readonly string[] => [...new Set(dns.questions.map(({ name }) => name))];
    dns.setName('same.example.com', { a: ['127.0.0.1'], delayMs: 50 });
    const same = await Promise.all(Array.from({ length: 20 }, () => resolve('same.example.com')));
    expect(same.every(({ address }) => address === '127.0.0.1')).toBe(true);
    expect(dns.questions.filter(({ name }) => name === 'same.example.com')).toHaveLength(3);
    const many = Array.from({ length: 20 }, (_, at) => `n${at}.example.com`);
    for (const name of many) dns.setName(name, { a: ['127.0.0.1'] });
    for (const at of [1, 2, 3]) dns.setName(`silent${at}.example.com`, { silent: true });
    await Promise.all(many.map((name) => resolve(name)));
    expect(asked()).toEqual(expect.arrayContaining(many));
    const silent = [1, 2, 3].map((at) => resolve(`silent${at}.example.com`, 1_000));
    const behind = [resolve('late.example.com', 500), ...silent];
    expect((await Promise.allSettled(behind)).map(({ status }) => status)).toEqual(behind.map(() => 'rejected'));
    expect(asked()).not.toContain('late.example.com');
    names.close();
  });

  it('a name of a mirror holds few threads of the system resolver at once, however many probes wait for it', async () => {
    const names = new NameResolver(systemClock, systemTimers, []);
    const deadline = new Deadline(systemClock, systemTimers, systemClock.monotonicMs() + patienceMs);
    const lookups = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'GetAddrInfoReqWrap').length;
    const before = lookups();
    const rule = { family: 4, server: null } as const;
    const all = Array.from({ length: 20 }, () => names.resolve('localhost', rule, deadline, () => undefined));
    expect(lookups() - before).toBe(2);
    expect((await Promise.all(all)).map(({ address }) => address)).toEqual(all.map(() => '127.0.0.1'));
    deadline.clear();
    names.close();
  });
});

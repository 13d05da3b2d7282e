import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { type DnsRecord, type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { faultRows } from '../support/faults.ts';
import { withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { type Aim, endsAs, probeOnce } from './end-to-end.ts';

/** Faults whose end only comes with the deadline. */
const untilDeadline = /timeout_/;

/** Rows that the table leaves open, or where the go command is the judge. */
const settledHere: Readonly<Record<string, string>> = {
  // What hash or size alone can tell: here the hash is known.
  'right shape, wrong bytes': 'mismatch',
  'no length, closed half-way': 'mismatch',
  // net/http gives a 3xx without Location to its caller as an answer like any other.
  'redirect without location': 'status',
};

for (const tls of [false, true]) {
  describe(`what a mirror does to a probe, ${tls ? 'over TLS' : 'in the clear'}`, () => {
    let mirror: FakeMirror;
    beforeAll(async () => {
      mirror = await startFakeMirror({ tls });
    });
    afterAll(() => mirror.close());

    const rows = faultRows.filter((row) => tls || !row.tlsOnly);
    test.each(rows.map((row) => [row.name, row] as const))('%s', async (name, row) => {
      const want = settledHere[name] ?? row.reason ?? 'no reason is expected';
      const probed = async (aim: Aim): Promise<void> => {
        await mirror.setFault(row.fault);
        const { sample, transcript } = await probeOnce(mirror.url, aim);
        await mirror.setFault(null);
        expect(endsAs(sample.outcome)).toBe(want);
        const sum = Object.values(sample.phases).reduce((total, ms) => total + ms, 0);
        expect(sum).toBeCloseTo(sample.rttMs ?? 0, 6);
        expect(sample.rttMs).not.toBeNull();
        expect(JSON.parse(JSON.stringify({ sample, transcript }))).toEqual({ sample, transcript });
        if (sample.outcome.tag === 'failed' && aim.timeoutMs !== undefined)
          expect(sample.outcome.failure).toMatchObject({ limitMs: aim.timeoutMs });
      };
      if (untilDeadline.test(want)) await withMoreTime(250, (timeoutMs) => probed({ timeoutMs }));
      else await probed({});
    });

    test('and well again: ok, verified against the known hash', async () => {
      await mirror.setFault(null);
      const { sample } = await probeOnce(mirror.url);
      expect(sample).toMatchObject({ outcome: { tag: 'ok' }, facts: { verified: { against: 'pinned' } }, status: 200 });
    });
  });
}

describe('what the mirror asked for, in numbers', async () => {
  let headers: Record<string, string> = {};
  const inSeconds = (seconds: number) => ({ 'retry-after': new Date(Date.now() + seconds * 1_000).toUTCString() });
  const server = closeAtEnd(await startRawServer({ answer: () => text(429, 'slow down\n', headers) }));

  test.each([
    ['429 with seconds', { 'retry-after': '7' }, 7_000],
    ['429 with a date that is past', inSeconds(-90), 0],
    ['429 with a year', { 'retry-after': '31536000' }, limits.retryAfterMsMax],
    ['429 with nonsense', { 'retry-after': 'soon' }, null],
    ['429 with nothing', {}, null],
  ] as const)('%s', async (_, given, wantMs) => {
    headers = { ...given };
    const { sample } = await probeOnce(server.url);
    expect(sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'throttled', status: 429 } });
    expect(sample.retryAfterMs).toBe(wantMs);
  });

  test('429 with a date', async () => {
    headers = inSeconds(3_600);
    const dateMs = Date.parse(headers['retry-after'] ?? '');
    const leftMs = (): number => dateMs - Date.now();
    const mostMs = leftMs();
    const { sample } = await probeOnce(server.url);
    expect(sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'throttled', status: 429 } });
    // What was left at the moment of the answer: no more than before the question, no less than now.
    expect(sample.retryAfterMs).toBeLessThanOrEqual(mostMs);
    expect(sample.retryAfterMs).toBeGreaterThanOrEqual(leftMs());
  });
});

describe('names', () => {
  let mirror: FakeMirror;
  let dns: DnsServer;
  beforeAll(async () => {
    mirror = await startFakeMirror();
    dns = await startDnsServer();
  });
  afterAll(async () => {
    await mirror.close();
    await dns.close();
  });
  const probe = (name: string, aim: Aim = {}) =>
    probeOnce(`http://${name}:${mirror.port}`, {
      otherNames: ['other.example.com'],
      ...aim,
      access: { dnsServer: dns.address, ...aim.access },
    });

  const rows: readonly (readonly [string, DnsRecord, string])[] = [
    ['DNS NXDOMAIN', { rcode: 3 }, 'resolve_not_found'],
    ['DNS empty answer', {}, 'resolve_not_found'],
    ['DNS SERVFAIL', { rcode: 2 }, 'resolve_failed'],
    ['DNS REFUSED', { rcode: 5 }, 'resolve_failed'],
    ['DNS timeout', { silent: true }, 'timeout_resolve'],
    ['DNS bytes that are no message', { garbage: true }, 'resolve_failed'],
  ];
  test.each(rows)('%s, while another name resolves', async (_, record, want) => {
    dns.setName('m.example.com', record);
    dns.setName('other.example.com', { a: ['127.0.0.1'] });
    await withMoreTime(300, async (timeoutMs) => {
      const { sample } = await probe('m.example.com', { timeoutMs });
      expect(endsAs(sample.outcome)).toBe(want);
    });
  });

  test.each(rows)('%s, while no name resolves: news about our resolver', async (_, record) => {
    dns.setName('m.example.com', record);
    dns.setName('other.example.com', { rcode: 2 });
    await withMoreTime(300, async (timeoutMs) => {
      const { sample } = await probe('m.example.com', { timeoutMs });
      expect(endsAs(sample.outcome)).toBe('unknown: resolver');
    });
  });

  test('a name that resolves, after all of that', async () => {
    dns.setName('m.example.com', { a: ['127.0.0.1'] });
    expect(endsAs((await probe('m.example.com')).sample.outcome)).toBe('ok');
  });
});

describe('ways inward', async () => {
  let mirror: FakeMirror;
  let dns: DnsServer;
  const inner = await startRawServer({ answer: () => text(200, 'module example.com/hello\n') });
  mirror = await startFakeMirror();
  dns = await startDnsServer();
  afterAll(() => Promise.all([inner.close(), mirror.close(), dns.close()]));

  /** A redirect of a mirror on loopback to another private network, or of one whose network is another, to loopback. */
  const ways: readonly (readonly [string, string, () => void])[] = [
    ['SSRF by a literal', 'http://10.0.0.1/', () => undefined],
    ['SSRF by a literal in another spelling', 'http://0xa9fea9fe/', () => undefined],
    ['SSRF by an IPv6 literal', 'http://[fd00::1]/', () => undefined],
    ['SSRF by a mapped literal', 'http://[::ffff:10.0.0.1]/', () => undefined],
    ['SSRF by a name', 'http://cdn.example.com/', () => dns.setName('cdn.example.com', { a: ['192.168.1.1'] })],
    [
      'SSRF by a link-local name',
      'http://meta.example.com/',
      () => dns.setName('meta.example.com', { a: ['169.254.169.254'] }),
    ],
    ['SSRF by an IPv6 name', 'http://v6.example.com/', () => dns.setName('v6.example.com', { aaaa: ['fe80::1'] })],
  ];
  test.each(ways)('%s', async (_, location, prepare) => {
    prepare();
    await mirror.setFault({ kind: 'redirect', location });
    const { sample, transcript } = await probeOnce(mirror.url, { access: { dnsServer: dns.address } });
    await mirror.setFault(null);
    expect(sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'forbidden_target', hops: 2 } });
    expect(transcript.hops.at(-1)?.marks.connected).toBeUndefined();
  });

  test('SSRF by a redirect chain: each hop is checked, not the first alone', async () => {
    const chain = await startRawServer({
      answer: ({ path }) =>
        path.startsWith('/step2')
          ? text(302, '', { location: 'http://10.1.2.3/' })
          : text(302, '', { location: '/step2' }),
    });
    const { sample } = await probeOnce(chain.url);
    await chain.close();
    expect(sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'forbidden_target', hops: 3 } });
  });

  test('a loop of redirects ends at its second turn, a long chain at the tenth hop', async () => {
    const long = await startRawServer({ answer: ({ index }) => text(302, '', { location: `/next/${index}` }) });
    const { sample } = await probeOnce(long.url);
    await long.close();
    expect(sample.outcome).toMatchObject({ failure: { kind: 'redirect', hops: limits.redirects + 1 } });
  });
});

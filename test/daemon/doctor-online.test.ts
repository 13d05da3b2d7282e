import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import type { Fault } from '../support/faults.ts';
import { type SyntheticModule, syntheticModules } from '../support/synthetic-modules.ts';
import { placesOf, type ShownTrap, said, testMachine } from '../unit/features/doctor/machine.ts';

/** With the record that is looked up where nothing is learnt. */
const modules: readonly SyntheticModule[] = [
  ...syntheticModules,
  {
    path: 'rsc.io/quote',
    versions: [
      { version: 'v1.5.2', time: '2018-02-14T15:44:20Z', goMod: 'module rsc.io/quote\n', files: { LICENSE: '' } },
    ],
  },
];

const mirror = closeAtEnd(await startFakeMirror({ modules }));
const bare = closeAtEnd(await startFakeMirror({ modules, sumdb: null }));
const secure = closeAtEnd(await startFakeMirror({ modules, tls: true }));
const dns = closeAtEnd(await startDnsServer());

interface Asked {
  readonly asked: readonly {
    readonly registry: string;
    readonly layers: readonly { readonly layer: string; readonly state: string; readonly text: string }[];
  }[];
  readonly traps: readonly ShownTrap[];
  readonly untold: readonly { readonly id: string }[];
}

/** Asks the mirrors of a configuration, each of them written as keys beside its name. */
async function ask(
  mirrors: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): Promise<Asked & { code: number }> {
  const lines = Object.entries(mirrors).map(([name, keys]) => `  - { name: ${name}, ecosystem: go, ${keys} }`);
  const yaml = `vantage: here\nschedule: { every: 5s, timeout: 5s }\nmirrors:\n${lines.join('\n')}\nmodules: { go: [ example.com/hello@v1.0.0 ] }\ngo: { sumdb: "${mirror.sumdb?.verifierKey ?? ''}" }\n`;
  const machine = testMachine({ 'mirrorwatch.yaml': yaml });
  const named = ['--config', machine.at('mirrorwatch.yaml')];
  const ran = await machine.run(['doctor', '--json', ...named, ...(argv.length === 0 ? ['--online'] : argv)]);
  expect(ran.err).toBe('');
  return { ...(JSON.parse(ran.out) as Asked), code: ran.code };
}

const statesOf = (layers: Asked['asked'][number]['layers'] = []): string =>
  layers.map(({ layer, state }) => `${layer} ${state}`).join(', ');

describe('layer by layer', async () => {
  test('a mirror that is well: each layer works, and no trap', async () => {
    const got = await ask({ a: `url: "${mirror.url}"` });
    expect(statesOf(got.asked[0]?.layers)).toBe(
      'name passed over, tcp works, tls passed over, certificate passed over, http works, content works',
    );
    expect([got.code, got.traps, got.untold]).toEqual([0, [], []]);
  });

  /** What each of many mirrors of one configuration does, the layer that fails of it, and what is said of that. */
  const faulty: Readonly<Record<string, readonly [Fault, layer: string, ...says: readonly RegExp[]]>> = {
    'nobody listens': [{ kind: 'refuse' }, 'tcp', /no service listens on that port/],
    'a filter cuts the handshake': [{ kind: 'reset-in-tls' }, 'tls', /the connection is closed or reset/],
    'a plain port': [{ kind: 'plain-on-tls' }, 'tls', /does not support our TLS versions/],
    'an intercepting gateway': [
      { kind: 'certificate', which: 'unknownCa' },
      'certificate',
      /this machine does not trust the certificate/,
    ],
    'an expired certificate, and since when': [
      { kind: 'certificate', which: 'expired' },
      'certificate',
      /not valid now/,
      /tls_expired: .* \(expired since \d{4}-\d\d-\d\dT.*Z\) \(issued by /,
    ],
    'a certificate that is not valid yet': [
      { kind: 'certificate', which: 'notYetValid' },
      'certificate',
      / \(not valid yet\) \(issued by /,
    ],
    "another's certificate, and whose": [
      { kind: 'certificate', which: 'wrongName' },
      'certificate',
      /for another name/,
      /tls_name: .* \(the certificate names [^)]*\) \(issued by /,
    ],
    'a certificate that is self-signed': [
      { kind: 'certificate', which: 'selfSigned' },
      'certificate',
      /tls_untrusted: .* \(self-signed by [^)]+\)$/,
    ],
    'a cut after the request': [{ kind: 'reset-after-request' }, 'http', /the connection is closed or reset/],
    'a broken mirror': [{ kind: 'status', status: 502 }, 'http', /server error \(502\)/],
    // It is no answer of the mirror: HTTP fails, not the content.
    'a network that wants a login first': [{ kind: 'status', status: 511 }, 'http', /\(511\)/],
    'the login page of a network': [{ kind: 'html' }, 'content', /an HTML page/],
    'a cut in the body': [{ kind: 'close-mid-body' }, 'content', /the response is truncated/],
  };

  const layersAt = (name: string) => found.asked.find(({ registry }) => registry === name)?.layers ?? [];
  const trapsAt = (name: string) =>
    found.traps.filter(({ where }) => where.some((place) => place.mirror?.startsWith(`${name} (`)));
  const nameOf = (fault: string): string => `m${Object.keys(faulty).indexOf(fault)}`;

  dns.setName('secure.example.com', { a: ['127.0.0.1'] });
  dns.setName('half.example.com', { a: ['127.0.0.1'], aaaa: ['::1'] });
  dns.setName('slow.example.com', { a: ['127.0.0.1'], delayMs: 1_200 });
  const resolve = `resolve: { family: 4, server: "${dns.address}" }`;
  const tls = `tls: { ca: "${testCerts().ca.certFile}" }`;
  const [redirecting, ...servers] = await Promise.all([
    startFakeMirror({ modules }),
    ...Object.values(faulty).map(async ([fault]) => {
      const server = await startFakeMirror({ modules, tls: true });
      await server.setFault(fault);
      return server;
    }),
  ]);
  await redirecting.setFault({ kind: 'redirect', location: `${mirror.url}/login` });
  await mirror.setFault({ kind: 'html' }, { path: /login/ });
  const entries = Object.keys(faulty).map((fault, at) => [nameOf(fault), `url: "${servers[at]?.url}", ${tls}`]);
  const found = await ask({
    ...Object.fromEntries(entries),
    named: `url: "https://secure.example.com:${secure.port}", ${resolve}, ${tls}`,
    portal: `url: "${redirecting.url}"`,
    plain: `url: "${secure.url.replace('https:', 'http:')}"`,
    slow: `url: "http://slow.example.com:${mirror.port}", ${resolve}`,
    half: `url: "http://half.example.com:${mirror.port}", resolve: { server: "${dns.address}" }`,
    missing: `url: "http://missing.example.com:${mirror.port}", ${resolve}`,
  });
  await mirror.setFault(null);
  await Promise.all([redirecting, ...servers].map((one) => one.close()));

  test.each(Object.entries(faulty))('%s', (name, [, layer, ...says]) => {
    const layers = layersAt(nameOf(name));
    const failing = layers.filter(({ state }) => state === 'fails');
    expect(failing.map((one) => one.layer)).toEqual([layer]);
    for (const words of says) expect(failing[0]?.text).toMatch(words);
    expect(trapsAt(nameOf(name)).map(({ id, severity }) => [id, severity])).toEqual([[`online-${layer}`, 'error']]);
    const after = layers.slice(layers.findIndex((one) => one.layer === layer) + 1);
    expect(new Set(after.map(({ state }) => state))).toEqual(new Set(after.length === 0 ? [] : ['not reached']));
    expect(found.code).toBe(1);
  });

  test('over TLS, by name', () => {
    expect(statesOf(layersAt('named'))).toBe(
      'name works, tcp works, tls works, certificate works, http works, content works',
    );
    expect(layersAt('named')[0]?.text).toMatch(/^secure\.example\.com resolves to 127\.0\.0\.1/);
  });

  test('a portal that redirects: where to, and no certificate or content is said to work', () => {
    const failing = layersAt('portal').find(({ state }) => state === 'fails');
    expect(failing?.text).toContain(`(redirected to ${mirror.url}/login`);
  });

  test('plain HTTP to a port that speaks TLS', () => {
    const trap = trapsAt('plain').find(({ id }) => id === 'online-plain-on-tls');
    expect(trap?.set).toEqual([`Use ${secure.url} instead.`]);
  });

  test('a resolver that takes a second and more is slow, not ok', () => {
    expect(statesOf(layersAt('slow'))).toMatch(/^name slow, tcp works/);
    const trap = trapsAt('slow').find(({ id }) => id === 'online-slow');
    expect([trap?.severity, trap?.what]).toEqual([
      'warning',
      expect.stringMatching(/^name: slow\.example\.com resolves to .* in 1\d{3}\.\d ms\.$/),
    ]);
  });

  test('a name that does not exist, while the resolver resolves other names', () => {
    expect(statesOf(layersAt('missing'))).toMatch(/^name fails, tcp not reached/);
    expect(found.traps.find(({ id }) => id === 'online-name')?.where).toHaveLength(1);
  });

  test('IPv6 that is announced and refused', () => {
    const refused = found.traps.filter(({ id }) => id === 'online-ipv6-broken');
    expect(refused.map(({ what }) => what)).toEqual(['The mirror fails over IPv6 (refused), and works over IPv4.']);
    expect(refused[0]?.where.map(({ mirror: of }) => of?.split(' ')[0])).toEqual(['half']);
  });

  test('IPv6 that connects and then hangs, while IPv4 works', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(mirror.port, '::1', resolve));
    const got = await ask({
      a: `url: "http://half.example.com:${mirror.port}", resolve: { server: "${dns.address}" }`,
    });
    silent.close();
    expect(got.traps.map(({ id, what }) => [id, what])).toEqual([
      ['online-ipv6-broken', 'The mirror fails over IPv6 (timeout_processing), and works over IPv4.'],
    ]);
  });

  test('a failure over IPv6 says beside its layer that IPv4 works', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '::1', resolve));
    const { port } = silent.address() as AddressInfo;
    const { close } = await startFakeMirror({ modules, port });
    // The first question is answered by IPv6 alone, the later ones by both.
    dns.setName('six.example.com', { aaaa: ['::1'] }, { aaaa: ['::1'] }, { a: ['127.0.0.1'], aaaa: ['::1'] });
    const got = await ask({ a: `url: "http://six.example.com:${port}", resolve: { server: "${dns.address}" }` });
    await close();
    silent.close();
    expect(got.traps.map(({ id, what }) => [id, what])).toEqual([
      ['online-http', expect.stringMatching(/; the mirror is reachable over IPv4\.$/)],
      ['online-ipv6-broken', 'The mirror fails over IPv6 (timeout_processing), and works over IPv4.'],
    ]);
  });

  test('a mirror that serves at a loopback address, and a name of one site, are no lie', async () => {
    const lab = await startDnsServer();
    lab.setName('proxy.corp', { a: ['127.0.0.1'] });
    lab.setName('proxy.test', { a: ['127.0.0.1'] });
    const resolve = `resolve: { family: 4, server: "${lab.address}" }`;
    const got = await ask({
      a: `url: "http://proxy.corp:${mirror.port}", ${resolve}`,
      b: `url: "http://proxy.test:1", ${resolve}`,
    });
    await lab.close();
    expect(got.traps.map(({ id }) => id)).toEqual(['online-tcp']);
  });

  test('a resolver that answers nothing is untold, not the mirrors fault', async () => {
    const dead = await startDnsServer();
    dead.setDefault({ rcode: 2 });
    const got = await ask({ a: `url: "http://a.example.com:${mirror.port}", resolve: { server: "${dead.address}" }` });
    await dead.close();
    expect(statesOf(got.asked[0]?.layers)).toMatch(/^name untold, tcp not reached/);
    expect([got.code, got.traps, got.untold.map(({ id }) => id)]).toEqual([1, [], ['online-name']]);
  });

  test('where all fail alike, the trouble is near', async () => {
    const got = await ask({ a: 'url: "http://127.0.0.1:1"', b: 'url: "http://127.0.0.2:1"' });
    expect(got.traps.map(({ id, what }) => [id, /may be your network and not the mirrors/.test(what)])).toEqual([
      ['online-tcp', true],
    ]);
    const one = await ask({ a: 'url: "http://127.0.0.1:1"', b: `url: "${mirror.url}"` });
    expect(one.traps.map(({ id, what }) => [id, /in your network/.test(what)])).toEqual([['online-tcp', false]]);
  });
});

describe('across the layers', () => {
  test.each([
    ['an hour behind', -3_600_000, 'The clock of this machine is 60 min ahead of the clock of the mirror.'],
    ['two hours ahead', 7_200_000, 'The clock of this machine is 120 min behind the clock of the mirror.'],
  ])('a mirror whose clock is %s', async (_, shiftMs, what) => {
    const shifted = await startFakeMirror({ modules });
    const path = '/example.com/hello/@v/v1.0.0.mod';
    const answer = shifted.answers.get(path);
    if (answer === undefined) throw new Error('no such answer');
    shifted.answers.set(path, {
      ...answer,
      headers: { ...answer.headers, date: new Date(Date.now() + shiftMs).toUTCString() },
    });
    const got = await ask({ a: `url: "${shifted.url}"` });
    await shifted.close();
    expect(got.traps.map((trap) => [trap.id, trap.what])).toEqual([['online-clock-skew', what]]);
  });

  test('an answer out of a cache is as old as it says', async () => {
    const cached = await startFakeMirror({ modules });
    const path = '/example.com/hello/@v/v1.0.0.mod';
    const answer = cached.answers.get(path);
    if (answer === undefined) throw new Error('no such answer');
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    cached.answers.set(path, { ...answer, headers: { ...answer.headers, date, age: '3600' } });
    const got = await ask({ a: `url: "${cached.url}"` });
    await cached.close();
    expect(got.traps).toEqual([]);
  });

  test('a resolver that knows what cannot exist', async () => {
    const liar = await startDnsServer();
    liar.setDefault({ a: ['127.0.0.1'] });
    const got = await ask({ a: `url: "http://m.corp:1", resolve: { family: 4, server: "${liar.address}" }` });
    await liar.close();
    const lies = got.traps.filter(({ id }) => id === 'online-resolver-lies');
    expect(lies.map(({ what }) => what)).toEqual([
      'The name m.corp resolves to 127.0.0.1, an address that no remote host has.',
      expect.stringMatching(
        /^The resolver returned 127\.0\.0\.1 for mirrorwatch-[a-z0-9]+\.invalid, a name that cannot exist\.$/,
      ),
    ]);
    expect(got.code).toBe(1);
  });

  test('a mirror without the checksum relay, and one whose relay is broken', async () => {
    const broken = await startFakeMirror({ modules, sumdb: null });
    await broken.setFault({ kind: 'status', status: 500 }, { path: /sumdb/ });
    const got = await ask({ a: `url: "${bare.url}"`, b: `url: "${mirror.url}"`, c: `url: "${broken.url}"` });
    await broken.close();
    expect(got.traps.map((trap) => [trap.id, placesOf(trap, { at: String, home: '', root: '' })])).toEqual([
      ['online-relay-broken', [`c (${broken.url})`]],
      ['online-relay-missing', [`a (${bare.url})`]],
    ]);
  });
});

describe('which mirrors', () => {
  test('by name, or by URL without a configuration', async () => {
    const got = await ask({ a: `url: "${mirror.url}"`, b: 'url: "http://127.0.0.1:1"' }, 'a');
    expect([got.code, got.asked.map((one) => one.registry)]).toEqual([0, ['a']]);
    const machine = testMachine({});
    const ran = await machine.run(['doctor', 'http://127.0.0.1:1']);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('tcp          FAILS  refused');
    expect((await machine.run(['doctor', 'http://[::1]:1'])).out).toContain('1--1  http://[::1]:1');
  });

  test.each([
    [['doctor', 'nobody'], "no mirror is named 'nobody'"],
    [['doctor', '--ecosystem', 'go'], '--ecosystem states the ecosystem of a URL, so it needs a URL'],
    [['doctor', 'http://'], 'is not a URL'],
    [['doctor', 'http://127.0.0.1:1/?a=1'], 'mirrorwatch doctor: mirrors[0].url: saw'],
  ])('%j is wrong usage', async (argv, words) =>
    expect(await testMachine({}).run(argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) }),
  );

  test('offline nothing is asked', async () => {
    const before = mirror.requests.length;
    const machine = testMachine({
      'mirrorwatch.yaml': `vantage: here\nmirrors: [ { name: a, ecosystem: go, url: "${mirror.url}" } ]\nmodules: { go: [ example.com/hello@v1.0.0 ] }\n`,
    });
    expect(said(await machine.run(['doctor', '--json']))).toMatchObject({ ok: true, asked: [] });
    expect(mirror.requests).toHaveLength(before);
  });
});

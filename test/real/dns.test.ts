import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { type Dnsmasq, startDnsmasq } from '../support/dnsmasq.ts';
import { moduleTree, treePath } from '../support/goproxy-tree.ts';
import { addNamespace, removeNamespace } from '../support/namespace.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { commandPath } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { mustRun, type RunningProcess, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Mirrors, ProbeJson, TargetJson, Targets } from './views.ts';

const slowMs = 700;
const canaries = (answer: Targets): ReadonlyMap<string, TargetJson> =>
  new Map(answer.targets.filter(({ canary }) => canary).map((target) => [target.registry, target]));

real('mirrors by name, through resolvers of their own', ['dnsmasq', 'nginx', 'tree'], () => {
  let nginx: Nginx;
  let stranger: Nginx;
  let dnsmasq: Dnsmasq;
  let scripted: DnsServer;
  let dead: DnsServer;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    nginx = await startNginx({ root: moduleTree().dir });
    // Where the lie leads: the same port at another address, with a certificate for another name.
    stranger = await startNginx({
      root: moduleTree().dir,
      host: '127.0.0.2',
      httpsPort: nginx.httpsPort,
      cert: testCerts().wrongName,
    });
    dnsmasq = await startDnsmasq({
      addresses: { 'good.example.com': ['127.0.0.1'], 'lied.example.com': ['127.0.0.2'] },
      missing: ['missing.example.com'],
    });
    scripted = await startDnsServer();
    scripted.setName('fine.example.com', { a: ['127.0.0.1'] });
    scripted.setName('late.example.com', { a: ['127.0.0.1'], delayMs: slowMs });
    scripted.setName('servfail.example.com', { rcode: 2 });
    scripted.setName('empty.example.com');
    scripted.setName('silent.example.com', { silent: true });
    dead = await startDnsServer();
    dead.setDefault({ silent: true });
    const mirror = (name: string, server: string): string =>
      `  - { name: ${name}, ecosystem: go, url: "https://${name}.example.com:${nginx.httpsPort}", resolve: { family: 4, server: "${server}" }, tls: { ca: "${testCerts().ca.certFile}" } }`;
    daemon = await startDaemon({
      yaml: `
vantage: names
schedule: { every: 5s, timeout: 4s }
mirrors:
${[
  mirror('good', dnsmasq.address),
  mirror('lied', dnsmasq.address),
  mirror('missing', dnsmasq.address),
  mirror('fine', scripted.address),
  mirror('late', scripted.address),
  mirror('servfail', scripted.address),
  mirror('empty', scripted.address),
  mirror('silent', scripted.address),
  mirror('deaf', dead.address),
  mirror('mute', dead.address),
].join('\n')}
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });
  afterAll(async () => {
    await daemon?.close();
    for (const server of [nginx, stranger, dnsmasq, scripted, dead]) await server?.close();
  });

  test("each answer of a resolver has its reason; what is the resolver's own fault is unknown", async () => {
    const wanted = table<Readonly<Record<string, string>>>('real/dns', 'wanted');
    // Not at once: so many fail in the first moment that it might be us.
    await until(
      'the reason of each mirror',
      async () => {
        const found = canaries(await daemon.api<Targets>('targets?limit=500'));
        return Object.fromEntries([...found].map(([registry, { lastOutcome }]) => [registry, lastOutcome]).sort());
      },
      (outcomes) => JSON.stringify(outcomes) === JSON.stringify(wanted),
      { help: daemon.log },
    );
    expect(dnsmasq.log()).toContain('query[A] missing.example.com');
    expect(dead.questions.map(({ name }) => name)).toContain('deaf.example.com');
  });

  test('a slow resolver is the phase resolve, and that alone', async () => {
    const of = async (registry: string): Promise<ProbeJson['phasesSeconds']> => {
      const target = await until(
        `${registry} was probed`,
        async () => canaries(await daemon.api<Targets>('targets?limit=500')).get(registry),
        (known) => known?.probeId != null,
        { help: daemon.log },
      );
      return (await daemon.api<ProbeJson>(`probes/${target?.probeId}`)).phasesSeconds;
    };
    // The least that each phase took, of as many probes as it takes: a busy machine adds to any phase of any of them.
    const least: Record<string, number> = {};
    await until(
      'resolve is far longer than each other phase',
      async () => {
        for (const [phase, seconds] of Object.entries(await of('late')))
          least[phase] = Math.min(least[phase] ?? Number.POSITIVE_INFINITY, seconds);
        return least;
      },
      ({ resolve = 0, ...others }) =>
        Object.keys(others).length === 4 && Object.values(others).every((seconds) => 2 * seconds < resolve),
      { everyMs: 500, help: daemon.log },
    );
    expect(Object.keys(least).sort()).toEqual(['connect', 'processing', 'resolve', 'tls', 'transfer']);
    // A timer counts the whole milliseconds of its loop's clock: it may end up to one early.
    expect(least['resolve']).toBeGreaterThanOrEqual((slowMs - 1) / 1000);
    expect(Object.keys(await of('silent'))).toEqual(['resolve']);
  });

  test('a name that came to be missing is a fault of its mirror, and one that comes back is well again', async () => {
    const outcome = (wanted: string): Promise<unknown> =>
      until(
        `fine is ${wanted}`,
        async () => canaries(await daemon.api<Targets>('targets?limit=500')).get('fine')?.lastOutcome,
        (said) => said === wanted,
        { help: daemon.log },
      );
    scripted.setName('fine.example.com', { rcode: 3 });
    await outcome('resolve_not_found');
    scripted.setName('fine.example.com', { a: ['127.0.0.1'] });
    await outcome('ok');
  });

  test('mirrors behind a dead resolver are unknown, never down', async () => {
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    const states = mirrors
      .filter(({ registry }) => registry === 'deaf' || registry === 'mute')
      .map(({ state }) => state);
    expect(states).toEqual(['unknown', 'unknown']);
    expect(await daemon.stop()).toBe(0);
  });
});

real('a resolver of this host that forgets the names of all mirrors', ['dnsmasq', 'nginx', 'tree'], () => {
  const names = ['one', 'two'] as const;
  const nginx: Nginx[] = [];
  let dnsmasq: Dnsmasq;
  let daemon: DaemonProcess;

  const startResolver = (isKnowing: boolean, port?: number): Promise<Dnsmasq> =>
    startDnsmasq({
      ...(port === undefined ? {} : { port }),
      addresses: isKnowing ? Object.fromEntries(names.map((name) => [`${name}.example.com`, ['127.0.0.1']])) : {},
      missing: isKnowing ? [] : names.map((name) => `${name}.example.com`),
    });

  beforeAll(async () => {
    for (const _ of names) nginx.push(await startNginx({ root: moduleTree().dir }));
    dnsmasq = await startResolver(true);
    const mirrors = names.map(
      (name, at) =>
        `  - { name: ${name}, ecosystem: go, url: "https://${name}.example.com:${nginx[at]?.httpsPort}", resolve: { family: 4, server: "${dnsmasq.address}" }, tls: { ca: "${testCerts().ca.certFile}" } }`,
    );
    daemon = await startDaemon({
      yaml: `
vantage: forgotten
schedule: { every: 5s, timeout: 4s }
controls: [ "tcp://127.0.0.1:${nginx[0]?.httpsPort}" ]
mirrors:
${mirrors.join('\n')}
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });
  afterAll(async () => {
    for (const one of [daemon, dnsmasq, ...nginx]) await one?.close();
  });

  test('makes them unknown, never down, although a control at an IP address responds', async () => {
    const both = (wanted: string): Promise<unknown> =>
      until(
        `both canaries are ${wanted}`,
        async () => [...canaries(await daemon.api<Targets>('targets?limit=500')).values()],
        (all) => all.length === 2 && all.every(({ lastOutcome }) => lastOutcome === wanted),
        { help: daemon.log },
      );
    await both('ok');
    await dnsmasq.close();
    dnsmasq = await startResolver(false, dnsmasq.port);
    await both('unknown: resolver');
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    expect(mirrors.map(({ state }) => state)).not.toContain('down');
    await dnsmasq.close();
    dnsmasq = await startResolver(true, dnsmasq.port);
    await both('ok');
    expect(await daemon.stop()).toBe(0);
  });
});

// In a namespace without a way out: some of the addresses that the resolver gives are public ones.
real('an answer that redirects to a name whose address changes', ['netns', 'nginx', 'tree'], () => {
  const home = '10.98.0.1';
  let ns: string;
  let resolver: RunningProcess;
  let mirror: Nginx;
  let victim: Nginx;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    ns = await addNamespace();
    await mustRun(commandPath('ip'), ['-n', ns, 'addr', 'add', `${home}/32`, 'dev', 'lo']);
    resolver = await startProcess({
      name: 'resolver',
      command: process.execPath,
      args: [join(fileURLToPath(new URL('.', import.meta.url)), 'rebinding-resolver.ts')],
      ns,
      ready: ({ log }) => log().includes('listening '),
    });
    victim = await startNginx({ root: moduleTree().dir, ns });
    const quote = { path: 'rsc.io/quote', version: 'v1.5.2' };
    mirror = await startNginx({
      root: moduleTree().dir,
      ns,
      host: home,
      extra: `location = /${treePath(quote, 'mod')} { return 302 http://rebind.example.com:${victim.httpPort}/${treePath(quote, 'mod')}; }`,
    });
    const server = /listening (\S+)/.exec(resolver.log())?.[1] ?? '';
    daemon = await startDaemon({
      ns,
      yaml: `
vantage: rebinding
schedule: { every: 5s, timeout: 3s }
mirrors: [ { name: m, ecosystem: go, url: "${mirror.httpUrl}", resolve: { family: 4, server: "${server}" } } ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });
  afterAll(async () => {
    for (const one of [daemon, mirror, victim, resolver]) await one?.close();
    if (ns !== undefined) await removeNamespace(ns);
  });

  test('is stopped where the address is a private one now, whatever it was before, and nothing was asked there', async () => {
    const count = (all: ReadonlyMap<string, number>, reason: string): number =>
      all.get(`mirror_probe_failures_total{ecosystem="go",registry="m",step="mod",reason="${reason}"}`) ?? 0;
    await until(
      'both kinds of answers',
      async () => {
        const all = await daemon.metrics();
        return new Map([...all].filter(([name]) => name.includes('step="mod"') && name.includes('_total')));
      },
      (all) => count(all, 'forbidden_target') > 0 && count(all, 'unreachable') > 0,
      { everyMs: 1000, help: daemon.log },
    );
    // The public address cannot be reached from here; loopback could, and was not asked.
    expect(victim.accessLog()).toBe('');
    await until('its redirects', mirror.accessLog, (log) => log.includes('302'));
    expect(await daemon.stop()).toBe(0);
  });
});

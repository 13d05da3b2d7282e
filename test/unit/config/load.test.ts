import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultConfigText } from '../../../src/config/default-config.ts';
import { formatIssues, issuesForPrograms } from '../../../src/config/format-issues.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { findingKinds } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import type { GoSettings } from '../../../src/ecosystems/go/context.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { table } from '../../support/table.ts';
import { configOf, diskFiles, expandPlainly, memoryFiles } from './support.ts';

const none = memoryFiles({});
const dollar = '$';

test('defaults: are those of docs/configuration.md', () => {
  const { mirrors, settings, steps: paces, ...rest } = configOf('');
  expect(rest).toEqual({
    path: '/etc/mirrorwatch/mirrorwatch.yaml',
    vantage: 'local',
    listen: {
      host: '127.0.0.1',
      port: 10120,
      token: null,
      tls: null,
      protobuf: { histograms: 'native', buckets: 160 },
    },
    contact: null,
    schedule: {
      pace: { cadence: { kind: 'every', everyMs: 30_000 }, timeoutMs: 10_000 },
      perHost: 2,
      bytesPerHour: null,
    },
    controls: [{ name: '192.0.2.1:53', url: 'tcp://192.0.2.1:53' }],
    clients: {},
    modules: [{ ecosystem: 'go', upstream: 'go', module: 'rsc.io/quote', version: 'v1.5.2' }],
    private: { go: [], npm: [], pypi: [], cargo: [] },
    detect: {
      spike: { consecutive: 3, factor: 2.5, floorMs: 800, clear: 3, window: 120, warmup: 20, relearnMs: 7_200_000 },
      outage: { open: 3, overMs: 4000, close: 2, share: 0.5 },
      lagLimitMs: 3_600_000,
    },
    advise: { holdMs: 600_000, ttlMs: 86_400_000, minGain: 0.2, failureCostMs: 300_000 },
    webhooks: [],
    state: { path: '/etc/mirrorwatch/data/mirrorwatch.db', keepMs: 30 * 86_400_000 },
    limits: { lines: 500_000 },
    pinned: {},
    pinnedAt: {},
  });
  expect(mirrors).toEqual([
    {
      name: 'a',
      ecosystem: 'go',
      upstream: 'go',
      url: 'https://a.example.com',
      role: 'mirror',
      weight: null,
      region: null,
      capacity: null,
      connections: ['cold'],
      speaks: [{ protocol: '2', clients: ['go'], bypass: 'GODEBUG=http2client=0' }],
      access: {
        tls: { ca: [], client: null, pin: null },
        auth: null,
        proxy: null,
        resolve: { family: null, server: null },
        allowHosts: [],
      },
      maintenance: [],
    },
  ]);
  const { sumdb } = settings['go'] as GoSettings;
  expect(sumdb?.url).toBeNull();
  expect(sumdb?.verifierKey.startsWith(`${sumdb.name}+033de0ae+`)).toBe(true);
  const every = (everyMs: number, timeoutMs: number) => ({ cadence: { kind: 'every', everyMs }, timeoutMs });
  expect(paces).toMatchObject({
    mod: every(30_000, 10_000),
    list: every(300_000, 10_000),
    info: every(300_000, 10_000),
    latest: every(300_000, 10_000),
    sumdb: every(1_800_000, 10_000),
    zip: every(3_600_000, 120_000),
    metadata: every(300_000, 10_000),
    tags: every(300_000, 10_000),
    tarball: every(3_600_000, 120_000),
    packument: every(86_400_000, 120_000),
    index: every(30_000, 10_000),
    file: every(3_600_000, 120_000),
  });
  const steps = registry.all.flatMap((kind) => Object.keys(kind.steps));
  expect(Object.keys(paces).toSorted()).toEqual(steps.toSorted());
});

describe('the built-in configuration', () => {
  test('loads without a mistake or a warning, within its budget', () => {
    const loaded = loadConfig({ text: defaultConfigText, path: null, env: {}, files: none, expand: expandPlainly });
    expect(loaded.tag === 'ok' ? loaded.value.warnings : formatIssues(loaded.error, null)).toEqual([]);
    if (loaded.tag === 'error') return;
    const { config } = loaded.value;
    expect(config.mirrors.filter(({ role }) => role === 'origin')).toHaveLength(1);
    expect(config.mirrors.filter(({ role }) => role === 'mirror').length).toBeGreaterThanOrEqual(3);
    expect(config.controls.length).toBeGreaterThanOrEqual(2);
    expect([config.path, config.state.path]).toEqual([null, './data/mirrorwatch.db']);
  });

  test('keeps its state under the working directory where that is known', () => {
    const loaded = loadConfig({ text: defaultConfigText, path: null, env: {}, files: none, cwd: '/srv' });
    expect(loaded.tag === 'ok' && loaded.value.config.state.path).toBe('/srv/data/mirrorwatch.db');
  });
});

describe('what is written', () => {
  test('listen, as text and as mapping', () => {
    const { listen: text } = configOf('listen: "[::1]:0"');
    const { listen: mapping } = configOf('listen: { address: ":80", token: hunter2-of-the-daemon }');
    expect([text.host, text.port, mapping.host, mapping.port]).toEqual(['::1', 0, '0.0.0.0', 80]);
    expect(mapping.token?.reveal()).toBe('hunter2-of-the-daemon');
  });

  test('names by which it may be asked, in lower case; none written, none there', () => {
    expect(configOf('listen: { hosts: [ Metrics.example.com, "fd00::7" ] }').listen.hosts).toEqual([
      'metrics.example.com',
      'fd00::7',
    ]);
    expect(Object.keys(configOf('listen: { address: "127.0.0.1:1" }').listen)).not.toContain('hosts');
  });

  test('who may post alerts, and an Alertmanager that gets findings', () => {
    const config = configOf(
      'alertmanager: { token: hunter2 }\nwebhooks: [ { name: am, url: "https://am.example.com/prefix", format: alertmanager } ]',
    );
    expect(config.alertmanager?.token.reveal()).toBe('hunter2');
    expect(config.alertmanager?.repeatMs).toBe(600_000);
    expect(configOf('alertmanager: { token: t, repeat: 4h }').alertmanager?.repeatMs).toBe(14_400_000);
    const [receiver] = config.webhooks;
    expect(receiver).toMatchObject({ name: 'am', format: 'alertmanager', secrets: [] });
    expect(receiver?.on).toEqual(findingKinds);
  });

  test('cron with zone and spread, for the canary and for steps', () => {
    const { schedule, steps: paces } = configOf(
      'schedule: { cron: "*/5 * * * *", timeZone: Asia/Shanghai, spread: 20s }\nsteps: { zip: { cron: "0 3 * * *", timeout: 60s } }',
    );
    const cron = (expression: string) => ({ kind: 'cron', expression, timeZone: 'Asia/Shanghai', spreadMs: 20_000 });
    expect(schedule.pace).toEqual({ cadence: cron('*/5 * * * *'), timeoutMs: 10_000 });
    expect(paces.zip).toEqual({ cadence: cron('0 3 * * *'), timeoutMs: 60_000 });
    expect(paces.mod).toEqual(schedule.pace);
  });

  test('what speaks HTTP/2 to a file mirror is named by its profile', () => {
    const config = configOf(`
mirrors:
  - { name: crates, ecosystem: cargo, url: "https://a.example.com/index" }
  - { name: arch, ecosystem: http, upstream: arch, profile: arch, url: "https://b.example.com/arch" }
modules: { cargo: [ serde@latest ], http: [ { upstream: arch, path: lastsync } ] }
`);
    expect(config.mirrors.map(({ speaks }) => speaks)).toEqual([
      [{ protocol: '2', clients: ['cargo'], bypass: 'http.multiplexing=false' }],
      [{ protocol: '2', clients: ['pacman'], bypass: null }],
    ]);
  });

  test('a mirror with everything', () => {
    const config = configOf(`
schedule: { timeZone: Europe/Berlin }
mirrors:
  - name: full
    ecosystem: go
    upstream: corp
    url: https://full.example.com/go/
    role: origin
    weight: 7
    region: cn-east
    capacity: small
    tls: { pin: sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= }
    auth: { username: bob, password: hunter2, hosts: [ cdn.example.com ] }
    proxy: http://u:hunter3@egress.example.com:3128
    resolve: { family: 6, server: "[2001:db8::53]:5353" }
    connection: both
    allowHosts: [ 10.0.0.0/8, storage.example.com ]
    maintenance: [ { cron: "0 2 * * 6", for: 2h } ]
`);
    const [mirror] = config.mirrors;
    expect({ ...mirror, access: undefined }).toEqual({
      name: 'full',
      ecosystem: 'go',
      upstream: 'corp',
      url: 'https://full.example.com/go',
      role: 'origin',
      weight: 7,
      region: 'cn-east',
      capacity: 'small',
      connections: ['cold', 'warm'],
      speaks: [{ protocol: '2', clients: ['go'], bypass: 'GODEBUG=http2client=0' }],
      access: undefined,
      maintenance: [{ cron: '0 2 * * 6', timeZone: 'Europe/Berlin', forMs: 7_200_000 }],
    });
    expect(mirror?.access.auth).toMatchObject({ scheme: 'basic', username: 'bob', hosts: ['cdn.example.com'] });
    expect(mirror?.access.auth?.secret.reveal()).toBe('hunter2');
    expect(mirror?.access.proxy).toMatchObject({ url: 'http://egress.example.com:3128', auth: { username: 'u' } });
    expect(mirror?.access.proxy?.auth?.secret.reveal()).toBe('hunter3');
    expect(mirror?.access.resolve).toEqual({ family: 6, server: '[2001:db8::53]:5353' });
    expect(mirror?.access.allowHosts).toEqual(['10.0.0.0/8', 'storage.example.com']);
    expect(inspect(config, { depth: 20 }) + JSON.stringify(config)).not.toMatch(/hunter/);
  });

  test('user-info in a URL is basic auth, and not part of the URL', () => {
    const [mirror] = configOf('mirrors: [ { name: a, ecosystem: go, url: "https://u:p%40x@a.example.com/" } ]').mirrors;
    expect(mirror?.url).toBe('https://a.example.com');
    expect([mirror?.access.auth?.username, mirror?.access.auth?.secret.reveal()]).toEqual(['u', 'p@x']);
  });

  test('credentials for http:// are dropped, but kept towards loopback', () => {
    const auth = (url: string) =>
      configOf(`mirrors: [ { name: a, ecosystem: go, url: "${url}" } ]`).mirrors[0]?.access.auth;
    expect(auth('http://u:p@a.example.com')).toBeNull();
    expect(auth('http://u:p@127.0.0.1:8080')?.username).toBe('u');
  });

  test('secrets of files, relative to the file; a line end is not part of them', () => {
    const files = memoryFiles({
      '/etc/mirrorwatch/pass': 'from-file\n',
      '/run/token': 'tok',
      '/etc/mirrorwatch/hook': 'https://h.example.com/x\r\n',
      '/etc/mirrorwatch/secrets': `whsec_${Buffer.alloc(24, 1).toString('base64')}\nwhsec_${Buffer.alloc(24, 2).toString('base64')}\n`,
      '/home/me/.netrc': 'machine c.example.com login ann password three',
    });
    const config = configOf(
      `
listen: { tokenFile: /run/token }
mirrors:
  - { name: a, ecosystem: go, url: https://a.example.com, auth: { username: u, passwordFile: ./pass } }
  - { name: b, ecosystem: go, url: https://b.example.com, auth: { tokenFile: /run/token } }
  - { name: c, ecosystem: go, url: https://c.example.com, auth: { netrc: true } }
webhooks: [ { name: o, urlFile: hook, secretsFile: secrets } ]
`,
      { HOME: '/home/me' },
      files,
    );
    const auths = config.mirrors.map(({ access }) => [
      access.auth?.scheme,
      access.auth?.username,
      access.auth?.secret.reveal(),
    ]);
    expect(auths).toEqual([
      ['basic', 'u', 'from-file'],
      ['bearer', '', 'tok'],
      ['basic', 'ann', 'three'],
    ]);
    expect([
      config.listen.token?.reveal(),
      config.webhooks[0]?.url.reveal(),
      config.webhooks[0]?.secrets.length,
    ]).toEqual(['tok', 'https://h.example.com/x', 2]);
  });

  test('variables in values: numbers where numbers belong, never parsed as YAML', () => {
    const config = configOf(
      `schedule:\n  perHost: ${dollar}{N}\nvantage: ${dollar}{V}\ncontact: "${dollar}${dollar}{V}"\nadvise: { minGain: "${dollar}{G:-10%}" }`,
      { N: '5', V: 'x: [ y, # z' },
    );
    expect([config.schedule.perHost, config.vantage, config.contact, config.advise.minGain]).toEqual([
      5,
      'x: [ y, # z',
      `${dollar}{V}`,
      0.1,
    ]);
  });

  test('variables where true or false belongs', () => {
    const relays = ['true', 'false'].map((R) => configOf(`door: { relay: "${dollar}{R}" }`, { R }).door?.relay);
    expect(relays).toEqual([true, false]);
  });

  test('the spread of a step with a cron expression, beside an interval for the canary', () => {
    const { steps } = configOf('schedule: { every: 30s, spread: 10s }\nsteps: { list: { cron: "0 * * * *" } }');
    expect(steps['list']?.cadence).toMatchObject({ kind: 'cron', spreadMs: 10_000 });
  });

  test('a password that looks like a number stays text when it comes from the environment', () => {
    const config = configOf(
      `mirrors: [ { name: a, ecosystem: go, url: https://a.example.com, auth: { username: u, password: "${dollar}{P}" } } ]`,
      { P: '007' },
    );
    expect(config.mirrors[0]?.access.auth?.secret.reveal()).toBe('007');
  });

  test('what a broken build costs', () =>
    expect(configOf('advise: { failureCost: 90s }').advise.failureCostMs).toBe(90_000));

  test('proxies of the environment, and none for a mirror that says so', () => {
    const config = configOf(
      'mirrors: [ { name: a, ecosystem: go, url: https://a.example.com }, { name: b, ecosystem: go, url: https://b.example.com, proxy: direct } ]',
      { HTTPS_PROXY: 'http://p.example.com:3128' },
    );
    expect(config.mirrors.map(({ access }) => access.proxy)).toEqual([
      { url: 'http://p.example.com:3128', auth: null },
      null,
    ]);
  });

  test('a proxy of the environment that we cannot speak to is a mistake', () => {
    const text =
      'mirrors: [ { name: a, ecosystem: go, url: https://a.example.com } ]\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }';
    const loaded = loadConfig({ text, path: null, env: { HTTPS_PROXY: 'socks5://p:1' }, files: none });
    expect(
      loaded.tag === 'error' && issuesForPrograms(loaded.error).map(({ path, expected }) => `${path} ${expected}`),
    ).toEqual([
      'mirrors[0].url in HTTPS_PROXY, an http:// or https:// proxy URL with only a host and a port; or proxy: direct for this mirror',
    ]);
  });

  test('the checksum database: off, or with an address of its own', () => {
    expect(configOf('go: { sumdb: "off" }').settings['go']).toEqual({ sumdb: null });
    const key = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(configOf(`go: { sumdb: "${key} https://sum.example.com" }`).settings['go']).toEqual({
      sumdb: { name: 'PeterNeumann', verifierKey: key, url: 'https://sum.example.com', home: null },
    });
  });

  test('webhooks: all events unless named', () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const [all, some] = configOf(`
webhooks:
  - { name: all, url: https://h.example.com, secrets: [ ${secret} ] }
  - { name: some, url: http://10.0.0.1/x, secrets: [ ${secret}, ${secret} ], on: [ spike ], allow: [ 10.0.0.0/8 ] }
`).webhooks;
    expect(all?.on).toHaveLength(15);
    expect(some).toMatchObject({ name: 'some', format: 'standard', lang: 'en', on: ['spike'], allow: ['10.0.0.0/8'] });
    expect([some?.secrets.length, all?.secrets[0]?.reveal()]).toEqual([2, secret]);
  });

  test('webhooks: an alert is in the language of its receiver', () => {
    const [am] = configOf(`
webhooks:
  - { name: am, url: http://10.0.0.1:9093, format: alertmanager, lang: zh, allow: [ 10.0.0.0/8 ] }
`).webhooks;
    expect(am).toMatchObject({ format: 'alertmanager', lang: 'zh' });
  });

  test('TLS: trust roots, a client pair, and Docker’s layout', () => {
    const folder = fileURLToPath(new URL('../../fixtures/config/files', import.meta.url));
    const [named, docker] = configOf(
      `mirrors:
  - { name: a, ecosystem: go, url: https://a.example.com, tls: { ca: ${folder}/cert.pem, cert: ${folder}/cert.pem, key: ${folder}/cert.key } }
  - { name: b, ecosystem: go, url: https://mirror.example.com, tls: { certs.d: ${folder}/certs.d/ } }`,
      {},
      diskFiles,
    ).mirrors;
    const cert = readFileSync(`${folder}/cert.pem`, 'utf8');
    const key = readFileSync(`${folder}/cert.key`, 'utf8');
    for (const mirror of [named, docker]) {
      expect(mirror?.access.tls.ca).toEqual([cert]);
      expect([mirror?.access.tls.client?.cert, mirror?.access.tls.client?.key.reveal()]).toEqual([cert, key]);
    }
  });
});

describe('any text', () => {
  const load = (text: string) =>
    loadConfig({ text, path: '/x/y.yaml', env: { A: 'b' }, files: none, expand: expandPlainly });

  test('a file past the limit is refused unread', () => {
    const loaded = load(`# ${'x'.repeat(limits.configBytes)}`);
    expect(loaded.tag === 'error' && issuesForPrograms(loaded.error).map(({ expected }) => expected)).toEqual([
      `at most ${limits.configBytes} bytes`,
    ]);
  });

  test('deep brackets, an endless alias and an alias bomb are reported as mistakes', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`).join('\n')}`;
    for (const text of ['['.repeat(50_000), 'a: &x [ *x ]', bomb]) {
      const loaded = load(text);
      expect(loaded.tag).toBe('error');
    }
  });

  const word = fc.constantFrom(
    ...[
      'mirrors',
      'modules',
      'go',
      'name',
      'url',
      'every',
      'tls',
      'auth',
      'listen',
      'schedule',
      'webhooks',
      'from',
      'controls',
    ],
    ...[
      'https://a.example.com',
      '30s',
      '5',
      'null',
      'true',
      '&a',
      '*a',
      '<<',
      '!!x',
      '"',
      "'",
      `${dollar}{A}`,
      '${',
      `${dollar}${dollar}{A}`,
      'rsc.io/quote@v1.5.2',
    ],
    ...[
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\n    - ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '#',
      '|',
      '>',
      '\t',
      '---\n',
      '\u0000',
      '__proto__',
      'constructor',
    ],
  );

  test('never throws, and every mistake can be printed', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 40 }), (words) => {
        const loaded = load(words.join(''));
        const issues = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error;
        expect(loaded.tag === 'ok' || issues.length > 0).toBe(true);
        expect(formatIssues(issues, 'x').split('\n')).toHaveLength(Math.max(1, issues.length));
      }),
      { numRuns: 400 },
    ));

  test('never throws on a whole file with one value replaced by anything', () => {
    const keys = table<string[]>('unit/config/load', 'keys');
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        const base = {
          mirrors: [{ name: 'a', ecosystem: 'go', url: 'https://a.example.com' }],
          modules: { go: ['rsc.io/quote@v1.5.2'] },
        };
        const loaded = load(JSON.stringify({ ...base, [key]: value }));
        expect(['ok', 'error']).toContain(loaded.tag);
      }),
      { numRuns: 400, examples: [['webhooks', [{ valueOf: null }]]] },
    );
  });
});

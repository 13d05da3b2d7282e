import { describe, expect, test } from 'vitest';
import type { Mirror, MirrorAccess } from '../../src/core/mirror.ts';
import { Secret } from '../../src/core/secret.ts';
import type { ClientJob, RealClient } from '../../src/ecosystems/real-client.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { englishOf } from '../support/english.ts';
import { plainAccess } from '../support/plain-access.ts';
import { sampleMirror } from '../support/sample-config.ts';

const home = '/home/of/run';
const secret = 'hunter-of-the-west';
const all = registry.all.flatMap((kind) => kind.realClients.map((client) => [client.id, client, kind.id] as const));

/** What each fetches in these tests. */
const modules: Readonly<Record<string, { readonly module: string; readonly version: string }>> = {
  go: { module: 'example.com/m', version: 'v1.0.0' },
  npm: { module: '@scope/m', version: '1.0.0' },
  pypi: { module: 'tiny', version: '1.0' },
  oci: { module: 'docker.io/library/tiny', version: '1' },
};

function jobOf(ecosystem: string, over: Partial<ClientJob> = {}): ClientJob {
  const { module = '', version = null } = modules[ecosystem] ?? {};
  const settings = { sumdb: null, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } };
  return {
    access: plainAccess({ url: 'https://mirror.example.com:8443' }),
    isPublic: true,
    module,
    version,
    settings,
    privatePatterns: [],
    home,
    ...over,
  };
}

const plain: MirrorAccess = sampleMirror('a').access;

const mirrorOf = (over: Partial<MirrorAccess>, url = 'https://mirror.example.com'): Mirror =>
  sampleMirror('a', { url, access: { ...plain, ...over } });

describe.each(all)('%s', (_id, client, ecosystem) => {
  test('is started by its name, from the mirror alone', () => {
    const plan = client.plan(jobOf(ecosystem));
    const told = [...plan.args, ...Object.values(plan.env), ...Object.values(plan.files)].join('\n');
    const hosts = [...told.matchAll(/\b(?:https?|docker):\/\/([^/\s"]+)/g)].map(([, host]) => host);
    expect(new Set(hosts)).toEqual(new Set(['mirror.example.com:8443']));
    expect(client.usualRequests).toBeGreaterThan(0);
  });

  test('keeps to its own folder', () => {
    const { files, fetched } = client.plan(jobOf(ecosystem));
    for (const path of [...Object.keys(files), fetched]) expect(path).toMatch(/^(?!\/)(?!.*\.\.)[\w.][\w./-]*$/);
  });

  test('has credentials in files alone', () => {
    const auth = { scheme: 'basic', username: 'robot', secret, hosts: ['blobs.example.com'] } as const;
    const access = plainAccess({
      url: 'https://mirror.example.com:8443',
      auth,
      ca: ['THE CA'],
      client: { cert: 'THE CERT', key: 'THE KEY' },
    });
    const plan = client.plan(jobOf(ecosystem, { access }));
    const coded = Buffer.from(`robot:${secret}`).toString('base64');
    const open = JSON.stringify([plan.args, plan.env]);
    for (const word of [secret, coded, 'THE KEY']) expect(open).not.toContain(word);
    const files = Object.values(plan.files).join('\n');
    expect(files.includes(secret) || files.includes(coded)).toBe(true);
    expect(files).toContain('THE CA');
    expect(files).toContain('blobs.example.com');
  });

  test('is left out if it does not support the access of the mirror', () => {
    expect(client.cannot(mirrorOf({}))).toBeNull();
    expect(whyNot(client, mirrorOf({ resolve: { family: null, server: '192.0.2.53' } }))).toMatch(/resolve\.server/);
    expect(whyNot(client, mirrorOf({ resolve: { family: 6, server: null } }))).toMatch(/resolve\.family/);
  });
});

const basic = { scheme: 'basic', username: 'robot', secret: new Secret(secret), hosts: [] } as const;
const bearer = { scheme: 'bearer', username: '', secret: new Secret(secret), hosts: [] } as const;
const pair = { ca: [], client: { cert: '', key: new Secret('') }, pin: null };
const proxy = { url: 'http://egress:3128', auth: { username: 'u', secret: new Secret(secret) } };

/** Why a client cannot be given what a mirror needs, in English; `null`: it can. */
function whyNot(client: RealClient, mirror: Parameters<RealClient['cannot']>[0]): string | null {
  const because = client.cannot(mirror);
  return because === null ? null : englishOf([because]);
}

function clientOf(id: string): RealClient {
  const found = all.find(([one]) => one === id)?.[1];
  if (found === undefined) throw new Error(`no client ${id}`);
  return found;
}

test.each([
  ['go', { auth: basic }, null],
  ['go', { auth: bearer }, 'a bearer token'],
  ['go', { tls: pair }, 'a client certificate'],
  ['go', { proxy }, 'proxy credentials outside environment variables'],
  ['npm', { auth: bearer }, null],
  ['npm', { tls: pair }, null],
  ['npm', { proxy }, null],
  ['pip', { auth: basic, tls: pair }, null],
  ['pip', { auth: bearer }, 'a bearer token'],
  ['uv', { auth: bearer }, 'a bearer token'],
  ['skopeo', { auth: basic, tls: pair }, null],
  ['skopeo', { auth: bearer }, 'a bearer token outside the command line'],
] as const)('%s given %o', (id, access, because) =>
  expect(whyNot(clientOf(id), mirrorOf(access as Partial<MirrorAccess>))).toBe(because),
);

test('go sends no credentials over plain http, and skopeo knows no path before /v2/', () => {
  expect(whyNot(clientOf('go'), mirrorOf({ auth: basic }, 'http://mirror.example.com'))).toMatch(/plain HTTP/);
  expect(whyNot(clientOf('skopeo'), mirrorOf({}, 'https://mirror.example.com/artifactory'))).toMatch(/path/);
  expect(clientOf('skopeo').cannot(mirrorOf({}, 'https://mirror.example.com/v2/hub'))).toBeNull();
});

describe('arguments', () => {
  test.each([
    ['go', 'go', 'mod download -json example.com/m@v1.0.0'],
    ['npm', 'npm', 'pack @scope/m@1.0.0 --loglevel=error'],
  ] as const)('%s', (id, ecosystem, words) => expect(clientOf(id).plan(jobOf(ecosystem)).args.join(' ')).toBe(words));

  test('latest is what each client calls so', () => {
    const last = (id: string, ecosystem: string, version: string | null) =>
      clientOf(id).plan(jobOf(ecosystem, { version })).args.at(-1);
    expect(last('go', 'go', null)).toBe('example.com/m@latest');
    expect(last('pip', 'pypi', 'latest')).toBe('tiny');
    expect(last('uv', 'pypi', '1.0')).toBe('tiny==1.0');
    expect(clientOf('npm').plan(jobOf('npm', { version: 'latest' })).args[1]).toBe('@scope/m@latest');
  });

  test('an image by tag, by digest, and below a project', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const from = (url: string, version: string) =>
      clientOf('skopeo')
        .plan(jobOf('oci', { access: plainAccess({ url }), version }))
        .args.find((word) => word.startsWith('docker:'));
    expect(from('https://r.example.com', '1')).toBe('docker://r.example.com/library/tiny:1');
    expect(from('https://r.example.com', digest)).toBe(`docker://r.example.com/library/tiny@${digest}`);
    expect(from('https://r.example.com/v2/hub', '1')).toBe('docker://r.example.com/hub/library/tiny:1');
  });
});

test('pip trusts a host over plain http, and none over TLS', () => {
  const trusted = (url: string) =>
    clientOf('pip').plan(jobOf('pypi', { access: plainAccess({ url }) })).env['PIP_TRUSTED_HOST'];
  expect(trusted('http://mirror.example.com:8080/simple')).toBe('mirror.example.com');
  expect(trusted('https://mirror.example.com/simple')).toBeUndefined();
});

describe('the checksum database of go', () => {
  const sumdb = { name: 'sum.example.com', verifierKey: 'sum.example.com+0+k', url: null };
  const env = (over: Partial<ClientJob>) => clientOf('go').plan(jobOf('go', over)).env;
  test('is the one of the configuration, for public mirrors', () => {
    expect(env({ settings: { sumdb } })['GOSUMDB']).toBe('sum.example.com+0+k');
    expect(env({ settings: { sumdb: { ...sumdb, url: 'https://s.example.com' } } })['GOSUMDB']).toBe(
      'sum.example.com+0+k https://s.example.com',
    );
    expect(env({ settings: { sumdb: null } })['GOSUMDB']).toBe('off');
    expect(env({ settings: { sumdb }, isPublic: false })['GOSUMDB']).toBe('off');
  });
  test('gets no private name', () =>
    expect(env({ privatePatterns: ['git.example.com/*', 'corp'] })['GONOSUMDB']).toBe('git.example.com/*,corp'));
});

test('skopeo fetches the image of the configured platform', () => {
  const { args } = clientOf('skopeo').plan(jobOf('oci'));
  expect(args.filter((arg) => arg.startsWith('--override'))).toEqual([
    '--override-os=linux',
    '--override-arch=arm64',
    '--override-variant=v8',
  ]);
});

test.each([
  [
    'go',
    '{\n\t"Path": "m",\n\t"Error": "m@v1: reading http://h/m.info: 404 Not Found\\n\\tserver said \\"no\\""\n}',
    /404 Not Found\n\tserver said "no"$/,
    false,
  ],
  ['go', 'go: module m: Get "http://h": dial tcp: connection refused', /connection refused/, false],
  [
    'go',
    '{"Error": "m@v1: verifying go.mod: m@v1/go.mod: Get \\"https://sum.example.com/lookup/m\\": EOF"}',
    /EOF/,
    true,
  ],
  [
    'go',
    '{"Error": "m@v1: verifying module: m@v1: reading https://mirror.example.com/go/sumdb/sum.example.com/lookup/m@v1: 502"}',
    /502/,
    false,
  ],
  [
    'go',
    '{"Error": "m@v1: verifying module: m@v1: reading https://other.example.com/sumdb/sum.example.com/lookup/m@v1: 502"}',
    /502/,
    true,
  ],
  ['go', '{"Error": "verifying module: checksum mismatch\\n SECURITY ERROR"}', /checksum mismatch/, false],
  [
    'npm',
    'npm error code E404\nnpm error 404 Not Found - GET http://h/m\nnpm error A complete log of this run',
    /^code E404 404 Not Found/,
    false,
  ],
  ['npm', 'npm error code ENOSPC', /ENOSPC/, true],
  ['pip', 'x\nERROR: Could not find a version\nERROR: No matching distribution found for m', /No matching/, false],
  [
    'pip',
    'Skipping link: No sources permitted for m: h\nERROR: No matching distribution found for m',
    /No matching/,
    true,
  ],
  [
    'uv',
    'error: No solution found\n  cause: Because m==1 has no usable wheels and building from source is disabled',
    /no usable wheels/,
    true,
  ],
  [
    'skopeo',
    'time="t" level=fatal msg="initializing source docker://h/m:1: manifest unknown"',
    /^initializing source.*unknown$/,
    false,
  ],
] as const)('why: %s: %s', (id, words, text, isElsewhere) =>
  expect(clientOf(id).why(words, 'https://mirror.example.com/go/')).toEqual({
    text: expect.stringMatching(text),
    isElsewhere,
  }),
);

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findKnownErrors, knownClients } from '../../../../src/features/doctor/explain.ts';
import { table } from '../../../support/table.ts';

type Row = Readonly<Record<string, string>>;

/** Reads a table of test/fixtures/explain/ (SOURCES.md has its columns). */
function rowsOf(name: string): readonly Row[] {
  const text = readFileSync(new URL(`../../../fixtures/explain/${name}`, import.meta.url), 'utf8');
  const [head = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const plain = (cell: string) => cell.replaceAll(/\\([nt\\])/g, (_, c) => ({ n: '\n', t: '\t' })[c as 'n' | 't'] ?? c);
  return rows.map((cells) => Object.fromEntries(head.map((key, at) => [key, plain(cells[at] ?? '')])));
}

const reasonsOf = (text: string): readonly string[] =>
  findKnownErrors(text).flatMap(({ reason, candidates }) => (reason === null ? candidates : [reason]));

describe('lines that are not about mirrors', () => {
  const rows = rowsOf('none.tsv');
  const texts = rows.flatMap(({ text = '' }) => [text, ...text.split('\n')]);

  test('no verdict, whole and line by line', () => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(texts.length).toBeGreaterThanOrEqual(1_000);
    expect(texts.filter((text) => reasonsOf(text).length > 0)).toEqual([]);
  });
});

describe('errors of clients at mirrors with a known fault', () => {
  const rows = rowsOf('errors.tsv');
  // These clients print nothing of the fault: yarn 1 reports 401 as an unknown package, pip hides a status of 400.
  const wrong = [
    ['ctr', 'empty'],
    ['pip', '400'],
    ['pnpm10', '400'],
    ['pnpm10', 'loop'],
    ['yarn1', '401'],
  ];

  test('the reason, or one of the candidates', () => {
    expect(rows.length).toBeGreaterThanOrEqual(500);
    const missed = rows.filter(({ reasons = '', text = '' }) => {
      const [first] = findKnownErrors(text);
      return ![first?.reason ?? first?.candidates ?? []].flat().some((one) => reasons.split(',').includes(one));
    });
    expect(missed.map(({ client, source }) => [client, source?.split('fault ')[1]]).sort()).toEqual(wrong);
  });

  test('each names its source', () => {
    for (const { source } of rows) expect(source).toMatch(/^(?:https:\/\/\S+|run: .+, fault \S+)$/);
  });
});

test('each client has a name of its own', () => {
  expect(new Set(knownClients).size).toBe(knownClients.length);
  expect(knownClients).toEqual(expect.arrayContaining(['npm', 'pnpm', 'pip', 'uv', 'go', 'docker', 'apt', 'cargo']));
});

test.each(
  table<string[]>(
    'unit/features/doctor/error-corpus',
    'a line with a number or a phrase of an error, outside of its place',
  ),
)('a line with a number or a phrase of an error, outside of its place: %s', (text) =>
  expect(findKnownErrors(text)).toEqual([]),
);

test('pip without the ssl module of Python: no mirror is to blame', () => {
  const line = `WARNING: Retrying (Retry(total=0)) after connection broken by 'SSLError("Can't connect to HTTPS URL because the SSL module is not available.")': /simple/numpy/`;
  const result = 'ERROR: No matching distribution found for numpy';
  expect(findKnownErrors(`${line}\n${result}`)).toEqual([]);
  expect(findKnownErrors(result)).toHaveLength(1);
});

describe('the server that an error is about', () => {
  const told = (text: string): readonly (readonly [string | null, string | null])[] =>
    findKnownErrors(text).map(({ reason, url }) => [reason, url]);

  test('apt: the repository of each error, not another one', () => {
    const text = `Err:1 http://good.example/ceph trixie InRelease
  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 24B3, which is needed to verify signature.
Hit:2 http://good.example/debian trixie InRelease
Err:7 https://pay.example/debian/pve trixie InRelease
  401  Unauthorized [IP: 192.0.2.231 443]
Error: Failed to fetch https://pay.example/debian/pve/dists/trixie/InRelease  401  Unauthorized [IP: 192.0.2.231 443]
Error: The repository 'http://good.example/ceph trixie InRelease' is not signed.`;
    expect(told(text)).toEqual([
      ['signature', 'http://good.example'],
      ['denied', 'https://pay.example'],
    ]);
  });

  test('two servers with the same fault: both', () => {
    const text = ['a', 'b'].map((host) => `E: Failed to fetch http://${host}.example/x.deb  404  Not Found`).join('\n');
    expect(told(text)).toEqual([
      ['absent', 'http://a.example'],
      ['absent', 'http://b.example'],
    ]);
  });

  test('a link to a help page is no server', () => {
    const text =
      'Error response from daemon: toomanyrequests: pull rate limit. https://www.docker.com/increase-rate-limit';
    expect(told(text)).toEqual([['throttled', null]]);
  });

  test('a URL of another line is not taken', () =>
    expect(told('Cloning https://git.example/x\nnpm error code E403')).toEqual([['denied', null]]));

  test('cargo: the server of the chain, whose causes follow empty lines', () => {
    const text = `error: failed to download from \`http://crates.example:8080/a/0.1.0/download\`

Caused by:
  [7] Couldn't connect to server (Failed to connect to crates.example port 8080: Connection refused)`;
    expect(told(text)).toEqual([['refused', 'http://crates.example:8080']]);
  });

  test('cargo: not the registry that a mirror replaces', () => {
    const text = `error: failed to update replaced source \`registry https://git.example/crates.io-index\`

Caused by:
  failed to fetch \`git://mirror.example/index\`

Caused by:
  early EOF; class=Net (12); code=Eof (-20)`;
    expect(told(text)).toEqual([['cut', null]]);
  });

  test('Maven: the blocked repository, not the address that blocks it', () => {
    const text =
      'Could not transfer artifact a:b:pom:1 from/to maven-default-http-blocker (http://0.0.0.0/): Blocked mirror for repositories: [acme (http://maven.example/m, default, releases)]';
    expect(told(text)).toEqual([['plain_refused', 'http://maven.example']]);
  });

  test('Gradle: the server that a redirect led to, which it names last', () => {
    const text =
      "> Could not get resource 'https://plugins.example/m2/x.pom'.\n   > Could not GET 'https://central.example/x.pom'. Received status code 429 from server: Too Many Requests";
    expect(told(text)).toEqual([['throttled', 'https://central.example']]);
  });

  test.each([
    [
      "error: failed retrieving file 'core.db' from arch.example : The requested URL returned error: 404",
      'arch.example',
    ],
    ['Error initializing source docker://hub.example/a/b:1: reading manifest 1: manifest unknown', 'hub.example'],
    // The mirror of Docker Hub is in the settings, and the text does not name it.
    ['Error initializing source docker://docker.io/a/b:1: reading manifest 1: manifest unknown', null],
  ])('a host without a URL: %s', (text, host) =>
    expect(told(text)).toEqual([['absent', host === null ? null : `https://${host}`]]),
  );

  test('Gradle: not the group of a module that could not be resolved', () => {
    const text =
      "> Could not resolve net.minecraft:a:1.\n   > Could not get resource 'https://maven.example/a.pom'.\n      > Could not GET '...'\n         > Read timed out";
    expect(told(text)).toEqual([[null, 'https://maven.example']]);
  });

  test.each([
    ['docker://hub.example:5000/a/b:1: reading manifest 1: manifest unknown', 'https://hub.example:5000'],
    [
      'error pinging docker registry hub.example:5000: invalid status code from registry 404 (Not Found)',
      'https://hub.example:5000',
    ],
  ])('the port of a registry: %s', (text, url) =>
    expect(told(`Error initializing source ${text}`)).toEqual([['absent', url]]),
  );

  test('composer: a text that the terminal cut, below its title', () => {
    const text =
      '\n  [Composer\\Downloader\\TransportException]\n  The "https://composer.example/p/a.js\n  on" file could not be downlo\n  aded (HTTP/1.1 404 Not Found)\n\nrequire [--dev]';
    expect(told(text)).toEqual([['absent', 'https://composer.example']]);
  });

  test('apt: another host than that of the URL is its proxy', () => {
    const error = (host: string) =>
      `Err:1 http://deb.example/debian trixie InRelease\n  Could not connect to ${host}:80 (192.0.2.1). - connect (111: Connection refused)`;
    expect(told(error('deb.example'))).toEqual([['refused', 'http://deb.example']]);
    expect(told(error('127.0.0.1')).map(([reason]) => reason)).toEqual(['proxy']);
  });

  test('npm prints the code before the line with the URL', () => {
    const text = 'npm error code E403\nnpm error 403 403 Forbidden - GET https://npm.example/x';
    expect(told(text)).toEqual([['denied', 'https://npm.example']]);
  });
});

test.each([
  [
    'private',
    'go: a.example/x@latest: reading https://go.example/a.example/x/@v/list: 404 Not Found\n\tserver response: not found: a.example/x@latest: git ls-remote -q origin in /tmp/x: exit status 128:\n\t\tfatal: could not read Username: terminal prompts disabled',
  ],
  ['lock_file', 'ERR_PNPM_MISSING_TARBALL_INTEGRITY  Cannot install package "demo@4.0.3"'],
])('faults that are not of the mirror: %s', (reason, text) =>
  expect(findKnownErrors(text).map((one) => one.reason)).toEqual([reason]),
);

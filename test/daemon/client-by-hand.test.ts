import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeClients, pathWith } from '../support/fake-client.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { run } from '../unit/cli/run-program.ts';

const secret = 'hunter-of-the-east';
const configuration = `
vantage: here
mirrors:
  - { name: go-a, ecosystem: go, url: "http://127.0.0.1:9" }
  - { name: go-b, ecosystem: go, url: "http://127.0.0.1:9/b", resolve: { family: 4 } }
  - { name: npm-a, ecosystem: npm, url: "http://127.0.0.1:9/npm", auth: { username: robot, password: ${secret} } }
  - { name: files, ecosystem: http, upstream: tools, url: "http://127.0.0.1:9/files" }
controls: [ "tcp://127.0.0.1:9" ]
modules: { go: [ example.com/m@v1.0.0 ], npm: [ hello@1.0.0 ], http: [ { upstream: tools, path: x } ] }
clientRuns: { every: 2h, clients: [ go, npm ] }
state: { path: ./state.db }
`;

let cwd: string;
let fakes: string;
beforeAll(() => {
  cwd = tempDir('client-by-hand');
  writeFileSync(join(cwd, 'mirrorwatch.yaml'), configuration);
  fakes = fakeClients({
    go: 'case "$5$4" in *@v1.0.0*) mkdir -p "$GOMODCACHE/cache/download" && echo zip > "$GOMODCACHE/cache/download/m.zip"; echo "proxy $GOPROXY";; *) echo "go: no such version" >&2; exit 1;; esac',
    npm: 'cat "$npm_config_userconfig"; tr "\\0" " " < "/proc/$$/cmdline"; echo; env | grep -v "^PATH="; echo packed > hello-1.0.0.tgz',
  });
  chmodSync(fakes, 0o755);
});
afterAll(() => removeTempDir(cwd));

const cli = (...argv: string[]) => run(argv, { cwd, env: { PATH: pathWith(fakes) } });

describe('mirrorwatch probe NAME --client', () => {
  test('runs the client, and says how it went in its own words', async () => {
    const { code, out, err } = await cli('probe', 'go-a', '--client', 'go');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^go example\.com\/m@v1\.0\.0 from go-a: ok in \d+\.\d\d s \(1 file, 4 bytes\)\n {2}proxy http:\/\/127\.0\.0\.1:9$/,
    );
  });

  test('is 1 where it fails, with its reason, and has a form for programs', async () => {
    const { code, out } = await cli('probe', 'go-a', 'example.com/m@v2.0.0', '--client', 'go', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      registry: 'go-a',
      client: 'go',
      module: 'example.com/m',
      version: 'v2.0.0',
      outcome: 'failed',
      reason: 'go: no such version',
      exitCode: 1,
      words: 'go: no such version',
    });
  });

  test('shows no credential, whatever the client prints', async () => {
    const { code, out } = await cli('probe', 'npm-a', '--client', 'npm');
    expect(code).toBe(0);
    expect(out).toContain('//127.0.0.1:9/npm/:_auth=***');
    expect(out).toContain('npm pack hello@1.0.0');
    expect(out).not.toContain(secret);
    expect(out).not.toContain(Buffer.from(`robot:${secret}`).toString('base64').replace(/=+$/, ''));
  });

  test.each([
    ['an unknown client', ['probe', 'go-a', '--client', 'yarn'], /--client is one of go for mirrors of go, not 'yarn'/],
    [
      'an ecosystem without one',
      ['probe', 'files', '--client', 'go'],
      /no real client can be run against mirrors of http/,
    ],
    [
      'a mirror whose access it does not support',
      ['probe', 'go-b', '--client', 'go'],
      /does not support one address family/,
    ],
    [
      'a step',
      ['probe', 'go-a', '--client', 'go', '--step', 'mod'],
      /cannot be combined with --step, --curl, --http1 or --http2/,
    ],
  ] as const)('refuses %s', async (_name, argv, message) => {
    const { code, err } = await cli(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test('says that it is not installed: no failure of the mirror, and nothing found out', async () => {
    const { code, out } = await run(['probe', 'go-a', '--client', 'go'], { cwd, env: { PATH: cwd } });
    expect(code).toBe(1);
    expect(out).toBe('go example.com/m@v1.0.0 from go-a: unknown in 0.00 s (the client is not installed on this host)');
  });
});

describe('mirrorwatch check', () => {
  test('says who is run against whom, who is left out and why', async () => {
    const { code, out, err } = await cli('check');
    expect([code, err]).toEqual([0, expect.not.stringContaining('installed')]);
    expect(out).toContain(
      'real clients (each runs at each of its mirrors every 2h; the numbers above include these runs):\n  go: go-a\n  npm: npm-a\n  go: not run against go-b: go does not support one address family (resolve.family)',
    );
  });

  test('has no heading over nothing, and one of a thing', async () => {
    const folder = tempDir('none-to-run');
    const text = `mirrors: [{ name: b, ecosystem: go, url: "http://127.0.0.1:9", resolve: { family: 4 } }]
modules: { go: [ example.com/m@v1.0.0 ] }
steps: { mod: 30s }
go: { sumdb: off }
clientRuns: { clients: [ go ] }
`;
    writeFileSync(join(folder, 'mirrorwatch.yaml'), text);
    const { out } = await run(['check'], { cwd: folder });
    removeTempDir(folder);
    expect(out).toContain(
      'real clients: none can be run\n  go: not run against b: go does not support one address family',
    );
    expect(out).toContain(': 1 mirror, ');
  });

  test('warns of those that are not installed', async () => {
    const { code, err } = await run(['check'], { cwd, env: { PATH: cwd } });
    expect(code).toBe(0);
    for (const client of ['go', 'npm']) expect(err).toContain(`${client} is not installed here and will not run`);
    const { out } = await run(['check', '--json'], { cwd, env: { PATH: cwd } });
    expect(JSON.parse(out)).toMatchObject({ ok: true, missingClients: ['go', 'npm'] });
  });

  test('counts their runs and our steps after them in the forecast', async () => {
    const sum = async (text: string) => {
      const folder = tempDir('forecast');
      writeFileSync(join(folder, 'mirrorwatch.yaml'), text);
      const { out } = await run(['check', '--json'], { cwd: folder });
      removeTempDir(folder);
      return (JSON.parse(out) as { budget: { requestsPerHour: number; bytesPerHour: number; slotShare: number }[] })
        .budget[0];
    };
    const one = (every: string) => `
mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]
controls: [ "tcp://192.0.2.1:53" ]
modules: { go: [ example.com/m@v1.0.0 ] }
go: { sumdb: off }
state: { path: ./state.db }
${every}`;
    const without = await sum(one(''));
    const withThem = await sum(one('clientRuns: { every: 30m, clients: [ go ] }'));
    if (without === undefined || withThem === undefined) throw new Error('no host');
    // Twice an hour: five requests of go, and info, mod and zip of ours.
    expect(withThem.requestsPerHour - without.requestsPerHour).toBeCloseTo(16);
    // Each of the two fetches 1 KB, 4 KB and 1 MiB.
    expect(withThem.bytesPerHour - without.bytesPerHour).toBeCloseTo(2 * 2 * (5_000 + 2 ** 20));
    expect(withThem.slotShare - without.slotShare).toBeCloseTo((2 * 30) / 3_600 / 2);
  });
});

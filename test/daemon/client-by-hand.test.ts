import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeClients, pathWith } from '../support/fake-client.ts';
import { tempDir } from '../support/paths.ts';
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

const cwd = tempDir('client-by-hand');
writeFileSync(join(cwd, 'mirrorwatch.yaml'), configuration);
const fakes = fakeClients({
  go: 'case "$5$4" in *@v1.0.0*) mkdir -p "$GOMODCACHE/cache/download" && echo zip > "$GOMODCACHE/cache/download/m.zip"; echo "proxy $GOPROXY";; *) echo "go: no such version" >&2; exit 1;; esac',
  npm: 'cat "$npm_config_userconfig"; tr "\\0" " " < "/proc/$$/cmdline"; echo; env | grep -v "^PATH="; echo packed > hello-1.0.0.tgz',
});
chmodSync(fakes, 0o755);

const cli = (...argv: string[]) => run(argv, { cwd, env: { PATH: pathWith(fakes) } });

test('mirrorwatch probe NAME --client of 1.0 says what to use', async () => {
  const { code, err } = await cli('probe', 'go-a', '--client', 'go');
  expect([code, err.split('\n')[0]]).toEqual([
    2,
    'mirrorwatch probe: --client has ended: run the client itself, or set clientRuns',
  ]);
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

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openStore } from '../../src/io/store.ts';
import type { ExitCode } from '../../src/terminal/context.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { type FakeTerminal, fakeTerminal } from '../unit/cli/fake-terminal.ts';

const folder = tempDir('by-hand');
const config = join(folder, 'mirrorwatch.yaml');

async function writeConfig(port: number): Promise<void> {
  writeFileSync(
    config,
    `
vantage: here
listen: 127.0.0.1:${port}
schedule: { every: 200ms, timeout: 30s, perHost: 2 }
steps: { list: 5s, info: 5s, latest: 5s, zip: 1h }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 100 }
  - { name: far, ecosystem: go, url: "${far.url}" }
  - { name: dead, ecosystem: go, url: "http://127.0.0.1:1" }
clients: { go: "${near.url},http://127.0.0.1:1,direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
state: { path: ./state.db }
`,
  );
}

interface Running {
  readonly terminal: FakeTerminal;
  readonly ended: Promise<ExitCode>;
  signal(which: 'stop' | 'reload'): void;
}

function start(...argv: string[]): Running {
  const terminal = fakeTerminal();
  const reacts: ((signal: 'stop' | 'reload') => void)[] = [];
  const ended = program({
    argv,
    env: {},
    cwd: folder,
    terminal,
    facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
    onSignal: (react) => void reacts.push(react),
  });
  return { terminal, ended, signal: (which) => reacts.map((react) => react(which)) };
}

const near = closeAtEnd(await startFakeMirror());
const far = closeAtEnd(await startFakeMirror());
await writeConfig(await freePort());

test.each([
  [['--once'], 1, ['mirrorwatch demo: stopped before these stages: advice, webhook']],
  [[], 0, []],
] as const)('demo %j, stopped at once: it names no time that has not passed', async (flags, code, errs) => {
  const terminal = fakeTerminal();
  const ended = program({
    argv: ['demo', ...flags],
    env: {},
    cwd: folder,
    terminal,
    facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
    onSignal: (react) => react('stop'),
  });
  expect([await ended, terminal.errs]).toEqual([code, errs]);
});

describe('a probe by hand, in a real worker thread', () => {
  test('of a configured mirror: 0, walked through', async () => {
    const { terminal, ended } = start('probe', 'near');
    expect([await ended, terminal.errs]).toEqual([0, []]);
    expect(terminal.outs[0]).toMatch(/^near {2}mod {2}example\.com\/hello@v1\.0\.0 {2}ok {2}\d+\.\d ms$/);
    expect(terminal.text()).toContain(`GET ${near.url}/example.com/hello/@v/v1.0.0.mod`);
  });

  test('of a URL that no file names, for an image: its host is the upstream', async () => {
    const { terminal, ended } = start('probe', near.url, 'registry.example.com/a/b:3', '--ecosystem', 'oci', '--json');
    expect([await ended, terminal.errs]).toEqual([1, []]);
    const { sample } = JSON.parse(terminal.text());
    expect(sample.outcome.tag).toBe('failed');
    expect(sample.due.target).toMatchObject({ module: 'registry.example.com/a/b', upstream: 'registry.example.com' });
  });

  test('of an image: its manifest is requested by HEAD, and shown so', async () => {
    const { terminal, ended } = start('probe', near.url, 'registry.example.com/a/b:3', '--ecosystem', 'oci');
    await ended;
    expect(terminal.text()).toContain(`HEAD ${near.url}/v2/a/b/manifests/3`);
  });

  test('a URL that no mirror may have: the mistake is named, without a position in a file', async () => {
    const { terminal, ended } = start('probe', `${near.url}/?a=1`);
    expect([await ended, terminal.outs]).toEqual([2, []]);
    expect(terminal.errs.join('\n')).toMatch(/^mirrorwatch probe: mirrors\[0\]\.url: saw "[^"]+", expected an http/);
  });

  test('a header that moves a cursor does not move ours, in JSON neither', async () => {
    const server = createServer(
      (_request, response) => void response.setHeader('x-said', 'a\u009b2Jb').end('v1.0.0\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { terminal, ended } = start('probe', url, 'example.com/hello@v1.0.0', '--step', 'list', '--json');
    await ended;
    server.close();
    expect(terminal.text()).not.toMatch(/[^\P{C}\n]/u);
    expect(JSON.parse(terminal.text()).transcript.hops[0].responseHeaders['x-said']).toContain('\u009b2Jb');
  });

  test.each(['list', 'zip'])('--step %s --json', async (step) => {
    const { terminal, ended } = start('probe', 'near', '--step', step, '--json');
    expect(await ended).toBe(0);
    expect(JSON.parse(terminal.text())).toMatchObject({
      sample: { outcome: { tag: 'ok' }, due: { target: { step } } },
    });
  });

  test('of a URL that no file names, with a module: 0', async () => {
    const { terminal, ended } = start('probe', far.url, 'example.com/tags@latest', '--curl');
    expect([await ended, terminal.errs]).toEqual([0, []]);
    expect(terminal.outs).toContain('http_code=200');
    expect(terminal.outs).toContain(`url=${far.url}/example.com/tags/@v/v1.1.0.mod`);
  });

  test('of a dead one: 1, with the reason', async () => {
    const { terminal, ended } = start('probe', 'dead');
    expect(await ended).toBe(1);
    expect(terminal.text()).toContain('failed: refused');
  });

  test('rank: all side by side, the dead one last and out of the line to paste', async () => {
    far.setDelay(500);
    const { terminal, ended } = start('rank', '--rounds', '3', '--json');
    expect(await ended).toBe(0);
    far.setDelay(0);
    const { rows, verdict, reason, remedy } = JSON.parse(terminal.outs.join('\n'));
    expect(terminal.errs).toEqual([expect.stringMatching(/it downloads zip of .* from each of 3 mirrors/)]);
    expect(rows.map((row: { download: { reason: string | null } | null }) => row.download?.reason)).toEqual([
      null,
      null,
      undefined,
    ]);
    // Three rounds tell nothing: who answers is asked again, who is down is not.
    expect(
      rows.map((row: { registry: string; ok: number; failed: number }) => [row.registry, row.ok > 3, row.failed]),
    ).toEqual([
      ['near', true, 0],
      ['far', true, 0],
      ['dead', false, 3],
    ]);
    expect([rows[0].verdict, rows[2].verdict]).toEqual(['best', 'down']);
    const { phasesMs, medianMs, roundsMs } = rows[0];
    const sum = Object.values(phasesMs as Record<string, number>).reduce((all, ms) => all + ms, 0);
    expect(sum).toBeCloseTo(medianMs, 6);
    expect(roundsMs).toContain(medianMs);
    expect([verdict, reason]).toEqual(['change', 'near stays first; dead is down (refused)']);
    expect(remedy).toBe(`export GOPROXY='${near.url},direct'`);
    expect(terminal.progressed.at(-1)).toBe('');
  });
});

describe('run', () => {
  const url = async (): Promise<string> => {
    const port = await freePort();
    await writeConfig(port);
    return `http://127.0.0.1:${port}`;
  };
  const metric = async (base: string, name: string): Promise<string | undefined> =>
    (await (await fetch(`${base}/metrics`)).text()).split('\n').find((line) => line.startsWith(name));

  test('with worker threads: watches, reloads at SIGHUP, drains at SIGTERM with 0', async () => {
    const base = await url();
    const daemon = start('run');
    await until(
      'it is ready',
      () =>
        fetch(`${base}/-/ready`).then(
          ({ status }) => status,
          () => null,
        ),
      (status) => status === 200,
    );
    const attempts =
      'mirror_probe_attempts_total{ecosystem="go",registry="near",module="example.com/hello",version="v1.0.0",step="mod"}';
    await until(
      'two probes',
      () => metric(base, attempts),
      (line) => Number(line?.split(' ').at(-1)) >= 2,
    );
    writeFileSync(config, 'mirrors: nonsense\n');
    daemon.signal('reload');
    await until(
      'the reload failed',
      () => metric(base, 'mirrorwatch_config_last_reload_successful'),
      (line) => line === 'mirrorwatch_config_last_reload_successful 0',
    );
    daemon.signal('stop');
    expect(await daemon.ended).toBe(0);
    await expect(fetch(`${base}/-/ready`)).rejects.toThrow();
    // What it knew is in the state file.
    const kept = openStore(join(folder, 'state.db'), { clock: systemClock });
    if (kept.tag === 'error') throw new Error(kept.error.kind);
    expect(kept.value.store.all('detector').length).toBeGreaterThan(0);
    kept.value.store.close();
  });

  test('a port that is taken: 1, said', async () => {
    await writeConfig(near.port);
    const { terminal, ended } = start('run');
    expect(await ended).toBe(1);
    expect(terminal.errs.join()).toContain(
      `cannot listen on 127.0.0.1:${near.port} (EADDRINUSE): is another daemon running?`,
    );
  });

  test('a wrong configuration: 2', async () => {
    writeFileSync(config, 'mirrors: nonsense\n');
    const { terminal, ended } = start('run');
    expect(await ended).toBe(2);
    expect(terminal.errs.join()).toContain('mirrors');
  });
});

import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { table } from '../../support/table.ts';
import { type TestMachine, testMachine } from '../features/doctor/machine.ts';
import { run } from './run-program.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const publicIndex = `https://${['pypi', 'org'].join('.')}/simple`;
const corpIndex = 'https://pypi.example.com/simple';

const uvLock = (sources: Readonly<Record<string, string>>): string =>
  ['version = 1']
    .concat(
      Object.entries(sources).map(
        ([name, url]) => `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "${url}" }\n`,
      ),
    )
    .join('\n');

const packageLock = (sources: Readonly<Record<string, string | null>>): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      Object.entries(sources).map(([name, resolved]) => [
        `node_modules/${name}`,
        { version: '1.3.0', ...(resolved === null ? {} : { resolved: `${resolved}/${name}/-/x-1.3.0.tgz` }) },
      ]),
    ),
  });

const npmOrigin = `https://registry.${['npmjs', 'org'].join('.')}`;
const group = 'https://nexus.example.com/repository/npm-group';
const goSum = ['corp.example.com/secret', 'rsc.io/quote']
  .flatMap((name) => [`${name} v1.5.2 h1:${'a'.repeat(43)}=`, `${name} v1.5.2/go.mod h1:${'a'.repeat(43)}=`])
  .join('\n');

interface Row {
  readonly name: string;
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The names that stay at home. */
  readonly kept: readonly string[];
  /** A name of the lock file that is public. */
  readonly open?: string;
}

const rows = table<readonly Row[]>('unit/cli/init-private', 'rows', {
  'npm origin': npmOrigin,
  'public index': publicIndex,
});

interface Capture {
  readonly url: string;
  /** The paths that were requested, decoded. */
  readonly requested: readonly string[];
}

/** A server that notes what is requested of it. It is the company's host below its own name, and public below `/public`. */
async function capture(): Promise<Capture> {
  const requested: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    requested.push(decodeURIComponent(url));
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requested };
}

/** Ranks with the written configuration. Its public mirrors lead to the server. */
async function rank(machine: TestMachine, id: string, { url }: Capture): Promise<void> {
  const text = machine.text('mirrorwatch.yaml').replace(/(?<=url: "?)https:\/\//g, `${url}/public/`);
  writeFileSync(machine.at('captured.yaml'), `${text}\n${id === 'go' ? 'go: { sumdb: off }' : ''}\n`);
  const cwd = machine.at('x').slice(0, -2);
  await run(['rank', id, '--rounds', '1', '--config', machine.at('captured.yaml')], { cwd });
}

const atHome = (texts: Readonly<Record<string, string>>, { url }: Capture): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      text.replaceAll(/https:\/\/(?=[^/\s]*\.example\.com)/g, `${url}/`).replace(`${url}/$`, 'https://$'),
    ]),
  );

describe('names that may be private stay at home', () => {
  test.each(rows)('$name', async (row) => {
    const { id, files, env, kept, open } = row;
    const captured = await capture();
    const machine = testMachine(atHome(files, captured), env);
    const made = await machine.run(['init', '--yes', '--public', 'global']);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining(`kept back from public mirrors: ${id}: `)]);
    const text = machine.text('mirrorwatch.yaml');
    expect(text).toContain(`  ${id}: [${kept.map((name) => JSON.stringify(name)).join(', ')}]\n`);
    const checked = await run(['check', '--json'], { cwd: machine.at('x').slice(0, -2) });
    const report = JSON.parse(checked.out) as {
      readonly sent: readonly { readonly host: string; readonly modules: readonly string[] }[];
      readonly keptBack: unknown;
    };
    expect(report.keptBack).toEqual({ [id]: kept });
    expect(report.sent.length).toBeGreaterThan(0);
    for (const { modules } of report.sent) {
      expect(modules.filter((name) => /secret/.test(name))).toEqual([]);
      if (open !== undefined) expect(modules).toContain(open);
    }
    // What `check` lists is what is requested, which each ecosystem shows once.
    if (rows.find((one) => one.id === id) !== row) return;
    await rank(machine, id, captured);
    expect(captured.requested.some((path) => path.startsWith('/public/'))).toBe(true);
    expect(captured.requested.filter((path) => /secret/.test(path))).toEqual([]);
  });

  test('a comment says why, and the file is for its owner only', async () => {
    const machine = testMachine(rows[0]?.files ?? {});
    await machine.run(['init', '--yes', '--public', 'global']);
    expect(machine.text('mirrorwatch.yaml')).toMatch(
      /private:\n {2}# Some of these names come from another host .*\n {2}pypi:/,
    );
    expect(machine.everything()[machine.at('mirrorwatch.yaml')]).toMatch(/^600 /);
  });

  const later: Readonly<Record<string, string>> = {
    'uv.lock': uvLock({ 'corp-secret': corpIndex, 'later-secret': corpIndex, idna: publicIndex }),
    'requirements.txt': 'later-secret==1.0\nsix==1.17.0\n',
    'package-lock.json': packageLock({ 'later-secret': group, 'is-odd': npmOrigin }),
    'go.sum': goSum.replaceAll('/secret', '/later-secret'),
  };

  test.each(rows.filter(({ files }) => Object.keys(files).some((name) => name in later)))(
    'and so do names that a lock file gets after init: $name',
    async ({ files, env, kept }) => {
      const machine = testMachine(files, env);
      await machine.run(['init', '--yes', '--public', 'global']);
      for (const name of Object.keys(files))
        if (later[name] !== undefined) writeFileSync(machine.at(name), later[name]);
      const checked = await run(['check', '--json'], { cwd: machine.at('x').slice(0, -2) });
      const { sent } = JSON.parse(checked.out) as { readonly sent: readonly { readonly modules: readonly string[] }[] };
      expect(kept.length).toBeGreaterThan(0);
      expect(sent.flatMap(({ modules }) => modules).filter((name) => /secret/.test(name))).toEqual([]);
    },
  );

  test('more names than a configuration can list: no lock file of the ecosystem is used', async () => {
    const names = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`corp-secret-${at}`, group]));
    const machine = testMachine({
      'package.json': '{}',
      'package-lock.json': packageLock({ ...names, 'is-odd': npmOrigin }),
    });
    const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('left out: package-lock.json: expected at most 200 names'),
    ]);
    expect(machine.text('mirrorwatch.yaml')).not.toMatch(/from:|secret/);
  });

  test('an endless list of indexes or of private names is judged in bounded time', async () => {
    const indexes = Array.from({ length: 3000 }, (_, at) => `[[index]]\nurl = "https://h${at}.example.com/simple"`);
    const patterns = Array.from({ length: 30_000 }, (_, at) => `c${at}.example.com`);
    const machine = testMachine({
      'requirements.txt': 'corp-secret==1.0\n',
      'go.sum': Array.from({ length: 5000 }, (_, at) => `d${at}.example.com/x v1.0.0 h1:${'a'.repeat(43)}=`).join('\n'),
      'uv.toml': indexes.join('\n'),
      '.envrc': `export GOPRIVATE=${patterns.join(',')}`,
      '~/.config/go/env': 'GOPROXY=https://go.example.com\nGOSUMDB=off\n',
    });
    const before = process.cpuUsage();
    await machine.run(['init', '--yes', '--public', 'global']);
    expect(process.cpuUsage(before).user).toBeLessThan(8e6);
  });

  test('in a folder of endless files that builds may read, no name is taken', async () => {
    const files = Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`deploy/${at}.yaml`, '']));
    const machine = testMachine({ 'go.sum': goSum, ...files });
    const ran = await machine.run(['init', '--yes', '--public', 'global']);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(existsSync(machine.at('mirrorwatch.yaml'))).toBe(false);
  });

  test('in such a folder of a Python project, no name is taken, and the file loads', async () => {
    const files = Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`deploy/${at}.yaml`, '']));
    const pip = { 'requirements.txt': 'secret==1.0\n', 'pip.conf': `[global]\nindex-url = ${corpIndex}\n` };
    const machine = testMachine({ ...pip, ...files });
    const ran = await machine.run(['init', '--yes', '--public', 'none']);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('any name may be private')]);
    expect(machine.text('mirrorwatch.yaml')).not.toMatch(/private:\n|secret|requirements\.txt/);
  });

  test('a name that would be a pattern keeps no other name back', async () => {
    const lock = packageLock({ '*': group, 'is-odd': npmOrigin });
    const machine = testMachine({ 'package.json': '{}', 'package-lock.json': lock });
    expect((await machine.run(['init', '--yes', '--public', 'global'])).code).toBe(0);
    expect(machine.text('mirrorwatch.yaml')).not.toContain('private:');
  });

  test('init and check list which names go to which host', async () => {
    const machine = testMachine({ 'package.json': '{}', 'package-lock.json': packageLock({ 'is-odd': npmOrigin }) });
    const made = await machine.run(['init', '--yes', '--public', 'global']);
    const checked = await run(['check'], { cwd: machine.at('x').slice(0, -2) });
    for (const text of [made.err, checked.out])
      expect(text).toMatch(
        /host +ecosystem +names +names sent there\nhttps:\/\/registry\.\w+\.org:443 +npm +1 +is-odd(?:\n|$)/,
      );
  });
});

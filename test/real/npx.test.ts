import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installedPaths, licencesOf } from '../../tools/release/licences.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { type InstalledRegistry, startInstalledRegistry } from '../support/installed-registry.ts';
import { ownVersion, packedTarball } from '../support/packed.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { type CommandResult, run, startProcess } from '../support/process.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';

const packedBytesMax = 3_000_000;
const installedBytesMax = 60_000_000;

/** The oldest Node that package.json names. */
const oldest = '22.22.2';

/** Without anything of the repository, of npm's settings of this machine, or of the npm that runs the tests. */
function cleanEnv(folder: string, registry: string): Record<string, string | undefined> {
  const npmOwn = Object.keys(process.env).filter((name) => /^(npm_|INIT_CWD|NODE_)/i.test(name));
  return {
    ...Object.fromEntries(npmOwn.map((name) => [name, undefined])),
    HOME: join(folder, 'home'),
    PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
    LC_ALL: 'C.UTF-8',
    npm_config_registry: registry,
    npm_config_cache: join(folder, 'cache'),
    npm_config_update_notifier: 'false',
  };
}

real('npx of the packed tarball, in an empty folder without git', ['npm', 'oldestNode', 'netns', 'prometheus'], () => {
  let folder = '';
  let tarball = '';
  let registry: InstalledRegistry;
  let mirror: FakeMirror;

  beforeAll(async () => {
    folder = tempDir('npx');
    tarball = await packedTarball();
    registry = await startInstalledRegistry(repoDir, installedPaths(repoDir));
    mirror = await startFakeMirror();
  });
  afterAll(async () => {
    await registry?.close();
    await mirror?.close();
  });

  it(`is at most ${packedBytesMax} bytes, runs nothing at install, and brings nothing of development`, () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(packedBytesMax);
    const { scripts, dependencies, engines } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts[name]).toBeUndefined();
    expect(engines.node.split(' || ')[0]).toBe(`^${oldest}`);
    const { packages } = JSON.parse(readFileSync(join(repoDir, 'package-lock.json'), 'utf8'));
    const paths = installedPaths(repoDir);
    expect(paths).toEqual(expect.arrayContaining(Object.keys(dependencies).map((name) => `node_modules/${name}`)));
    // No script at install, and no part for one platform alone: the image of another is built without running its node.
    for (const path of paths) {
      const { hasInstallScript, os, cpu } = packages[path];
      expect([path, hasInstallScript, os, cpu]).toEqual([path, undefined, undefined, undefined]);
    }
  });

  it('has dependencies under permissive licences alone, each named', () => {
    const licences = new Set(licencesOf(repoDir).map(({ licence }) => licence));
    expect([...licences].sort()).toEqual(['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']);
  });

  it('rank, demo, doctor, init and the daemon run on the oldest Node', async () => {
    const place = join(folder, 'oldest');
    const work = join(place, 'work');
    for (const path of [work, join(place, 'home'), join(place, 'bin')]) mkdirSync(path, { recursive: true });
    const node = commandPath('oldest-node');
    symlinkSync(node, join(place, 'bin/node'));
    const npx = join(execFileSync('npm', ['root', '-g']).toString().trim(), 'npm/bin/npx-cli.js');
    const env = cleanEnv(place, registry.url);
    const byNpx = (args: readonly string[]): Promise<CommandResult> =>
      run(node, [npx, '--yes', `--package=${tarball}`, '--', 'mirrorwatch', ...args], { cwd: work, env });

    const told = await byNpx(['--version']);
    expect([told.code, told.stdout], told.stderr).toEqual([0, `mirrorwatch ${ownVersion} (node v${oldest})\n`]);
    const init = await byNpx(['init', '--yes', '--public', 'global', '--ecosystem', 'go']);
    expect([init.code, existsSync(join(work, 'mirrorwatch.yaml'))], init.stderr).toEqual([0, true]);

    // npx takes seconds to start; from here on its program is started without it.
    const [installed = ''] = readdirSync(join(place, 'cache/_npx'));
    const modules = join(place, 'cache/_npx', installed, 'node_modules');
    const at = join(modules, 'mirrorwatch');
    const program = join(modules, '.bin/mirrorwatch');
    const mirrorwatch = (args: readonly string[], prefix: readonly string[] = []): Promise<CommandResult> => {
      const [command = '', ...rest] = [...prefix, program, ...args];
      return run(command, rest, { cwd: work, env });
    };
    const demo = await mirrorwatch(['demo', '--once']);
    expect(demo.code, demo.stderr).toBe(0);
    expect(demo.stdout).toMatch(/ slowed +mirror near now responds 900 ms later\n/);
    expect(demo.stdout).toMatch(/\n +export GOPROXY='http:\/\/127\.0\.0\.1:\d+,http:\/\/127\.0\.0\.1:\d+,direct'\n/);
    expect(demo.stdout).toMatch(/ webhook +mirror\.advice received, its signature verified\n/);
    const doctor = await mirrorwatch(['doctor', '--json']);
    expect(JSON.parse(doctor.stdout), doctor.stderr).toMatchObject({ traps: expect.any(Array) });
    const check = await mirrorwatch(['check']);
    expect(check.code, check.stderr).toBe(0);
    writeFileSync(
      join(work, 'local.yaml'),
      `vantage: here\nmirrors: [{ name: near, ecosystem: go, url: "${mirror.url}" }]\nmodules: { go: ["example.com/hello@v1.0.0"] }\ngo: { sumdb: "off" }\n`,
    );
    const rank = await mirrorwatch(['rank', '--config', 'local.yaml', '--rounds', '2', '--no-download']);
    expect([rank.code, rank.stdout], rank.stderr).toEqual([0, expect.stringMatching(/near .*\d+ ms/)]);
    // The daemon, scraped by a Prometheus with the rules of the package.
    const port = await freePort();
    const local = readFileSync(join(work, 'local.yaml'), 'utf8');
    writeFileSync(join(work, 'daemon.yaml'), `listen: 127.0.0.1:${port}\n${local}`);
    const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/-/ready`)).status === 200;
    const args = ['run', '--config', 'daemon.yaml'];
    const daemon = await startProcess({ name: 'installed run', command: program, args, cwd: work, env, ready });
    const boards = readdirSync(join(at, 'dashboards'));
    expect([boards.length, boards.filter((name) => !name.endsWith('.json'))]).toEqual([5, []]);
    for (const file of ['man/mirrorwatch.1', 'README.zh-CN.md']) expect(existsSync(join(at, file)), file).toBe(true);
    for (const file of ['mirrorwatch.bash', '_mirrorwatch', 'mirrorwatch.fish'])
      expect(readFileSync(join(at, 'completions', file), 'utf8'), file).toContain('completion for mirrorwatch');
    const prometheus = await startPrometheus({
      targets: [`127.0.0.1:${port}`],
      ruleFiles: [join(at, 'alerts/mirrorwatch.yml')],
    });
    try {
      const isUp = async (): Promise<boolean> => (await prometheus.query('mirror_up{registry="near"} == 1')).length > 0;
      await until('Prometheus has the mirror', isUp, Boolean, { help: daemon.log });
    } finally {
      await prometheus.close();
      await daemon.close();
    }
    // Without a configuration it ranks public mirrors; here no network leads to them, and the table says so of each.
    const alone = join(place, 'alone');
    mkdirSync(alone);
    const inside = ['unshare', '--net', 'sh', '-c', `cd ${alone} && exec "$@"`, 'sh'];
    const offline = await mirrorwatch(['rank', 'go', '--rounds', '1', '--no-download'], inside);
    expect(offline.code, offline.stderr).toBe(1);
    expect(offline.stdout).toMatch(/goproxy-cn .*resolve/);

    const kilobytes = Number(
      execFileSync('du', ['-sk', join(place, 'cache/_npx')])
        .toString()
        .split('\t')[0],
    );
    expect(kilobytes * 1024).toBeLessThanOrEqual(installedBytesMax);
    expect(
      readdirSync(work)
        .filter((file) => file !== 'data')
        .sort(),
    ).toEqual(['daemon.yaml', 'local.yaml', 'mirrorwatch.yaml']);
  });

  it('from a clone, npm --prefix CLONE run mirrorwatch writes the configuration of the user’s folder', async () => {
    const project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'requirements.txt'), 'six==1.17.0\n');
    const words = ['init', '--yes', '--public', 'global', '--home', folder];
    const args = ['--prefix', repoDir, 'run', '-s', 'mirrorwatch', '--', ...words];
    const init = await run('npm', args, { cwd: project });
    expect(init.code, init.stderr).toBe(0);
    const written = readFileSync(join(project, 'mirrorwatch.yaml'), 'utf8');
    expect(written).toContain('from: "requirements.txt"');
    expect(existsSync(join(repoDir, 'mirrorwatch.yaml'))).toBe(false);
  });
});

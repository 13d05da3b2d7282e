import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandPath, removeTempDir, repoDir, tempDir } from '../support/paths.ts';
import { mustRun, run } from '../support/process.ts';
import { real } from '../support/requires.ts';

const oldest = '22.19.0';

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** What `npm install` of the package brings beside it: what the lock file has for more than development. */
function dependencies(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(repoDir, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const isNeeded = ({ dev, optional, devOptional }: Locked): boolean => !dev && !optional && !devOptional;
  return Object.entries(packages).flatMap(([path, locked]) => (path !== '' && isNeeded(locked) ? [path] : []));
}

real('what npm pack ships, installed elsewhere without what is for development', ['npm', 'oldestNode'], () => {
  let folder = '';
  let at = '';

  beforeAll(async () => {
    folder = tempDir('package');
    // The build checks types: its compiler, made with Go, is done before it had to collect.
    await mustRun('npm', ['pack', '--pack-destination', folder], { cwd: repoDir, env: { GOGC: 'off' } });
    await mustRun('tar', ['-xzf', 'mirrorwatch-0.1.0.tgz'], { cwd: folder });
    at = join(folder, 'node_modules/mirrorwatch');
    mkdirSync(join(folder, 'node_modules'));
    cpSync(join(folder, 'package'), at, { recursive: true });
    for (const path of dependencies())
      cpSync(join(repoDir, path), join(folder, path), { recursive: true, dereference: true });
    mkdirSync(join(folder, 'empty'));
  });
  afterAll(() => removeTempDir(folder));

  it('has what shells and man read, and the README in Chinese', () => {
    for (const file of ['man/mirrorwatch.1', 'completions/mirrorwatch.bash', 'README.zh-CN.md'])
      expect(existsSync(join(at, file)), file).toBe(true);
  });

  it('names the Node that is tried here as its oldest', () => {
    const { engines } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { engines: { node: string } };
    expect(`${engines.node}.0`).toBe(`>=${oldest}`);
  });

  it.each([
    ['the Node of development', () => process.execPath, process.version],
    ['the oldest Node that it names', () => commandPath('oldest-node'), `v${oldest}`],
  ])('runs on %s: version, check, init, doctor, and a whole demo', async (_, node, version) => {
    const mirrorwatch = (...words: string[]) =>
      run(node(), [join(at, 'dist/main.js'), ...words], { cwd: join(folder, 'empty') });
    const told = await mirrorwatch('--version');
    expect([told.code, told.stdout], told.stderr).toEqual([0, `mirrorwatch 0.1.0 (node ${version})\n`]);
    const check = await mirrorwatch('check', '--config', join(at, 'examples/minimal.yaml'));
    expect([check.code, check.stdout.includes('2 mirrors')], check.stderr).toEqual([0, true]);
    const init = await mirrorwatch('init', `${version}.yaml`, '--yes', '--ecosystem', 'npm', '--home', folder);
    expect([init.code, init.stdout.includes('mirrors:')], init.stderr).toEqual([0, true]);
    const doctor = await mirrorwatch('doctor', '--json', '--home', folder, '--root', folder);
    expect(Array.isArray(JSON.parse(doctor.stdout).traps), doctor.stderr).toBe(true);
    const demo = await mirrorwatch('demo', '--once');
    expect(demo.code, demo.stderr).toBe(0);
    // The oldest Node warns of its own SQLite.
    expect(demo.stderr.replace(/^\(node:\d+\) ExperimentalWarning: SQLite.*\n\(Use `.*` to show where .*\n/, '')).toBe(
      '',
    );
    expect(demo.stdout).toMatch(/ slowed +mirror near now responds 900 ms later\n/);
    expect(demo.stdout).toMatch(/\n +export GOPROXY='http:\/\/127\.0\.0\.1:\d+,http:\/\/127\.0\.0\.1:\d+,direct'\n/);
    expect(demo.stdout).toMatch(/ webhook +mirror\.advice received, its signature verified\n/);
  });
});

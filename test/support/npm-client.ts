import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { patienceMs } from './patience.ts';
import { type CommandResult, nowhere, run, sealedEnv } from './process.ts';

/** What an npm under test is told about the world. */
export interface NpmEnvOptions {
  /** Its home, cache and settings; a fresh one is a client without memory. */
  readonly dir: string;
  /** The registry of its user settings. */
  readonly registry: string;
  /** Lines for a shell that come on top, as a remedy has them: `export NAME='…'`. */
  readonly exports?: string;
  /** How often it asks again. Default 0: npm itself waits 10 s and 60 s in between. */
  readonly retries?: number;
  /** Default: the patience of the tests. */
  readonly fetchTimeoutMs?: number;
}

/** The environment of an npm that knows nothing of this machine's settings and reaches nothing but this machine. */
export function sealedNpmEnv(options: NpmEnvOptions): Readonly<Record<string, string | undefined>> {
  const inherited = Object.keys(process.env).filter((name) => /^(p?npm_|yarn_|node_options)/i.test(name));
  writeFileSync(
    join(options.dir, 'user.npmrc'),
    [
      `registry=${options.registry}`,
      `cache=${join(options.dir, 'cache')}`,
      `fetch-retries=${options.retries ?? 0}`,
      'fetch-retry-mintimeout=50',
      'fetch-retry-maxtimeout=100',
      `fetch-timeout=${options.fetchTimeoutMs ?? patienceMs}`,
      'audit=false',
      'fund=false',
      'update-notifier=false',
      'ignore-scripts=true',
      `https-proxy=${nowhere}`,
      `proxy=${nowhere}`,
      'noproxy=127.0.0.1',
      '',
    ].join('\n'),
  );
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    ...Object.fromEntries(
      [...(options.exports ?? '').matchAll(/^export ([A-Za-z_]+)='([^']*)'$/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    ),
    HOME: options.dir,
    npm_config_userconfig: join(options.dir, 'user.npmrc'),
    npm_config_globalconfig: join(options.dir, 'global.npmrc'),
    ...sealedEnv(),
  };
}

/** What the real npm said about an installation, and what it installed. */
export interface NpmInstalled extends CommandResult {
  /** The version that lies in `node_modules`; `null`: none. */
  readonly version: string | null;
  /** `E404`, `ECONNREFUSED`…: npm's own word for its failure; `null` without one. */
  readonly errorCode: string | null;
  /** The package-lock.json afterwards; `null`: none. */
  readonly lock: string | null;
}

/**
 * Has the real npm install one package, with nothing in its cache and no way out of this machine. Never throws: a failed
 * installation is its code and what it wrote.
 * @param npmrc  the project's own `.npmrc`; absent: none
 * @param lock   its package-lock.json, installed as it stands (`npm ci`); absent: none
 * @param args   further arguments
 */
export async function npmInstall(
  name: string,
  options: Omit<NpmEnvOptions, 'dir'> & {
    readonly npmrc?: string;
    readonly lock?: string;
    readonly args?: readonly string[];
    /** `npm12`: that of `.ci/provision`. Default: that of this machine. */
    readonly command?: 'npm' | 'npm12';
    /** The versions of the package that may be installed; default: the tag `latest`. */
    readonly range?: string;
    /** A command of npm after the installation, such as `audit signatures`: the result is that of this command. */
    readonly then?: readonly string[];
    /** After which it is killed. Default: the patience of the tests. */
    readonly timeoutMs?: number;
  },
): Promise<NpmInstalled> {
  const dir = tempDir('npm-client');
  try {
    const dependencies = options.lock === undefined ? {} : requiredBy(options.lock);
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'client', private: true, dependencies }));
    if (options.npmrc !== undefined) writeFileSync(join(dir, '.npmrc'), options.npmrc);
    if (options.lock !== undefined) writeFileSync(join(dir, 'package-lock.json'), options.lock);
    const env = sealedNpmEnv({ ...options, dir });
    const { command = 'npm', range, then } = options;
    const what = options.lock === undefined ? ['install', range === undefined ? name : `${name}@${range}`] : ['ci'];
    const args = [...what, '--loglevel=error', ...(options.args ?? [])];
    const limit = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
    const installation = await run(commandPath(command), args, { cwd: dir, env, ...limit });
    const result = then === undefined ? installation : await run(commandPath(command), then, { cwd: dir, env });
    const file = join(dir, 'node_modules', name, 'package.json');
    const installed = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }) : null;
    const lockFile = join(dir, 'package-lock.json');
    const lock = existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : null;
    const [, errorCode = null] = /npm error code (\S+)/.exec(result.stderr) ?? [];
    return { ...result, version: installed?.version ?? null, errorCode, lock };
  } finally {
    removeTempDir(dir);
  }
}

function requiredBy(lock: string): object {
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, { dependencies?: object }>> };
  return packages['']?.dependencies ?? {};
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sealedNpmEnv } from './npm-client.ts';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { type CommandResult, run } from './process.ts';

/** The real clients of npm registries beside npm, by the command of `.ci/provision`. `11`, `10` and `1`: the older kinds. */
export type PnpmOrYarn = 'pnpm' | 'pnpm11' | 'pnpm10' | 'yarn' | 'yarn1';

/** What such a client is told of the world. */
export interface InstallOptions {
  /** The registry of its user settings. */
  readonly registry: string;
  /** Lines for a shell that come on top, as a remedy has them: `export NAME='…'`. */
  readonly exports?: string;
  /** Files of the project by name, such as `.npmrc` or a lock file; one in `~/` is of the user's home. */
  readonly files?: Readonly<Record<string, string>>;
  /** A command of the client's own that goes before, such as `config set registry …`. */
  readonly before?: readonly string[];
  /** The versions of the package that may be added; default: the tag `latest`. */
  readonly range?: string;
  /** A command of the client's own after the installation, such as `audit signatures`: the result is that of this command. */
  readonly then?: readonly string[];
  /** Installs the project as its lock file in `files` has it, in place of adding the package. */
  readonly isLocked?: boolean;
  /** Default: its own, minutes. */
  readonly fetchTimeoutMs?: number;
  /** After which it is killed. Default: the patience of the tests. */
  readonly timeoutMs?: number;
}

/** What it said, and what it installed. */
export interface Installed extends CommandResult {
  /** The version that lies in `node_modules`; `null`: none. */
  readonly version: string | null;
  /** Its lock file afterwards; `null`: none. */
  readonly lock: string | null;
}

/** Where each keeps what it locked. */
export const lockFiles = {
  pnpm: 'pnpm-lock.yaml',
  pnpm11: 'pnpm-lock.yaml',
  pnpm10: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
  yarn1: 'yarn.lock',
} as const satisfies Record<PnpmOrYarn, string>;

const lockedArgs = {
  pnpm: ['install', '--frozen-lockfile'],
  pnpm11: ['install', '--frozen-lockfile'],
  pnpm10: ['install', '--frozen-lockfile'],
  yarn: ['install', '--immutable'],
  yarn1: ['install', '--frozen-lockfile', '--non-interactive', '--no-progress'],
} as const satisfies Record<PnpmOrYarn, readonly string[]>;

const addArgs = {
  pnpm: ['add'],
  pnpm11: ['add'],
  pnpm10: ['add'],
  yarn: ['add'],
  yarn1: ['add', '--non-interactive', '--no-progress'],
} as const satisfies Record<PnpmOrYarn, readonly string[]>;

/** What yarn from 2 on has in its own settings: plain http is allowed to this machine alone. */
const yarnSettings = ({ registry, fetchTimeoutMs }: InstallOptions): string =>
  [
    `npmRegistryServer: "${registry}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    'httpRetry: 0',
    ...(fetchTimeoutMs === undefined ? [] : [`httpTimeout: ${fetchTimeoutMs}`]),
    'enableTelemetry: false',
    'enableGlobalCache: false',
    'enableImmutableInstalls: false',
    'nodeLinker: node-modules',
    '',
  ].join('\n');

/** What pnpm up to 10 and yarn 1 have in npm's; no proxy, whose exceptions yarn 1 does not read here. */
function npmSettings({ registry, fetchTimeoutMs }: InstallOptions): string {
  const limit = fetchTimeoutMs === undefined ? [] : [`fetch-timeout=${fetchTimeoutMs}`];
  return [`registry=${registry}`, 'fetch-retries=0', ...limit, ''].join('\n');
}

/**
 * Has a real pnpm or yarn install one package in a home without memory and without a way out of this machine. It asks a
 * registry once where it can be told to; yarn 1 cannot. Never throws: a failed installation is its code and what it wrote.
 */
export async function pnpmOrYarn(client: PnpmOrYarn, name: string, options: InstallOptions): Promise<Installed> {
  const home = tempDir(client);
  const project = join(home, 'project');
  try {
    mkdirSync(project);
    const { registry, exports, fetchTimeoutMs, files = {} } = options;
    const npmEnv = sealedNpmEnv({
      dir: home,
      registry,
      ...(exports === undefined ? {} : { exports }),
      ...(fetchTimeoutMs === undefined ? {} : { fetchTimeoutMs }),
    });
    const dependencies = options.isLocked === true ? { [name]: '^1.0.0' } : {};
    const written = {
      '~/.npmrc': npmSettings(options),
      '~/.yarnrc.yml': yarnSettings(options),
      'package.json': JSON.stringify({ name: 'client', private: true, dependencies }),
      ...(client === 'yarn' ? { 'yarn.lock': '' } : {}),
      ...files,
    };
    for (const [file, text] of Object.entries(written))
      writeFileSync(file.startsWith('~/') ? join(home, file.slice(2)) : join(project, file), text);
    const env = {
      ...npmEnv,
      npm_config_userconfig: undefined,
      ...Object.fromEntries(['CONFIG', 'DATA', 'CACHE', 'STATE'].map((kind) => [`XDG_${kind}_HOME`, join(home, kind)])),
      // From 11 on pnpm reads these nowhere else that we would not have to merge.
      pnpm_config_fetch_retries: '0',
      ...(fetchTimeoutMs === undefined ? {} : { pnpm_config_fetch_timeout: `${fetchTimeoutMs}` }),
      CI: '1',
      // Yarn 1 keeps compiled code in one folder for all its processes. Node 24 then crashes now and then ("unreachable code").
      DISABLE_V8_COMPILE_CACHE: '1',
    };
    const told = { cwd: project, env };
    if (options.before !== undefined) await run(commandPath(client), options.before, told);
    const added = options.range === undefined ? name : `${name}@${options.range}`;
    const args = options.isLocked === true ? lockedArgs[client] : [...addArgs[client], added];
    const limit = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
    const installed = await run(commandPath(client), args, { ...told, ...limit });
    const result = options.then === undefined ? installed : await run(commandPath(client), options.then, told);
    const manifest = textOf(join(project, 'node_modules', name, 'package.json'));
    const version = manifest === null ? null : (JSON.parse(manifest) as { version: string }).version;
    return { ...result, version, lock: textOf(join(project, lockFiles[client])) };
  } finally {
    removeTempDir(home);
  }
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

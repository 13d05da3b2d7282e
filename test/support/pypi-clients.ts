import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { type CommandResult, nowhere, run, sealedEnv } from './process.ts';

/** What is set for a client of Python packages; nothing else of the environment steers it. */
export type PypiClientEnv = Readonly<Record<string, string>>;

/** Settings files of a client by name: `pip.conf`, or the `uv.toml` or `pyproject.toml` of the folder that it runs in. */
export type PypiClientFiles = Readonly<Record<string, string>>;

/** Writes the files and returns what makes the client read them; with none, it reads no settings. */
function settingsEnv(dir: string, files: PypiClientFiles): Readonly<Record<string, string | undefined>> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return {
    ...('pip.conf' in files ? { PIP_CONFIG_FILE: join(dir, 'pip.conf') } : {}),
    ...('uv.toml' in files || 'pyproject.toml' in files ? { UV_NO_CONFIG: undefined } : {}),
  };
}

/** The environment of a client that can reach nothing but this machine, with no settings, no cache and no memory. */
function sealed(home: string, own: PypiClientEnv): Readonly<Record<string, string | undefined>> {
  const steering = Object.keys(process.env).filter((name) => /^(PIP|UV)_/i.test(name));
  return {
    ...Object.fromEntries(steering.map((name) => [name, undefined])),
    HOME: home,
    XDG_CONFIG_HOME: home,
    PIP_CONFIG_FILE: '/dev/null',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_RETRIES: '0',
    PIP_TIMEOUT: '60',
    UV_NO_CONFIG: '1',
    UV_HTTP_RETRIES: '0',
    UV_HTTP_TIMEOUT: '60',
    UV_PYTHON_DOWNLOADS: 'never',
    ...sealedEnv('127.0.0.1,localhost'),
    ALL_PROXY: nowhere,
    ...own,
  };
}

/**
 * Has the real pip download projects with an empty cache, as a build does where nobody can type. Never throws: a failed
 * download is its code and what it wrote.
 * @param projects  as `tiny==1.0`
 */
export async function pipDownload(
  projects: readonly string[],
  env: PypiClientEnv,
  files: PypiClientFiles = {},
): Promise<CommandResult> {
  const dir = tempDir('pip');
  try {
    const args = ['download', '--no-cache-dir', '--no-deps', '-d', dir, ...projects];
    return await run(commandPath('pip'), args, { cwd: dir, env: { ...sealed(dir, env), ...settingsEnv(dir, files) } });
  } finally {
    removeTempDir(dir);
  }
}

/** The same of the real uv, which installs into a folder of its own. */
export async function uvInstall(
  projects: readonly string[],
  env: PypiClientEnv,
  files: PypiClientFiles = {},
): Promise<CommandResult> {
  const dir = tempDir('uv');
  try {
    const args = [
      'pip',
      'install',
      '--no-cache',
      '--python',
      commandPath('python3'),
      '--target',
      `${dir}/t`,
      ...projects,
    ];
    return await run(commandPath('uv'), args, { cwd: dir, env: { ...sealed(dir, env), ...settingsEnv(dir, files) } });
  } finally {
    removeTempDir(dir);
  }
}

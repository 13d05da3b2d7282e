import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultConfigText } from '../config/default-config.ts';
import { formatIssues } from '../config/format-issues.ts';
import { kinds } from '../config/kinds.ts';
import { renderKnownConfig } from '../config/known-config.ts';
import type { DaemonKeys, Loaded } from '../config/load.ts';
import { loadConfigSlowly, loadDaemonKeysSlowly, type SlowLoadInput } from '../config/load-slowly.ts';
import { fileNameTextOf } from '../config/seen.ts';
import { type ConfigIssue, issueOf } from '../core/config.ts';
import type { Kind } from '../core/kind.ts';
import type { EcosystemId } from '../core/mirror.ts';
import { error, ok, type Result } from '../core/result.ts';
import { maskName } from '../core/secret.ts';
import { createFilesBelow, expand, systemFiles, systemTimers } from '../daemon/machine.ts';
import { phrase } from '../words/tell.ts';
import type { Context } from './context.ts';
import { Failed, UsageError } from './usage.ts';

/** The value of `source` if the configuration comes from no file. */
export const builtInSource = 'built-in default';

/** The name of the configuration that is found in the working folder. */
const foundName = 'mirrorwatch.yaml';

/** Returns the file that `--config` or the environment names; `undefined`: neither names one. */
export function readConfigName({ env }: Pick<Context, 'env'>, flag: string | undefined): string | undefined {
  return flag ?? (env['MIRRORWATCH_CONFIG'] || undefined);
}

/** Says on standard error that the configuration that is found in the working folder is not used, if there is one. */
export async function warnOfUnusedConfig(
  { cwd, terminal, say }: Pick<Context, 'cwd' | 'terminal' | 'say'>,
  message: 'daemon.found' | 'doctor.foreign' | 'undo.foreign',
): Promise<void> {
  const found = await systemFiles.read(resolve(cwd, foundName));
  if (found.tag === 'ok') terminal.err(say(message, { file: foundName }));
}

export interface LoadedConfig extends Loaded {
  /** The path of the file, or `builtInSource`. */
  readonly source: string;
}

/** Why a configuration could not be loaded. `text`: the issues as text for people. */
export interface LoadFailure {
  readonly source: string;
  readonly issues: readonly ConfigIssue[];
  readonly text: string;
}

interface LoadOptions {
  /** The ecosystem that the command is about. If set, its known mirrors replace the built-in default. */
  readonly about?: EcosystemId;
  /** Returns sizes of responses that were measured before, to compute the load on hosts. */
  readonly sizes?: SlowLoadInput['sizes'];
  /** True: a configuration that is found in the working folder may use the environment and files outside this folder. */
  readonly trustsFound?: boolean;
}

/**
 * Loads the configuration from the first of these: `--config`, `MIRRORWATCH_CONFIG`, `./mirrorwatch.yaml`, the built-in
 * default. The default is used only if `./mirrorwatch.yaml` does not exist. That file may be a stranger's, so it gets
 * neither variables of the environment nor files, except lock files in its folder, unless the command trusts it.
 */
export async function load(
  context: Pick<Context, 'env' | 'cwd' | 'say'>,
  flag: string | undefined,
  { about, sizes, trustsFound = false }: LoadOptions = {},
): Promise<Result<LoadedConfig, LoadFailure>> {
  const found = await findText(context, flag);
  if (found.tag === 'error') return found;
  const { text, path } = found.value;
  const known = path === null && about !== undefined ? renderKnownConfig(about) : null;
  const isForeign = !trustsFound && readConfigName(context, flag) === undefined;
  return loadText(context, known ?? text, path, { sizes, isForeign });
}

/**
 * Loads the configuration as `load` does, for a command that cannot work without one. @throws Failed with the issues
 */
export async function loadNeeded(...of: Parameters<typeof load>): Promise<LoadedConfig> {
  const loaded = await load(...of);
  if (loaded.tag === 'error') throw new Failed(loaded.error.text, 2);
  return loaded.value;
}

/**
 * Loads only the sections `listen` and `state` of the configuration that `load` would load. If another part of the file
 * has a mistake, one line on standard error says so. `state` is `null` if it has a mistake, or cannot be found.
 */
export async function loadDaemonConfig(
  context: Pick<Context, 'env' | 'cwd' | 'say' | 'terminal'>,
  flag: string | undefined,
): Promise<Result<DaemonKeys, LoadFailure>> {
  const found = await findText(context, flag);
  if (found.tag === 'error') return found;
  const { text, path } = found.value;
  const loaded = await loadText(context, text, path);
  if (loaded.tag === 'ok') return ok(loaded.value.config);
  const keys = await loadDaemonKeysSlowly({ text, path, env: context.env, cwd: context.cwd, files: systemFiles });
  if (keys === null) return loaded;
  context.terminal.err(context.say('daemon.mistakes', { source: maskName(loaded.error.source) }));
  return ok(keys);
}

/**
 * Returns the text of the configuration file that `load` would read, or the built-in default if there is no file.
 * `path` is `null` for the built-in default.
 */
export async function findText(
  context: Pick<Context, 'env' | 'cwd' | 'say'>,
  flag: string | undefined,
): Promise<Result<{ readonly text: string; readonly path: string | null }, LoadFailure>> {
  const named = readConfigName(context, flag);
  const path = resolve(context.cwd, named ?? foundName);
  const file = await systemFiles.read(path);
  if (file.tag === 'ok') return ok({ text: file.text, path });
  if (named === undefined && file.code === 'ENOENT') return ok({ text: defaultConfigText, path: null });
  const issue = issueOf(phrase('expected.file'), file.code);
  const shown = maskName(path);
  return error({ source: shown, issues: [issue], text: formatIssues([issue], shown, context.say) });
}

const savedMs = 250;
const savedTries = 20;

/**
 * Reads the configuration for a reload until two reads in a row are equal, but at most `savedTries` times. If two reads
 * differ, an editor may still be writing the file, and an incomplete text can be valid.
 * @param source  the source of the running configuration. If it is a file that is missing now, the built-in default
 * does not replace it.
 * @param wait    waits between two reads
 */
export async function findSavedText(
  context: Pick<Context, 'env' | 'cwd' | 'say'>,
  flag: string | undefined,
  source: string,
  wait = () => new Promise<void>((resolve) => void systemTimers.after(savedMs, resolve)),
): ReturnType<typeof findText> {
  const read = (): ReturnType<typeof findText> => findText(context, source === builtInSource ? flag : source);
  let found = await read();
  for (let tries = 1; tries < savedTries; tries += 1) {
    const before = found;
    await wait();
    found = await read();
    if (isDeepStrictEqual(found, before)) break;
  }
  return found;
}

export async function loadText(
  context: Pick<Context, 'env' | 'cwd' | 'say'>,
  text: string,
  path: string | null,
  { sizes, isForeign = false }: { readonly sizes?: SlowLoadInput['sizes']; readonly isForeign?: boolean } = {},
): Promise<Result<LoadedConfig, LoadFailure>> {
  const source = path ?? builtInSource;
  const { env, cwd, say } = context;
  const limited = isForeign && path !== null ? { files: createFilesBelow(dirname(path)), namedEnv: {} } : null;
  const own = { text, path, env, cwd, files: systemFiles, expand, ...limited };
  const read = await loadConfigSlowly(sizes === undefined ? own : { ...own, sizes });
  if (read.tag === 'error') {
    const issues = formatIssues(read.error, path, say);
    const shown = limited === null ? issues : `${issues}\n${say('load.foreign', { file: foundName })}`;
    return error({ source, issues: read.error, text: shown });
  }
  return ok({ ...read.value, source });
}

/**
 * Returns the ecosystem that `--ecosystem` names; without the option, the first ecosystem.
 * @param more  further words that the caller accepts, to list them in the error message
 * @throws UsageError on an unknown word
 */
export function kindByWord(word: string | undefined, more: readonly string[] = []): Kind {
  const found = word === undefined ? kinds[0] : kinds.find(({ id }) => id === word);
  if (found !== undefined) return found;
  const list = [...kinds.map(({ id }) => id), ...more].join(', ');
  throw new UsageError('wrong.oneOf', { option: 'ecosystem', list, word: String(word) });
}

/** Reads the file that an option names, without white space at its ends. @throws UsageError if it cannot be read */
export async function readOptionFile({ cwd }: Pick<Context, 'cwd'>, option: string, path: string): Promise<string> {
  const file = await systemFiles.read(resolve(cwd, path));
  if (file.tag === 'error')
    throw new UsageError('wrong.unreadable', { option, file: fileNameTextOf(path), code: file.code });
  return file.text.trim();
}

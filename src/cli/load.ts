import { resolve } from 'node:path';
import { defaultConfigText } from '../config/default-config.ts';
import { formatIssues } from '../config/format-issues.ts';
import { loadConfigSlowly } from '../config/load-slowly.ts';
import type { SkippedLockEntry } from '../config/lock-file.ts';
import type { Config, ConfigIssue } from '../core/config.ts';
import { error, ok, type Result } from '../core/result.ts';
import { expand, systemFiles } from '../daemon/system.ts';
import type { Context } from './context.ts';

/** A configuration and where it came from. */
export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly ConfigIssue[];
  readonly skippedLockEntries: readonly SkippedLockEntry[];
  /** For people: the path, or `built-in default`. */
  readonly source: string;
}

/** What could not be loaded, and the issues as text for a terminal. */
export interface LoadFailure {
  readonly source: string;
  readonly issues: readonly ConfigIssue[];
  readonly text: string;
}

/**
 * Finds the configuration: `--config`, `MIRRORWATCH_CONFIG`, `./mirrorwatch.yaml`, then the built-in default.
 * A named file that can't be read is an issue; only the absence of `./mirrorwatch.yaml` leads on to the default.
 */
export async function load(
  context: Pick<Context, 'env' | 'cwd'>,
  flag: string | undefined,
): Promise<Result<Loaded, LoadFailure>> {
  const named = flag ?? context.env['MIRRORWATCH_CONFIG'];
  const path = resolve(context.cwd, named ?? 'mirrorwatch.yaml');
  const file = await systemFiles.read(path);
  if (file.tag === 'ok') return loadText(context, file.text, path);
  if (named === undefined && file.code === 'ENOENT') return loadText(context, defaultConfigText, null);
  const issue: ConfigIssue = {
    severity: 'error',
    path: '',
    line: null,
    column: null,
    seen: file.code,
    expected: 'a configuration file that can be read',
    nearest: null,
  };
  return error({ source: path, issues: [issue], text: formatIssues([issue], path) });
}

/** Parses and checks one text; `path` is `null` for texts that are no file. */
export async function loadText(
  context: Pick<Context, 'env' | 'cwd'>,
  text: string,
  path: string | null,
): Promise<Result<Loaded, LoadFailure>> {
  const source = path ?? 'built-in default';
  const read = await loadConfigSlowly({ text, path, env: context.env, files: systemFiles, cwd: context.cwd, expand });
  if (read.tag === 'error') return error({ source, issues: read.error, text: formatIssues(read.error, path) });
  return ok({ ...read.value, source });
}

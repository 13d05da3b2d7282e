import { isAbsolute, resolve } from 'node:path';
import { type Config, type ConfigIssue, issueOf, type Listen } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Files } from '../core/ports.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import type { LockReader, Locks, SkippedLockEntry } from '../ecosystems/locks.ts';
import { registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { checkBudget, type Sizes } from './budget.ts';
import { type Checked, checkDocument, valueAt } from './check.ts';
import { readDocument, type SourceDocument } from './document.ts';
import { comparePlaces } from './format-issues.ts';
import { createReading, type Env, type Path, type ReaderOf, type Reading, type Report } from './reading.ts';
import { buildConfig, type FileConfig, readState } from './schema.ts';
import { warnOfUnknownMembers } from './sections/clients.ts';
import { warnOfNoControl } from './sections/controls.ts';
import { readListen } from './sections/listen.ts';
import { warnOfGuardedReceivers } from './sections/webhooks.ts';
import { pathTextOf, seenTextOf } from './seen.ts';

export type { SkippedLockEntry } from '../ecosystems/locks.ts';

export interface LoadInput {
  readonly text: string;
  /**
   * The path of the file; `null`: the text comes from no file. Relative file names in the text are relative to the
   * folder of this path.
   */
  readonly path: string | null;
  readonly env: Env;
  /** The variables that `${NAME}` in the text may name; absent: those of `env`. */
  readonly namedEnv?: Env;
  readonly files: Files;
  /**
   * The folder for relative names. A relative `path` is relative to this folder; absent: to `/`. If `path` is `null`,
   * the file names in the text are relative to this folder; absent: they stay relative.
   */
  readonly cwd?: string;
  /** Returns the targets of a configuration. Absent: the load on hosts is not checked. */
  readonly expand?: (config: Config) => readonly Target[];
  /** Returns sizes of responses that were measured before, to compute the load on hosts. */
  readonly sizes?: (config: Config) => Sizes;
  /** Returns a loaded reader of lock files. Absent: only readers that need no library are available. */
  readonly readerOf?: ReaderOf;
}

export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly ConfigIssue[];
  readonly skippedLockEntries: readonly SkippedLockEntry[];
}

/**
 * Loads a configuration. If it has mistakes, the error lists them in the order of the file.
 * @throws Error without `readerOf`, if a lock file needs a reader that is not loaded: use `loadConfigSlowly`
 */
export function loadConfig(input: LoadInput): Result<Loaded, readonly ConfigIssue[]> {
  const opened = openFile(input);
  if (opened.tag === 'error') return opened;
  const { file, reading, report, mistakes } = opened.value;
  const { config, modules } = buildConfig(file, input.path, reading);
  warnOfNoControl(config, report);
  warnOfUnknownMembers(config, report);
  warnOfGuardedReceivers(config, report);
  if (input.expand !== undefined && !mistakes().some((issue) => isUnder(keysOfPlan, issue)))
    checkBudget(config, input.expand(config), input.sizes?.(config) ?? new Map(), report);
  if (mistakes().length > 0) return error(mistakes());
  const warnings = report.issues.filter(({ severity }) => severity === 'warning').toSorted(comparePlaces);
  return ok({ config, warnings, skippedLockEntries: modules.skipped });
}

/** The sections by which a command reaches the daemon. */
export interface DaemonKeys {
  readonly listen: Listen;
  /** `null`: the section has a mistake, or cannot be found. */
  readonly state: Pick<Config['state'], 'path'> | null;
}

/**
 * Loads only the sections `listen` and `state`. If the file cannot be parsed, the lines of each section are parsed alone.
 * `null`: the section `listen` has a mistake, or cannot be found.
 */
export function loadDaemonKeys(input: LoadInput): DaemonKeys | null {
  const listen = loadSection(input, 'listen', ({ listen: own }, reading) =>
    readListen(['listen'], own, 'daemon', reading),
  );
  return listen && { listen, state: loadSection(input, 'state', ({ state }, reading) => readState(state, reading)) };
}

function loadSection<T>(input: LoadInput, key: string, read: (file: FileConfig, reading: Reading) => T): T | null {
  const isBroken = isTooLarge(input.text) || readDocument(input.text, input.namedEnv ?? input.env).document === null;
  const text = isBroken ? sectionTextIn(input.text, key) : input.text;
  const opened = text === null ? null : openFile({ ...input, text });
  if (opened?.tag !== 'ok' || opened.value.isSpoilt(key)) return null;
  const { file, reading, report } = opened.value;
  const section = read(file, reading);
  return report.issues.some(({ severity }) => severity === 'error') ? null : section;
}

function isTooLarge(text: string): boolean {
  return Buffer.byteLength(text) > limits.configBytes;
}

/** The lines of a section, or an empty mapping if no line names it; `null`: the section cannot be found. */
function sectionTextIn(text: string, key: string): string | null {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(key) && /^\s*:/.test(line.slice(key.length)));
  if (from < 0) return text.includes(key) ? null : '{}';
  const length = lines.slice(from + 1).findIndex((line) => /^[^\s#]/.test(line));
  return lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** Parses a file and checks it against the schema. The error lists its mistakes if no section can be read. */
function openFile(input: LoadInput) {
  if (isTooLarge(input.text)) {
    const most = phrase('expected.bytes', { bytes: limits.configBytes });
    return error([issueOf(most, phrase('load.seenSize', { count: Buffer.byteLength(input.text) }))]);
  }
  const { document, issues: unread } = readDocument(input.text, input.namedEnv ?? input.env);
  if (document === null) return error(distinct(unread, []));
  const { readerOf = readerAtOnce } = input;
  const checked = checkDocument(document);
  const report = createReport(document, checked);
  for (const { at, id } of checked.former)
    report.warning(['mirrors', at, 'profile'], phrase('expected.ecosystemNow', { id }));
  const mistakes = (): ConfigIssue[] =>
    distinct(unread, [...checked.issues, ...report.issues.filter(({ severity }) => severity === 'error')]);
  if (checked.file === null) return error(mistakes());
  const { path, files, env, cwd = null } = input;
  const reading = createReading({ files, env, readerOf, report, resolve: resolverOf(path, cwd) });
  const isSpoilt = (key: string): boolean => checked.isSpoilt([key]) || unread.some((issue) => isUnder([key], issue));
  return ok({ file: checked.file, reading, report, mistakes, isSpoilt });
}

/** True if an issue is about one of these sections, or about the file as a whole. */
function isUnder(keys: readonly string[], { path }: ConfigIssue): boolean {
  return path === '' || keys.includes(/^\w+/.exec(path)?.[0] ?? '');
}

/** The sections that decide which requests are planned. */
const keysOfPlan = ['schedule', 'steps', 'mirrors', 'modules', 'private', ...registry.ids];

/** Returns the issues without duplicates, in the order of the file. */
function distinct(unread: readonly ConfigIssue[], found: readonly ConfigIssue[]): ConfigIssue[] {
  const paths = new Set(unread.map(({ path }) => path).filter((path) => path !== ''));
  const issues = [...unread, ...found.filter(({ path }) => !paths.has(path))];
  const unique = new Map(
    issues.map((issue) => [JSON.stringify([issue.line, issue.column, issue.path, issue.seen, issue.expected]), issue]),
  );
  return [...unique.values()].toSorted(comparePlaces);
}

function readerAtOnce(locks: Locks): LockReader {
  const reader = locks.reader();
  if (typeof reader !== 'function') throw new Error('a lock file whose reader is still to be loaded');
  return reader;
}

function resolverOf(path: string | null, cwd: string | null): (name: string) => string {
  const folder = path === null ? cwd : resolve(cwd ?? '/', path, '..');
  return (name) => (isAbsolute(name) || folder === null ? name : resolve(folder, name));
}

/**
 * Creates a report of issues. It leaves out issues that are only a consequence of mistakes that are already reported.
 */
function createReport(document: SourceDocument, checked: Checked): Report {
  const issues: ConfigIssue[] = [];
  const add =
    (severity: 'error' | 'warning'): Report['error'] =>
    (path, expected, more) => {
      const original = checked.original(path);
      const judged = more?.by === undefined ? [path] : more.by.map((key) => [...path, key]);
      if ([...judged, ...(more?.needs ?? [])].some((each) => checked.isSpoilt(checked.original(each)))) return null;
      const place = document.placeOf(original);
      issues.push({
        severity,
        path: pathTextOf(original),
        line: place?.line ?? null,
        column: place?.column ?? null,
        seen: more?.seen !== undefined ? more.seen : seenAt(document, original, more?.usual),
        expected,
        nearest: null,
      });
      return null;
    };
  return { error: add('error'), warning: add('warning'), issues };
}

function seenAt(document: SourceDocument, path: Path, usual?: string): Sentence | string | null {
  const value = valueAt(document.data, path) ?? usual;
  return value === undefined ? null : seenTextOf(document.writtenAt(path) ?? value, path);
}

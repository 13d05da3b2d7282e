import { join, relative } from 'node:path';
import type { Machine, MachineSurroundings, SettingPlace } from '../../core/trap.ts';
import { phrase } from '../../words/tell.ts';
import { configFolderOf, type FileLine, foldersFrom, readLines, removeQuotes } from '../doctor.ts';
import { matchesParts } from '../globs.ts';
import { fieldsOf, memberIn, parseFields } from '../parse-json.ts';

/**
 * Where a setting is. `environment` to `builtin` are the sources that npm reads, strongest first. `shell`: a file that
 * shells read. `pnpm` and `yarn`: a file of that client alone.
 */
type NpmLevel = 'environment' | 'project' | 'user' | 'global' | 'builtin' | 'shell' | 'pnpm' | 'yarn';

export interface NpmSetting {
  /**
   * The key as in .npmrc (`registry`, `strict-ssl`, `@corp:registry`, `//host/:_authToken`), or the name in
   * `tlsVariable`.
   */
  readonly key: string;
  readonly value: string;
  readonly level: NpmLevel;
  readonly place: SettingPlace;
  /** The whole line in the file; `null` for a variable, and for a file that shells read. */
  readonly line: string | null;
}

export interface NpmFound {
  readonly settings: readonly NpmSetting[];
  /** The scopes of the packages in the nearest package.json, each with the first package of the scope. */
  readonly scopes: readonly {
    readonly scope: string;
    readonly name: string;
    readonly file: string;
    readonly line: number;
  }[];
  readonly privatePatterns: readonly string[];
  readonly home: string;
}

export async function findNpm({ machine, assignments, privatePatterns }: MachineSurroundings): Promise<NpmFound> {
  const { env, home } = machine;
  const nearest = await packageOf(machine);
  const project = await projectOf(machine, nearest);
  const [own, user] = [join(project, '.npmrc'), userFileOf(machine)];
  const files: (readonly [NpmLevel, string])[] = [
    ...(own === user ? [] : [['project', own] as const]),
    ['user', user],
    ...globals(machine).map((file) => ['global', file] as const),
    ...builtins.map((file) => ['builtin', machine.system(file)] as const),
  ];
  const settings = environment(env);
  for (const [level, file] of files)
    for (const line of await readLines(machine, file)) {
      // npm ignores the sections of the file.
      if (/^\s*\[[^\]]*\]\s*$/.test(line.text)) break;
      const [key, value] = settingIn(line.text) ?? [];
      if (key !== undefined && value !== undefined)
        settings.push(settingOf(level, key, isUrl(key) ? expanded(value, env) : value, line));
    }
  settings.push(...(await pnpmIn(machine)));
  for (const folder of new Set([nearest, project, home])) settings.push(...(await yarnIn(machine, folder)));
  for (const { name, value, file, line } of assignments)
    if (name === tlsVariable && value !== null)
      settings.push({ key: name, value, level: 'shell', place: { file, line }, line: null });
  return { settings, scopes: await scopesIn(machine, nearest), privatePatterns, home };
}

/**
 * Returns the key and the value of a line, as npm reads them: quotes are removed, and a comment behind the value (`;` or
 * `#`, without a backslash before it) does not belong to it. `null`: the line has no setting.
 */
function settingIn(text: string): readonly [key: string, value: string] | null {
  const line = text.trim();
  const [quoted] = /^(?:"[^"]*"|'[^']*')(?=\s*=)/.exec(line) ?? [];
  const at = line.indexOf('=', quoted?.length);
  if (at < 1 || (quoted === undefined && /^[;#[]/.test(line))) return null;
  const [key, rest] = [line.slice(0, at).trimEnd(), line.slice(at + 1).trimStart()];
  const isQuoted = /^(["']).*\1$/.test(rest);
  const value = isQuoted ? removeQuotes(rest) : beforeComment(rest, /(?<!\\)[;#]/);
  return [removeQuotes(key), value];
}

/** Returns the value of a setting as npm's file has it, before references to variables are replaced. */
export function writtenValueOf({ line, value }: NpmSetting): string {
  return (line === null ? null : settingIn(line)?.[1]) ?? value;
}

/**
 * Returns the user's .npmrc. `npm run` sets the variable `npm_config_userconfig` to the default, the file in the folder
 * HOME. This value is ignored, because `home` may be another folder.
 */
export function userFileOf({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = environmentOf(env, 'userconfig') ?? '';
  const isUsual = named === join(env['HOME'] ?? '', '.npmrc');
  return named.startsWith('/') && !isUsual ? named : join(home, '.npmrc');
}

/** The variable that turns certificate verification off in Node.js, and so in npm, pnpm and yarn. */
export const tlsVariable = 'NODE_TLS_REJECT_UNAUTHORIZED';

const builtins = [
  '/usr/lib/node_modules/npm/npmrc',
  '/usr/local/lib/node_modules/npm/npmrc',
  '/usr/share/nodejs/npm/npmrc',
];

function globals(machine: Machine): readonly string[] {
  const { env } = machine;
  const named = environmentOf(env, 'globalconfig') ?? '';
  const prefix = environmentOf(env, 'prefix') ?? env['PREFIX'] ?? '';
  if (named.startsWith('/')) return [named];
  if (prefix.startsWith('/')) return [join(prefix, 'etc/npmrc')];
  return ['/usr/local/etc/npmrc', '/usr/etc/npmrc', '/etc/npmrc'].map((path) => machine.system(path));
}

/** Reads the variable `npm_config_<name>`; `null`: it is not set. npm ignores the case of the variable's name. */
function environmentOf(env: Machine['env'], name: string): string | null {
  const found = Object.entries(env).find(([key]) => key.toLowerCase() === `npm_config_${name}`);
  return found?.[1] ?? null;
}

function environment(env: Machine['env']): NpmSetting[] {
  return Object.entries(env).flatMap(([variable, value = '']): NpmSetting[] => {
    const [, name] = /^npm_config_(.+)$/i.exec(variable) ?? [];
    // As in npm, a leading underscore is kept, and a key for one registry (`//host/:_authToken`) is not changed.
    const plain = name?.startsWith('//') ? name : name?.toLowerCase().replaceAll(/(?!^)_/g, '-');
    const key = variable === tlsVariable ? variable : plain;
    if (key === undefined || value === '') return [];
    return [{ key, value, level: 'environment', place: { variable }, line: null }];
  });
}

/**
 * Returns the nearest folder with a package.json or a `node_modules`, upwards from the working folder; else the working
 * folder.
 */
async function packageOf(machine: Machine): Promise<string> {
  for (const folder of foldersFrom(machine.cwd)) {
    if ((await machine.read(join(folder, 'package.json'))).tag === 'ok') return folder;
    if ((await machine.list(join(folder, 'node_modules'))).tag === 'ok') return folder;
  }
  return machine.cwd;
}

/**
 * Returns the folder of the project's .npmrc: the root of the workspace that has the package, else the package's own
 * folder.
 * @see npm/cli workspaces/config/lib/index.js loadLocalPrefix
 */
async function projectOf(machine: Machine, nearest: string): Promise<string> {
  if ((await machine.read(join(nearest, 'package.json'))).tag === 'error') return nearest;
  for (const folder of foldersFrom(nearest)) {
    const read = folder === nearest ? null : await machine.read(join(folder, 'package.json'));
    if (read?.tag === 'ok' && hasWorkspace(read.text, relative(folder, nearest).split('/'))) return folder;
  }
  return nearest;
}

/**
 * True if `workspaces` of a package.json includes the folder with this relative path. The last matching glob decides.
 */
function hasWorkspace(packageJson: string, names: readonly string[]): boolean {
  const parsed = parseFields(packageJson, phrase('answer.object', { what: 'package.json' }));
  const declared = memberIn(parsed.tag === 'ok' ? parsed.value : null, 'workspaces');
  const globs = Array.isArray(declared) ? declared : memberIn(fieldsOf(declared), 'packages');
  if (!Array.isArray(globs) || names.includes('node_modules')) return false;
  const partsOf = (glob: string): readonly string[] => glob.split('/').filter((part) => part !== '' && part !== '.');
  const last = globs.map(String).findLast((glob) => matchesFolder(partsOf(glob.replace(/^!/, '')), names));
  return last !== undefined && !last.startsWith('!');
}

/**
 * True if a glob matches a folder's path; both are split at slashes. `**` matches any number of folders, `*` any part
 * of one name.
 */
function matchesFolder(globs: readonly string[], names: readonly string[]): boolean {
  /** How many leading names the globs so far can match. `**` makes several numbers possible. */
  let ends = new Set([0]);
  for (const glob of globs) {
    const parts = glob.split('*');
    const after = (end: number): readonly number[] => {
      if (glob === '**')
        return names
          .map((_, at) => at + 1)
          .filter((at) => at > end)
          .concat(end);
      const name = names[end];
      return name !== undefined && matchesParts(parts, name) ? [end + 1] : [];
    };
    ends = new Set([...ends].flatMap(after));
  }
  return ends.has(names.length);
}

function settingOf(level: NpmLevel, key: string, value: string, { file, line, text }: FileLine): NpmSetting {
  return { key, value: removeQuotes(value), level, place: { file, line }, line: text };
}

function isUrl(key: string): boolean {
  return key === 'registry' || key.endsWith(':registry');
}

/**
 * Replaces variables as npm (`${NAME}`, `${NAME?}`) and yarn (`${NAME:-usual}`) do. If the variable of `${NAME}` is not
 * set, `${NAME}` stays as written.
 */
function expanded(value: string, env: Machine['env']): string {
  return value.replaceAll(
    /\$\{(\w+)(?:(\?)|:?-((?:[^}$]|\$(?!\{))*))?\}/g,
    (text: string, name: string, isOptional: string | undefined, usual: string | undefined) =>
      env[name] ?? usual ?? (isOptional === undefined ? text : ''),
  );
}

function beforeComment(text: string, mark: string | RegExp): string {
  return (text.split(mark, 1)[0] ?? '').trim();
}

const yarnKeys: Readonly<Record<string, string>> = { npmRegistryServer: 'registry', enableStrictSsl: 'strict-ssl' };

/** Reads the settings in a .yarnrc.yml, and returns them under npm's keys. */
async function yarnIn(machine: Machine, folder: string): Promise<readonly NpmSetting[]> {
  return (await readLines(machine, join(folder, '.yarnrc.yml'))).flatMap((line): NpmSetting[] => {
    const [, name = '', value = ''] = /^(\w+):(.*)$/.exec(line.text) ?? [];
    const key = yarnKeys[name];
    return key === undefined ? [] : [settingOf('yarn', key, expanded(beforeComment(value, '#'), machine.env), line)];
  });
}

/**
 * Reads the settings in files that only pnpm reads. The settings of the workspace come first, because they override the
 * user's settings.
 */
async function pnpmIn(machine: Machine): Promise<readonly NpmSetting[]> {
  const user = await readLines(machine, join(configFolderOf(machine), 'pnpm/config.yaml'));
  return [await workspaceOf(machine), user].flatMap(pnpmSettingsIn);
}

/** Reads the nearest workspace file of pnpm, upwards from the working folder. */
async function workspaceOf(machine: Machine): Promise<readonly FileLine[]> {
  for (const folder of foldersFrom(machine.cwd)) {
    const lines = await readLines(machine, join(folder, 'pnpm-workspace.yaml'));
    if (lines.length > 0) return lines;
  }
  return [];
}

/** Reads pnpm's registry: the key `registry`, or `default` in `registries`. */
function pnpmSettingsIn(lines: readonly FileLine[]): readonly NpmSetting[] {
  let table = '';
  return lines.flatMap((line): NpmSetting[] => {
    const [, indent = '', key = '', rest = ''] = /^(\s*)["']?([\w@-]+)["']?:(.*)$/.exec(line.text) ?? [];
    const value = beforeComment(rest, /\s#/);
    if (key !== '' && indent === '') table = key;
    const isRegistry = indent === '' ? key === 'registry' : table === 'registries' && key === 'default';
    return !isRegistry || removeQuotes(value) === '' ? [] : [settingOf('pnpm', 'registry', value, line)];
  });
}

async function scopesIn(machine: Machine, project: string): Promise<NpmFound['scopes']> {
  const found = new Map<string, NpmFound['scopes'][number]>();
  for (const { file, line, text } of await readLines(machine, join(project, 'package.json'))) {
    const [, name = '', scope = ''] = /^\s*"((@[a-z0-9~-][a-z0-9._~-]*)\/[^"]+)"\s*:/i.exec(text) ?? [];
    if (scope !== '' && !found.has(scope)) found.set(scope, { scope, name, file, line });
  }
  return [...found.values()];
}

const npmOrder: readonly NpmLevel[] = ['environment', 'project', 'user', 'global', 'builtin'];

/** Returns the settings of one key that npm reads, strongest first. */
export function placesOfKey({ settings }: NpmFound, key: string): readonly NpmSetting[] {
  return npmOrder.flatMap((level) => settings.filter((one) => one.key === key && one.level === level).slice(-1));
}

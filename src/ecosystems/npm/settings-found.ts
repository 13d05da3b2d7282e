import { join, relative } from 'node:path';
import { matchesParts } from '../../core/globs.ts';
import type { Machine, MachineSurroundings, SettingPlace } from '../../core/trap.ts';
import { npmrc } from '../../formats/npmrc.ts';
import { toml } from '../../formats/toml.ts';
import { yaml } from '../../formats/yaml.ts';
import { phrase } from '../../words/tell.ts';
import { configFolderOf, foldersFrom, plainUrlOf, readLines } from '../doctor.ts';
import { fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { type PlacedSetting, readSettingsFile, type SettingsFile } from '../settings-file.ts';

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
  /** The value as in the file, before references to variables are replaced. */
  readonly written: string;
  /** The whole line; `null`: a variable, a file that shells read, or a line that has other settings too. */
  readonly line: string | null;
}

export type NpmFound = Awaited<ReturnType<typeof findNpm>>;

/** Reads the settings of npm, pnpm and yarn, and the scopes of the packages in the nearest package.json. */
export async function findNpm(surroundings: MachineSurroundings) {
  const { assignments, privatePatterns } = surroundings;
  const nearest = await packageOf(surroundings.machine);
  const project = await projectOf(surroundings.machine, nearest);
  const machine = await withoutRedirects(surroundings.machine, project);
  const { env, home } = machine;
  const [own, user] = [join(project, '.npmrc'), userFileOf(machine)];
  const names: (readonly [NpmLevel, string])[] = [
    ...(own === user ? [] : [['project', own] as const]),
    ['user', user],
    ...globals(machine).map((file) => ['global', file] as const),
    ...builtins.map((file) => ['builtin', machine.system(file)] as const),
  ];
  const read = environment(env);
  for (const [level, name] of names) {
    const file = await readSettingsFile(machine, name, npmrc);
    // npm ignores sections. The path of a value in a section ends with its key, that of an element of a list does not.
    for (const one of file?.settings ?? [])
      if (one.value != null && typeof one.path[1] !== 'string')
        read.push(settingOf(level, expanded(String(one.path[0]), env), one, env));
  }
  // npm gives programs that it starts its settings as variables, with the values of references, which may be secrets.
  const settings = read.filter(({ key, level, value }) => {
    const other = placesOfKey(read, key).find((one) => one.level !== 'environment');
    return level !== 'environment' || other === undefined || plainUrlOf(other.value) !== plainUrlOf(value);
  });
  const files = [await workspaceOf(machine), await readSettingsFile(machine, pnpmFileOf(machine), yaml)];
  settings.push(...files.flatMap((file) => keysIn(file, 'pnpm', pnpmKeys, env)));
  for (const folder of new Set([nearest, project, home])) {
    const file = await readSettingsFile(machine, join(folder, '.yarnrc.yml'), yaml);
    files.push(file);
    settings.push(...keysIn(file, 'yarn', yarnKeys, env));
    files.push(await readSettingsFile(machine, join(folder, folder === home ? '.bunfig.toml' : 'bunfig.toml'), toml));
  }
  for (const { name, value, file, line } of assignments)
    if (name === tlsVariable && value !== null)
      settings.push({ key: name, value, written: value, level: 'shell', place: { file, line }, line: null });
  const manager = await managerOf(machine);
  return { settings, files, manager, scopes: await scopesIn(machine, nearest), privatePatterns };
}

/**
 * Returns the machine without npm's variables if the .npmrc of a project names other settings files: npm gives their names
 * and values to programs that it starts, as if the user had set them.
 */
async function withoutRedirects(machine: Machine, project: string): Promise<Machine> {
  const { env } = machine;
  const own = await readSettingsFile(machine, join(env['npm_config_local_prefix'] ?? project, '.npmrc'), npmrc);
  const keys = own?.settings.map(({ path: [key] }) => expanded(`${key}`, env)) ?? [];
  if (!keys.some((key) => /^(?:userconfig|globalconfig|prefix)$/.test(key))) return machine;
  return { ...machine, env: Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_config_/i.test(name))) };
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

/** Returns the file of the user that pnpm 11 and later read before .npmrc. */
export const pnpmFileOf = (machine: Machine): string => join(configFolderOf(machine), 'pnpm/config.yaml');

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
  return Object.entries(env).find(([key]) => key.toLowerCase() === `npm_config_${name}`)?.[1] ?? null;
}

function environment(env: Machine['env']): NpmSetting[] {
  return Object.entries(env).flatMap(([variable, value = '']): NpmSetting[] => {
    const [, name] = /^npm_config_(.+)$/i.exec(variable) ?? [];
    // As in npm, a leading underscore is kept, and a key for one registry (`//host/:_authToken`) is not changed.
    const plain = name?.startsWith('//') ? name : name?.toLowerCase().replaceAll(/(?!^)_/g, '-');
    const key = variable === tlsVariable ? variable : plain;
    if (key === undefined || value === '') return [];
    return [{ key, value, written: value, level: 'environment', place: { variable }, line: null }];
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

function settingOf(
  level: NpmLevel,
  key: string,
  { value, place, lines }: PlacedSetting,
  env: Machine['env'],
): NpmSetting {
  const written = String(value);
  const line = lines.length === 1 ? (lines[0]?.text ?? null) : null;
  const isReplaced = level === 'yarn' || /(?:^|:)registry$/.test(key);
  return { key, value: isReplaced ? expanded(written, env) : written, written, level, place, line };
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

/** npm's keys by the paths in a .yarnrc.yml. */
const yarnKeys: Readonly<Record<string, string>> = { npmRegistryServer: 'registry', enableStrictSsl: 'strict-ssl' };
/** npm's keys by the paths in the files that only pnpm reads. */
export const pnpmKeys: Readonly<Record<string, string>> = { registry: 'registry', 'registries.default': 'registry' };

function keysIn(
  file: SettingsFile | null,
  level: NpmLevel,
  keys: Readonly<Record<string, string>>,
  env: Machine['env'],
): readonly NpmSetting[] {
  return (file?.settings ?? []).flatMap((one): readonly NpmSetting[] => {
    const name = one.path.join('.');
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    return key === undefined || one.value == null || one.value === '' ? [] : [settingOf(level, key, one, env)];
  });
}

/** Reads the nearest workspace file of pnpm, upwards from the working folder. */
async function workspaceOf(machine: Machine): Promise<SettingsFile | null> {
  for (const folder of foldersFrom(machine.cwd)) {
    const file = await readSettingsFile(machine, join(folder, 'pnpm-workspace.yaml'), yaml);
    if (file !== null) return file;
  }
  return null;
}

/** Returns the scopes of the packages in a package.json, each with the first package of the scope. */
async function scopesIn(machine: Machine, project: string) {
  const named = (await readLines(machine, join(project, 'package.json'))).flatMap(({ file, line, text }) => {
    const [, name = '', scope = ''] = /^\s*"((@[a-z0-9~-][a-z0-9._~-]*)\/[^"]+)"\s*:/i.exec(text) ?? [];
    return scope === '' ? [] : [{ scope, name, file, line }];
  });
  return [...Map.groupBy(named, ({ scope }) => scope).values()].flatMap((all) => all.slice(0, 1));
}

/** Returns the client that the nearest `packageManager` of a package.json names; `null`: none is named. */
async function managerOf(machine: Machine) {
  for (const folder of foldersFrom(machine.cwd))
    for (const { file, line, text } of await readLines(machine, join(folder, 'package.json'))) {
      const [, client, major, minor = 0] = /"packageManager"\s*:\s*"([a-z]+)@(\d+)(?:\.(\d+))?/.exec(text) ?? [];
      if (client !== undefined) return { client, major: Number(major), minor: Number(minor), place: { file, line } };
    }
  return null;
}

const npmOrder: readonly NpmLevel[] = ['environment', 'project', 'user', 'global', 'builtin'];

/** Returns the settings of one key that npm reads, strongest first. */
export function placesOfKey(settings: readonly NpmSetting[], key: string): readonly NpmSetting[] {
  return npmOrder.flatMap((level) => settings.filter((one) => one.key === key && one.level === level).slice(-1));
}

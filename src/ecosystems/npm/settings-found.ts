import { dirname, join } from 'node:path';
import type { Machine, Surroundings } from '../../core/machine.ts';
import type { Place } from '../../core/trap.ts';

/** Where npm looks, the first that names a key wins. `pnpm` and `yarn`: files that they alone read. */
export type NpmLevel = 'environment' | 'project' | 'user' | 'global' | 'builtin' | 'shell' | 'pnpm' | 'yarn';

/** One setting where it stands. */
export interface NpmSetting {
  /** As in .npmrc: `registry`, `strict-ssl`, `@corp:registry`, `//host/:_authToken`. */
  readonly key: string;
  readonly value: string;
  readonly level: NpmLevel;
  readonly place: Place;
  /** The whole line, of a file. */
  readonly line: string | null;
}

/** What npm, pnpm and yarn would read here. */
export interface NpmFound {
  readonly settings: readonly NpmSetting[];
  /** Scopes that the project's package.json names, with the first name of each. */
  readonly scopes: readonly {
    readonly scope: string;
    readonly name: string;
    readonly file: string;
    readonly line: number;
  }[];
  readonly privatePatterns: readonly string[];
  readonly home: string;
}

/** Reads them: variables, the project's .npmrc, the user's, the global one, the builtin one, and those of pnpm and yarn. */
export async function findNpm({ machine, assignments, privatePatterns }: Surroundings): Promise<NpmFound> {
  const { env, home } = machine;
  const project = await projectOf(machine);
  const user = userFile(machine);
  const files: (readonly [NpmLevel, string])[] = [
    ...(project === null || join(project, '.npmrc') === user ? [] : [['project', join(project, '.npmrc')] as const]),
    ['user', user],
    ...globals(machine).map((file) => ['global', file] as const),
    ...builtins.map((file) => ['builtin', machine.system(file)] as const),
  ];
  const settings = environment(env);
  for (const [level, file] of files) {
    const text = await machine.read(file);
    if (text.tag === 'ok') settings.push(...settingsIn(level, file, text.text));
  }
  settings.push(...(await pnpmIn(machine, project ?? machine.cwd)));
  for (const folder of new Set([project ?? machine.cwd, home])) settings.push(...(await yarnIn(machine, folder)));
  for (const { name, value, file, line } of assignments)
    if (name === tlsVariable && value !== null)
      settings.push({ key: name, value, level: 'shell', place: { file, line }, line: null });
  return { settings, scopes: project === null ? [] : await scopesIn(machine, project), privatePatterns, home };
}

/** The user's .npmrc. */
export function userFile({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = environmentOf(env, 'userconfig') ?? '';
  return named.startsWith('/') ? named : join(home, '.npmrc');
}

/** Node's own switch, which all of them obey. */
export const tlsVariable = 'NODE_TLS_REJECT_UNAUTHORIZED';

const builtins = [
  '/usr/lib/node_modules/npm/npmrc',
  '/usr/local/lib/node_modules/npm/npmrc',
  '/usr/share/nodejs/npm/npmrc',
];

/** `{prefix}/etc/npmrc`, by the prefixes that are usual where none is named. */
function globals(machine: Machine): readonly string[] {
  const { env } = machine;
  const named = environmentOf(env, 'globalconfig') ?? '';
  const prefix = environmentOf(env, 'prefix') ?? env['PREFIX'] ?? '';
  if (named.startsWith('/')) return [named];
  if (prefix.startsWith('/')) return [join(prefix, 'etc/npmrc')];
  return ['/usr/local/etc/npmrc', '/usr/etc/npmrc', '/etc/npmrc'].map((path) => machine.system(path));
}

/** `npm_config_x` in any case, as npm reads it. */
function environmentOf(env: Machine['env'], name: string): string | null {
  const found = Object.entries(env).find(([key]) => key.toLowerCase() === `npm_config_${name}`);
  return found?.[1] ?? null;
}

function environment(env: Machine['env']): NpmSetting[] {
  return Object.entries(env).flatMap(([variable, value = '']): NpmSetting[] => {
    const [, name] = /^npm_config_(.+)$/i.exec(variable) ?? [];
    const key = variable === tlsVariable ? variable : name?.toLowerCase().replaceAll('_', '-');
    if (key === undefined || value === '') return [];
    return [{ key, value, level: 'environment', place: { variable }, line: null }];
  });
}

/** npm's own prefix of a project: the next folder upwards with a package.json or node_modules. */
async function projectOf(machine: Machine): Promise<string | null> {
  for (let folder = machine.cwd; ; folder = dirname(folder)) {
    if ((await machine.read(join(folder, 'package.json'))).tag === 'ok') return folder;
    if (dirname(folder) === folder) return null;
  }
}

function settingsIn(level: NpmLevel, file: string, text: string): readonly NpmSetting[] {
  return text.split(/\r?\n/).flatMap((line, at): NpmSetting[] => {
    const [, key = '', value = ''] = /^\s*([^;#=\s[][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === ''
      ? []
      : [{ key, value: value.replace(/^(["'])(.*)\1$/, '$2'), level, place: { file, line: at + 1 }, line }];
  });
}

const yarnKeys: Readonly<Record<string, string>> = { npmRegistryServer: 'registry', enableStrictSsl: 'strict-ssl' };

/** The keys of a .yarnrc.yml that stand at its edge. */
async function yarnIn(machine: Machine, folder: string): Promise<readonly NpmSetting[]> {
  const file = join(folder, '.yarnrc.yml');
  const text = await machine.read(file);
  if (text.tag === 'error') return [];
  return text.text.split(/\r?\n/).flatMap((line, at): NpmSetting[] => {
    const [, name = '', value = ''] = /^(\w+):\s*(.*?)\s*(?:#.*)?$/.exec(line) ?? [];
    const key = yarnKeys[name];
    if (key === undefined) return [];
    return [{ key, value: value.replace(/^(["'])(.*)\1$/, '$2'), level: 'yarn', place: { file, line: at + 1 }, line }];
  });
}

/** What pnpm alone reads, the strongest first: the workspace's file, then the user's; from pnpm 11 on they win over .npmrc. */
async function pnpmIn(machine: Machine, project: string): Promise<readonly NpmSetting[]> {
  const configs = machine.env['XDG_CONFIG_HOME'] ?? '';
  const own = configs.startsWith('/') ? configs : join(machine.home, '.config');
  const found: NpmSetting[] = [];
  for (const file of [join(project, 'pnpm-workspace.yaml'), join(own, 'pnpm/config.yaml')]) {
    const text = await machine.read(file);
    if (text.tag === 'ok') found.push(...pnpmSettingsIn(file, text.text));
  }
  return found;
}

/** `registry`, and `default` of `registries`. */
function pnpmSettingsIn(file: string, text: string): readonly NpmSetting[] {
  let table = '';
  return text.split(/\r?\n/).flatMap((line, at): NpmSetting[] => {
    const [, indent = '', key = '', raw = ''] = /^(\s*)["']?([\w@-]+)["']?:\s*(.*?)\s*(?:\s#.*)?$/.exec(line) ?? [];
    if (key !== '' && indent === '') table = key;
    const isRegistry = indent === '' ? key === 'registry' : table === 'registries' && key === 'default';
    const value = raw.replace(/^(["'])(.*)\1$/, '$2');
    if (!isRegistry || value === '') return [];
    return [{ key: 'registry', value, level: 'pnpm', place: { file, line: at + 1 }, line }];
  });
}

async function scopesIn(machine: Machine, project: string): Promise<NpmFound['scopes']> {
  const file = join(project, 'package.json');
  const text = await machine.read(file);
  if (text.tag === 'error') return [];
  const found = new Map<string, NpmFound['scopes'][number]>();
  for (const [at, line] of text.text.split('\n').entries()) {
    const [, name = '', scope = ''] = /^\s*"((@[a-z0-9~-][a-z0-9._~-]*)\/[^"]+)"\s*:/i.exec(line) ?? [];
    if (scope !== '' && !found.has(scope)) found.set(scope, { scope, name, file, line: at + 1 });
  }
  return [...found.values()];
}

const npmOrder: readonly NpmLevel[] = ['environment', 'project', 'user', 'global', 'builtin'];

/** Where a key is named for npm, the place that counts first. */
export function placesOfKey({ settings }: NpmFound, key: string): readonly NpmSetting[] {
  return npmOrder.flatMap((level) => settings.filter((one) => one.key === key && one.level === level).slice(-1));
}

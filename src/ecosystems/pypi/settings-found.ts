import { join, resolve } from 'node:path';
import type { Machine, MachineSurroundings, SettingPlace } from '../../core/trap.ts';
import { ini } from '../../formats/ini.ts';
import { toml } from '../../formats/toml.ts';
import { configFolderOf, foldersFrom, readLines, splitWords } from '../doctor.ts';
import { type PlacedSetting, readSettingsFile, type SettingsFile } from '../settings-file.ts';

/** Where a setting is. `site`: the virtual environment. `shell`: a file that shells read. */
type PypiLevel = 'environment' | 'project' | 'site' | 'user' | 'global' | 'shell';

export interface PypiSetting {
  readonly client: 'pip' | 'uv';
  /**
   * The key with hyphens, as in settings files. `default-index` stands for every way to set uv's default index, `index`
   * for its further indexes.
   */
  readonly key: string;
  readonly values: readonly string[];
  readonly level: PypiLevel;
  /** If a key is set several times, the setting with the highest rank applies. */
  readonly rank: number;
  readonly place: SettingPlace;
  /** The setting in a settings file; `null`: it is in a variable, a file that shells read, or a requirements.txt. */
  readonly written: PlacedSetting | null;
}

export interface PypiFound {
  readonly settings: readonly PypiSetting[];
  readonly files: readonly (SettingsFile | null)[];
}

const pipVariables = {
  PIP_INDEX_URL: 'index-url',
  PIP_EXTRA_INDEX_URL: 'extra-index-url',
  PIP_TRUSTED_HOST: 'trusted-host',
  PIP_CERT: 'cert',
  PIP_FIND_LINKS: 'find-links',
  PIP_UPLOADED_PRIOR_TO: 'uploaded-prior-to',
};
const uvVariables = {
  UV_DEFAULT_INDEX: 'default-index',
  UV_INDEX_URL: 'default-index',
  UV_INDEX: 'index',
  UV_EXTRA_INDEX_URL: 'index',
  UV_INSECURE_HOST: 'allow-insecure-host',
  UV_INDEX_STRATEGY: 'index-strategy',
  UV_FIND_LINKS: 'find-links',
  UV_EXCLUDE_NEWER: 'exclude-newer',
};
const variableRank = 100;
const requirementsRank = 200;
/** The number that is added to the rank of a setting in `[install]`, which overrides `[global]` of all files. */
const installRank = 50;
/**
 * The ranks of uv's settings. In projects, uv prefers the new setting (an `[[index]]` with `default = true` in any
 * file) to the old settings (UV_INDEX_URL and `index-url`). Only `uv pip` prefers UV_INDEX_URL. Verified with uv 0.13
 * in test/real/doctor-clients.test.ts.
 */
const uvRanks = { newForm: 60, oldVariable: 50, oldForm: 10, pipAlone: 0 } as const;

export async function findPypi({ machine, assignments }: MachineSurroundings): Promise<PypiFound> {
  const settings: PypiSetting[] = [
    ...ofVariables('pip', pipVariables, machine),
    ...ofVariables('uv', uvVariables, machine),
  ];
  for (const { name, value, file, line } of assignments) {
    const [client, key] = meantBy(name);
    if (key === null || value === null || value === '' || machine.env[name] === value) continue;
    const at = { level: 'shell', rank: 0, place: { file, line }, written: null } as const;
    settings.push({ client, key, values: valuesIn(value, name), ...at });
  }
  const files: (SettingsFile | null)[] = [];
  for (const [rank, [level, name]] of (await pipFiles(machine)).entries()) {
    const file = await readSettingsFile(machine, name, ini);
    files.push(file);
    settings.push(...pipSettings(level, rank + 1, file));
  }
  settings.push(...(await ofRequirements(machine)));
  for (const [level, rank, file] of await uvFiles(machine)) {
    files.push(file);
    settings.push(...uvSettingsIn(level, rank, file));
  }
  return { settings, files };
}

/**
 * Reads the last `-i URL` of the project's requirements.txt. For `pip install -r`, this URL overrides pip's variables
 * and configuration files.
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/#global-options
 */
async function ofRequirements(machine: Machine): Promise<readonly PypiSetting[]> {
  const found = (await readLines(machine, join(machine.cwd, 'requirements.txt'))).flatMap(
    ({ file, line, text }): PypiSetting[] => {
      const [, url] = /^\s*(?:-i|--index-url)[=\s]\s*(\S+)/.exec(text) ?? [];
      if (url === undefined || !URL.canParse(url)) return [];
      const at = { level: 'project', rank: requirementsRank, place: { file, line }, written: null } as const;
      return [{ client: 'pip', key: 'index-url', values: [url], ...at }];
    },
  );
  return found.slice(-1);
}

function meantBy(name: string): readonly ['pip' | 'uv', string | null] {
  const pip = (pipVariables as Readonly<Record<string, string>>)[name];
  return pip === undefined ? ['uv', (uvVariables as Readonly<Record<string, string>>)[name] ?? null] : ['pip', pip];
}

function ofVariables(
  client: 'pip' | 'uv',
  names: Readonly<Record<string, string>>,
  { env }: Machine,
): readonly PypiSetting[] {
  return Object.entries(names).flatMap(([variable, key], at): PypiSetting[] => {
    const value = (env[variable] ?? '').trim();
    const [level, rank] = ['environment' as const, rankOf(variable, at)];
    return value === ''
      ? []
      : [{ client, key, values: valuesIn(value, variable), level, rank, place: { variable }, written: null }];
  });
}

/** Returns the words of a variable. uv accepts an index as `name=url`; then only the URL is returned. */
function valuesIn(value: string, variable: string): readonly string[] {
  const words = value.split(/\s+/);
  return variable === 'UV_DEFAULT_INDEX' || variable === 'UV_INDEX'
    ? words.map((word) => word.replace(/^[\w.-]+=(?=\w+:)/, ''))
    : words;
}

function rankOf(variable: string, at: number): number {
  return variable === 'UV_INDEX_URL' ? uvRanks.oldVariable : variableRank - at;
}

/**
 * Returns the paths of the user's pip.conf. pip reads both files; the one at the newer path overrides the one at the
 * older path.
 */
export function listUserPipFiles(machine: Machine): readonly [newer: string, older: string] {
  return [join(configFolderOf(machine), 'pip/pip.conf'), join(machine.home, '.pip/pip.conf')];
}

export function userUvFileOf(machine: Machine): string {
  return join(configFolderOf(machine), 'uv/uv.toml');
}

/** Returns the file that PIP_CONFIG_FILE names; `null`: none is named, or the file does not exist. */
export async function findNamedPipFile(machine: Machine): Promise<string | null> {
  const named = machine.env['PIP_CONFIG_FILE'] ?? '';
  if (named === '') return null;
  const file = resolve(machine.cwd, named);
  const read = await machine.read(file);
  return read.tag === 'error' && ['ENOENT', 'ENOTDIR'].includes(read.code) ? null : file;
}

/**
 * Lists pip's configuration files. Each file overrides the files before it. If PIP_CONFIG_FILE names an existing file,
 * pip reads no file of the user; for `/dev/null`, pip reads no file at all.
 * @see pip/_internal/configuration.py iter_config_files
 */
async function pipFiles(machine: Machine): Promise<readonly (readonly [PypiLevel, string])[]> {
  const [newer, older] = listUserPipFiles(machine);
  const named = await findNamedPipFile(machine);
  const site = machine.env['VIRTUAL_ENV'] ?? '';
  if (named === '/dev/null') return [];
  return [
    ['global', machine.system('/etc/xdg/pip/pip.conf')],
    ['global', machine.system('/etc/pip.conf')],
    ...(named === null
      ? ([
          ['user', older],
          ['user', newer],
        ] as const)
      : []),
    ...(site.startsWith('/') ? [['site', join(site, 'pip.conf')] as const] : []),
    ...(named === null ? [] : [['environment', named] as const]),
  ];
}

const pipKeys: readonly string[] = Object.values(pipVariables);

/** Reads the settings of a pip.conf whose keys are in `pipKeys`. */
function pipSettings(level: PypiLevel, rank: number, file: SettingsFile | null): readonly PypiSetting[] {
  const all = file?.settings ?? [];
  const sections = all.map(({ path: [section] }) => pipNameOf(section)).filter((name) => name !== 'default');
  return all.flatMap((written): PypiSetting[] => {
    const { path, value, place } = written;
    const [section, key] = path.map(pipNameOf);
    const values = splitWords(String(value));
    // Without another section, pip reads nothing of `[DEFAULT]`.
    const of = section === 'default' ? (sections.find((name) => name === 'install') ?? sections[0]) : section;
    if (key === undefined || of === undefined || !pipKeys.includes(key) || values.length === 0) return [];
    return [{ client: 'pip', key, values, level, rank: rank + (of === 'install' ? installRank : 0), place, written }];
  });
}

/** Returns a section or key as pip compares it. @see pip/_internal/configuration.py `_normalize_name` */
export function pipNameOf(name: unknown): string {
  return String(name).toLowerCase().replaceAll('_', '-').replace(/^--/, '');
}

/** Reads uv's files. If a project has no uv.toml, `[tool.uv]` in its pyproject.toml applies. */
async function uvFiles(machine: Machine): Promise<readonly (readonly [PypiLevel, number, SettingsFile | null])[]> {
  const found: (readonly [PypiLevel, number, SettingsFile | null])[] = [
    ['global', 1, await readSettingsFile(machine, machine.system('/etc/uv/uv.toml'), toml)],
    ['user', 2, await readSettingsFile(machine, userUvFileOf(machine), toml)],
  ];
  for (const folder of foldersFrom(machine.cwd))
    for (const name of ['uv.toml', 'pyproject.toml']) {
      const file = await readSettingsFile(machine, join(folder, name), toml);
      if (file === null) continue;
      found.push(['project', 3, file]);
      if (name === 'uv.toml' || file.settings.some(({ path: [outer, own] }) => outer === 'tool' && own === 'uv'))
        return found;
    }
  return found;
}

const uvKeys: readonly string[] = [
  'index-url',
  'extra-index-url',
  'allow-insecure-host',
  'index-strategy',
  'find-links',
  'exclude-newer',
  'exclude-newer-package',
];

/**
 * Reads uv's settings at the top level of a uv.toml, in its table `[pip]` and in its list `index`. In a pyproject.toml
 * it reads the same settings below `tool.uv`.
 */
function uvSettingsIn(level: PypiLevel, rank: number, file: SettingsFile | null): readonly PypiSetting[] {
  const outer = file?.file.endsWith('pyproject.toml') ? ['tool', 'uv'] : [];
  const own = (file?.settings ?? []).filter(({ path }) => outer.every((name, at) => name === path[at]));
  const named = own.map((written) => ({ written, path: written.path.slice(outer.length) }));
  const defaults = new Set(
    named.flatMap(({ path: [key, at, name], written: { value } }) =>
      key === 'index' && name === 'default' && value === true ? [at] : [],
    ),
  );
  return named.flatMap(({ written, path: [first, second, third] }): PypiSetting[] => {
    const { path, value, place } = written;
    const key = first === 'pip' ? second : first;
    const member = first === 'pip' ? third : second;
    const base = { client: 'uv', level, place, written } as const;
    if (first === 'index' && third === 'url' && typeof value === 'string') {
      const [indexKey, order] = [defaults.has(second) ? 'default-index' : 'index', uvRanks.newForm + rank];
      return [{ ...base, key: indexKey, values: [value], rank: order }];
    }
    if (typeof key !== 'string' || !uvKeys.includes(key) || member !== undefined) return [];
    const elements = own.filter(
      (one) => one.path.length > path.length && path.every((part, at) => part === one.path[at]),
    );
    const values = [written, ...elements].map((one) => one.value).filter((one) => typeof one === 'string');
    const meant = key === 'index-url' ? 'default-index' : key === 'extra-index-url' ? 'index' : key;
    const order = first === 'pip' ? uvRanks.pipAlone : uvRanks.oldForm + rank;
    return values.length === 0 ? [] : [{ ...base, key: meant, values, rank: order }];
  });
}

/** Returns the settings of one key that a client reads, strongest first. */
export function sortInOrder(
  { settings }: Pick<PypiFound, 'settings'>,
  client: 'pip' | 'uv',
  key: string,
): readonly PypiSetting[] {
  return settings
    .filter((one) => one.client === client && one.key === key && one.level !== 'shell')
    .toSorted((a, b) => b.rank - a.rank);
}

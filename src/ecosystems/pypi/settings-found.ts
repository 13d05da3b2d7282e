import { join, resolve } from 'node:path';
import type { Machine, MachineSurroundings, SettingPlace } from '../../core/trap.ts';
import { configFolderOf, type FileLine, foldersFrom, readLines, removeQuotes } from '../doctor.ts';

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
  /** The lines that an edit may remove; empty: the setting cannot be edited. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

export interface PypiFound {
  readonly settings: readonly PypiSetting[];
}

const pipVariables = {
  PIP_INDEX_URL: 'index-url',
  PIP_EXTRA_INDEX_URL: 'extra-index-url',
  PIP_TRUSTED_HOST: 'trusted-host',
  PIP_CERT: 'cert',
  PIP_FIND_LINKS: 'find-links',
};
const uvVariables = {
  UV_DEFAULT_INDEX: 'default-index',
  UV_INDEX_URL: 'default-index',
  UV_INDEX: 'index',
  UV_EXTRA_INDEX_URL: 'index',
  UV_INSECURE_HOST: 'allow-insecure-host',
  UV_INDEX_STRATEGY: 'index-strategy',
  UV_FIND_LINKS: 'find-links',
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
    if (key !== null && value !== null && value !== '' && machine.env[name] !== value)
      settings.push({
        client,
        key,
        values: valuesIn(value, name),
        level: 'shell',
        rank: 0,
        place: { file, line },
        lines: [],
      });
  }
  for (const [rank, [level, file]] of (await pipFiles(machine)).entries())
    settings.push(...pipSettings(level, rank + 1, await readLines(machine, file)));
  return { settings: [...settings, ...(await ofRequirements(machine)), ...(await uvSettings(machine))] };
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
      const at = { level: 'project', rank: requirementsRank, place: { file, line }, lines: [] } as const;
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
      : [{ client, key, values: valuesIn(value, variable), level, rank, place: { variable }, lines: [] }];
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

/** Reads the settings of a pip.conf whose keys are in `pipKeys`. Indented lines continue a value. */
function pipSettings(level: PypiLevel, rank: number, lines: readonly FileLine[]): readonly PypiSetting[] {
  const found: { key: string; section: string; lines: [FileLine, ...FileLine[]] }[] = [];
  let open: (typeof found)[number] | null = null;
  let section = '';
  for (const line of lines) {
    const { text } = line;
    section = /^\[([^\]]+)\]/.exec(text)?.[1] ?? section;
    const [, key = ''] = /^([A-Za-z][\w-]*)\s*[=:]/.exec(text) ?? [];
    if (key !== '') {
      open = { key: key.toLowerCase().replaceAll('_', '-'), section, lines: [line] };
      found.push(open);
    } else if (open !== null && /^\s+\S/.test(text)) open.lines.push(line);
    else if (text.trim() !== '') open = null;
  }
  return found.flatMap(({ key, section: of, lines: own }): PypiSetting[] => {
    if (!pipKeys.includes(key)) return [];
    const words = own.map(({ text }) => text.replace(/^[\w-]+\s*[=:]/, '').split(/(?:^|\s)[#;]/, 1)).join(' ');
    const values = words.split(/\s+/).filter((word) => word !== '');
    const [{ file, line }] = own;
    const order = rank + (of === 'install' ? installRank : 0);
    return [{ client: 'pip', key, values, level, rank: order, place: { file, line }, lines: own }];
  });
}

/** Reads uv's settings. If a project has no uv.toml, `[tool.uv]` in its pyproject.toml applies. */
async function uvSettings(machine: Machine): Promise<readonly PypiSetting[]> {
  const read = async (level: PypiLevel, rank: number, file: string): Promise<readonly PypiSetting[] | null> => {
    const lines = await readLines(machine, file);
    const settings = uvSettingsIn(level, rank, file, lines);
    return settings.length > 0 || (lines.length > 0 && file.endsWith('uv.toml')) ? settings : null;
  };
  const shared = [
    ...((await read('global', 1, machine.system('/etc/uv/uv.toml'))) ?? []),
    ...((await read('user', 2, userUvFileOf(machine))) ?? []),
  ];
  for (const folder of foldersFrom(machine.cwd))
    for (const name of ['uv.toml', 'pyproject.toml']) {
      const own = await read('project', 3, join(folder, name));
      if (own !== null) return [...shared, ...own];
    }
  return shared;
}

const uvKeys: readonly string[] = [
  'index-url',
  'extra-index-url',
  'index',
  'allow-insecure-host',
  'index-strategy',
  'find-links',
];

/**
 * Reads uv's settings at the top level of a uv.toml, and in its tables `[pip]` and `[[index]]`. In a pyproject.toml it
 * reads the same settings below `tool.uv`.
 */
function uvSettingsIn(
  level: PypiLevel,
  rank: number,
  file: string,
  lines: readonly FileLine[],
): readonly PypiSetting[] {
  const [own, pip, index] = file.endsWith('pyproject.toml')
    ? ['tool.uv', 'tool.uv.pip', 'tool.uv.index']
    : ['', 'pip', 'index'];
  const found: PypiSetting[] = [];
  let table = '';
  /** The `[[index]]` that the following lines describe; `null`: none. */
  let open: { url: string | null; line: number; isDefault: boolean } | null = null;
  /** The index of the last line of the last list over several lines. */
  let listEnd = -1;
  const close = (): void => {
    if (open !== null && open.url !== null) {
      const place = { file, line: open.line };
      const order = uvRanks.newForm + rank;
      const key = open.isDefault ? 'default-index' : 'index';
      found.push({ client: 'uv', key, values: [open.url], level, rank: order, place, lines: [] });
    }
    open = null;
  };
  for (const [at, { line, text }] of lines.entries()) {
    const header = /^\s*\[\[?([^\]]+)\]\]?/.exec(text)?.[1]?.trim();
    if (header !== undefined) {
      close();
      table = header;
      if (header === index) open = { url: null, line, isDefault: false };
      continue;
    }
    const [, name = '', written = ''] = /^\s*("[\w-]+"|'[\w-]+'|[\w-]+)\s*=(.*)$/.exec(text) ?? [];
    if (name === '') continue;
    const [key, rest] = [removeQuotes(name), written.trim()];
    // A list over several lines is read up to its end, but not edited.
    const isWhole = !rest.startsWith('[') || rest.includes(']');
    if (!isWhole && at < listEnd) continue;
    if (!isWhole) for (listEnd = at + 1; lines[listEnd]?.text.includes(']') === false; ) listEnd += 1;
    const whole = isWhole ? rest : listFrom(rest, lines.slice(at + 1, listEnd + 1));
    const values = [...whole.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? '');
    if (open !== null) {
      if (key === 'url') open = { ...open, url: values[0] ?? null, line };
      if (key === 'default' && /^true\b/.test(rest)) open = { ...open, isDefault: true };
      continue;
    }
    if ((table !== own && table !== pip) || !uvKeys.includes(key) || values.length === 0) continue;
    found.push({
      client: 'uv',
      key: key === 'index-url' ? 'default-index' : key === 'extra-index-url' ? 'index' : key,
      values,
      level,
      rank: table === own ? uvRanks.oldForm + rank : uvRanks.pipAlone,
      place: { file, line },
      lines: isWhole ? [{ line, text }] : [],
    });
  }
  close();
  return found;
}

/** The text of a list from its first line on, up to the line with its end. Comments are left out. */
function listFrom(first: string, more: readonly FileLine[]): string {
  const end = more.findIndex(({ text }) => text.includes(']'));
  const texts = [first, ...more.slice(0, end + 1).map(({ text }) => text)];
  return texts.map((text) => text.split('#', 1)).join(' ');
}

/** Returns the settings of one key that a client reads, strongest first. */
export function sortInOrder({ settings }: PypiFound, client: 'pip' | 'uv', key: string): readonly PypiSetting[] {
  return settings
    .filter((one) => one.client === client && one.key === key && one.level !== 'shell')
    .toSorted((a, b) => b.rank - a.rank);
}

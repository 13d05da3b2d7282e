import { dirname, join } from 'node:path';
import type { Machine, Place, Surroundings } from '../../core/trap.ts';

/** The places that a client reads; `rank` gives their order. */
type PypiLevel = 'environment' | 'project' | 'site' | 'user' | 'global' | 'shell';

/** One setting with its place. */
export interface PypiSetting {
  readonly client: 'pip' | 'uv';
  /** With hyphens, as in the files: `index-url`, `extra-index-url`, `trusted-host`; of uv `default-index`, `index-strategy`… */
  readonly key: string;
  /** Several words are several values. */
  readonly values: readonly string[];
  readonly level: PypiLevel;
  /** Higher ranks take precedence. */
  readonly rank: number;
  readonly place: Place;
  /** Its lines; empty: not in a file that may be edited. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

/** The settings that pip and uv read on this machine. */
export interface PypiFound {
  readonly settings: readonly PypiSetting[];
}

const pipVariables = {
  PIP_INDEX_URL: 'index-url',
  PIP_EXTRA_INDEX_URL: 'extra-index-url',
  PIP_TRUSTED_HOST: 'trusted-host',
  PIP_CERT: 'cert',
};
const uvVariables = {
  UV_DEFAULT_INDEX: 'default-index',
  UV_INDEX_URL: 'default-index',
  UV_INSECURE_HOST: 'allow-insecure-host',
  UV_INDEX_STRATEGY: 'index-strategy',
};
const variableRank = 100;
/** Above the rank of any file. */
const installRank = 50;
/**
 * In its projects (`uv lock`, `uv sync`) uv prefers an `[[index]]` with `default = true` in any file to the old form,
 * which is UV_INDEX_URL and `index-url`. Only `uv pip` prefers UV_INDEX_URL. Verified with uv 0.13 in
 * test/real/doctor-clients.test.ts.
 */
const uvRanks = { newForm: 60, oldVariable: 50, oldForm: 10, pipAlone: 0 } as const;

/** Reads variables, all files of pip and uv, and assignments in shell files. */
export async function findPypi({ machine, assignments }: Surroundings): Promise<PypiFound> {
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
        values: value.split(/\s+/),
        level: 'shell',
        rank: 0,
        place: { file, line },
        lines: [],
      });
  }
  for (const [rank, [level, file]] of pipFiles(machine).entries()) {
    const text = await machine.read(file);
    if (text.tag === 'ok') settings.push(...pipSettings(level, rank + 1, file, text.text));
  }
  return { settings: [...settings, ...(await uvSettings(machine))] };
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
    if (value === '') return [];
    return [
      {
        client,
        key,
        values: value.split(/\s+/),
        level: 'environment',
        rank: rankOf(variable, at),
        place: { variable },
        lines: [],
      },
    ];
  });
}

/** The earlier of two names for one key wins; uv's old name loses to files in the new form. */
function rankOf(variable: string, at: number): number {
  return variable === 'UV_INDEX_URL' ? uvRanks.oldVariable : variableRank - at;
}

function configFolder({ env, home }: Machine): string {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  return named.startsWith('/') ? named : join(home, '.config');
}

/** The user's pip.conf at its current and its old place, which is read too, with lower precedence. */
export function listUserPipFiles(machine: Machine): readonly [newer: string, older: string] {
  return [join(configFolder(machine), 'pip/pip.conf'), join(machine.home, '.pip/pip.conf')];
}

/** The user's uv.toml. */
export function userUvFileOf(machine: Machine): string {
  return join(configFolder(machine), 'uv/uv.toml');
}

/** The files that pip reads, weakest first. @see https://pip.pypa.io/en/stable/topics/configuration/#location */
function pipFiles(machine: Machine): readonly (readonly [PypiLevel, string])[] {
  const { env } = machine;
  const [newer, older] = listUserPipFiles(machine);
  const named = env['PIP_CONFIG_FILE'] ?? '';
  const site = env['VIRTUAL_ENV'] ?? '';
  if (named === '/dev/null') return [];
  return [
    ['global', machine.system('/etc/xdg/pip/pip.conf')],
    ['global', machine.system('/etc/pip.conf')],
    ['user', older],
    ['user', newer],
    ...(site.startsWith('/') ? [['site', join(site, 'pip.conf')] as const] : []),
    ...(named.startsWith('/') ? [['environment', named] as const] : []),
  ];
}

const pipKeys: readonly string[] = Object.values(pipVariables);

/**
 * The keys of pip.conf about indexes; indented lines continue a value. `[install]` overrides `[global]` of any file.
 */
function pipSettings(level: PypiLevel, rank: number, file: string, text: string): readonly PypiSetting[] {
  const found: { key: string; at: number; section: string; lines: { line: number; text: string }[] }[] = [];
  let open: (typeof found)[number] | null = null;
  let section = '';
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    section = /^\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const [, key = ''] = /^([A-Za-z][\w-]*)\s*[=:]/.exec(line) ?? [];
    if (key !== '') {
      open = { key: key.toLowerCase().replaceAll('_', '-'), at, section, lines: [{ line: at + 1, text: line }] };
      found.push(open);
    } else if (open !== null && /^\s+\S/.test(line)) open.lines.push({ line: at + 1, text: line });
    else if (line.trim() !== '') open = null;
  }
  return found.flatMap(({ key, at, section: of, lines }): PypiSetting[] => {
    if (!pipKeys.includes(key)) return [];
    const words = lines
      .map(({ text: one }) => one.replace(/^[\w-]+\s*[=:]/, '').replace(/(^|\s)[#;].*$/, ''))
      .join(' ');
    const order = rank + (of === 'install' ? installRank : 0);
    const values = words.split(/\s+/).filter((word) => word !== '');
    return [{ client: 'pip', key, values, level, rank: order, place: { file, line: at + 1 }, lines }];
  });
}

/**
 * Reads uv.toml and [tool.uv] of the project, then uv.toml of the user and of the system; uv.toml overrides the
 * pyproject.toml beside it.
 */
async function uvSettings(machine: Machine): Promise<readonly PypiSetting[]> {
  const found: PypiSetting[] = [];
  const take = async (level: PypiLevel, rank: number, file: string): Promise<boolean> => {
    const text = await machine.read(file);
    if (text.tag === 'error') return false;
    const settings = uvSettingsIn(level, rank, file, text.text);
    found.push(...settings);
    return settings.length > 0 || file.endsWith('uv.toml');
  };
  await take('global', 1, machine.system('/etc/uv/uv.toml'));
  await take('user', 2, userUvFileOf(machine));
  for (let folder = machine.cwd; ; folder = dirname(folder)) {
    if (await take('project', 3, join(folder, 'uv.toml'))) break;
    if (await take('project', 3, join(folder, 'pyproject.toml'))) break;
    if (dirname(folder) === folder) break;
  }
  return found;
}

const uvKeys: readonly string[] = ['index-url', 'allow-insecure-host', 'index-strategy'];

/** Lines of uv's tables: the top level of uv.toml, `[pip]` and `[[index]]`; in pyproject.toml below `tool.uv`. */
function uvSettingsIn(level: PypiLevel, rank: number, file: string, text: string): readonly PypiSetting[] {
  const prefix = file.endsWith('pyproject.toml') ? 'tool.uv' : '';
  const found: PypiSetting[] = [];
  let table = '';
  let index: { url: string | null; at: number; isDefault: boolean; lines: { line: number; text: string }[] } | null =
    null;
  const settle = (): void => {
    if (index?.isDefault === true && index.url !== null)
      found.push({
        client: 'uv',
        key: 'default-index',
        values: [index.url],
        level,
        rank: uvRanks.newForm + rank,
        place: { file, line: index.at },
        lines: [],
      });
    index = null;
  };
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const header = /^\s*\[\[?([^\]]+)\]\]?/.exec(line)?.[1]?.trim();
    if (header !== undefined) {
      settle();
      table = header;
      if (header === (prefix === '' ? 'index' : 'tool.uv.index'))
        index = { url: null, at: at + 1, isDefault: false, lines: [] };
      continue;
    }
    const [, key = '', rest = ''] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === '') continue;
    const values = [...rest.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? '');
    if (index !== null) {
      if (key === 'url') Object.assign(index, { url: values[0] ?? null, at: at + 1 });
      if (key === 'default' && /^true\b/.test(rest)) Object.assign(index, { isDefault: true });
      continue;
    }
    const isOurs = table === prefix || table === (prefix === '' ? 'pip' : 'tool.uv.pip');
    if (!isOurs || !uvKeys.includes(key) || values.length === 0) continue;
    // Only the beginning of a list over several lines is on this line: it is reported but not edited.
    const isWhole = !rest.startsWith('[') || rest.includes(']');
    const name = key === 'index-url' ? 'default-index' : key;
    found.push({
      client: 'uv',
      key: name,
      values,
      level,
      rank: table === prefix ? uvRanks.oldForm + rank : uvRanks.pipAlone,
      place: { file, line: at + 1 },
      lines: isWhole ? [{ line: at + 1, text: line }] : [],
    });
  }
  settle();
  return found;
}

/** The settings of one key that a client reads, strongest first. */
export function sortInOrder({ settings }: PypiFound, client: 'pip' | 'uv', key: string): readonly PypiSetting[] {
  return settings
    .filter((one) => one.client === client && one.key === key && one.level !== 'shell')
    .toSorted((a, b) => b.rank - a.rank);
}

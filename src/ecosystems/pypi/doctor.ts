import { dirname } from 'node:path';
import { isLoopback } from '../../core/addresses.ts';
import { maskText } from '../../core/secret.ts';
import { type ClientCheck, type Edit, placeTextOf, type Trap } from '../../core/trap.ts';
import type { FileSetting, SettingPath } from '../../formats/format.ts';
import { ini } from '../../formats/ini.ts';
import { parseToml, toml, writeToml } from '../../formats/toml.ts';
import type { Say } from '../../words/words.ts';
import {
  type Doctor,
  editOf,
  explainPlainUrl,
  explainShadowed,
  type KnownTraps,
  plainUrlOf,
  readWord,
  removalOf,
  type SetProtection,
  sayTrap,
  trapOf,
} from '../doctor.ts';
import { changeSettings, isPlainValue, listRejected, settlingOf } from '../settings-file.ts';
import { pypiForms } from './chain-forms.ts';
import { checkIndexes } from './clients.ts';
import { isPage } from './lock-source.ts';
import { pypiLocks } from './locks.ts';
import {
  findNamedPipFile,
  findPypi,
  listUserPipFiles,
  type PypiFound,
  type PypiSetting,
  pipNameOf,
  sortInOrder,
  userUvFileOf,
} from './settings-found.ts';

const pypiKinds = {
  'pip-index-shadowed': { severity: 'warning', isFixable: false },
  'pip-extra-index': { severity: 'error', isFixable: false },
  'pip-trusted-host': { severity: 'error', isFixable: true },
  'pip-index-plain': { severity: 'warning', isFixable: false },
  'pip-uv-differ': { severity: 'note', isFixable: false },
  'uv-index-shadowed': { severity: 'warning', isFixable: false },
  'uv-unsafe-strategy': { severity: 'error', isFixable: true },
  'uv-insecure-host': { severity: 'error', isFixable: true },
  'pypi-protection-unserved': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

type PypiTrap = Trap & { readonly id: keyof typeof pypiKinds };

function findPypiTraps(found: PypiFound, say: Say): readonly PypiTrap[] {
  return [...shadowed(found, say), ...differing(found, say), ...found.settings.flatMap((setting) => of(setting, say))];
}

function shadowed(found: PypiFound, say: Say): readonly PypiTrap[] {
  const rows = [
    ['pip', 'index-url', 'pip-index-shadowed'],
    ['uv', 'default-index', 'uv-index-shadowed'],
  ] as const;
  return rows.flatMap(([client, key, id]): PypiTrap[] => {
    const [first, ...others] = sortInOrder(found, client, key);
    const hidden = others.filter((one) => urlOf(one) !== (first && urlOf(first)));
    if (first === undefined || hidden.length === 0) return [];
    const what = say('trap.pypi-index-shadowed.what', {
      first: shown(first),
      level: say(`trap.level.${first.level}`),
      others: hidden.map((one) => `${shown(one)} (${say(`trap.level.${one.level}`)})`).join(say('list.and')),
    });
    const where = [first, ...hidden].map(({ place }) => place);
    return [trapOf(id, what, where, explainShadowed(first, hidden, say))];
  });
}

function differing(found: PypiFound, say: Say): readonly PypiTrap[] {
  const [pip] = sortInOrder(found, 'pip', 'index-url');
  const [uv] = sortInOrder(found, 'uv', 'default-index');
  if (pip === undefined || uv === undefined || urlOf(pip) === urlOf(uv)) return [];
  return [sayTrap(say, 'pip-uv-differ', [pip.place, uv.place], { pip: shown(pip), uv: shown(uv) })];
}

function of(setting: PypiSetting, say: Say): readonly PypiTrap[] {
  const { client, key, values, place } = setting;
  const textFor = (shownValues: readonly string[]): string =>
    say('trap.pypi-setting.what', { key, value: shownValues.map(maskText).join(' ') });
  switch (key) {
    case 'extra-index-url': {
      const set = [say('trap.pip-extra-index.one'), say('trap.pip-extra-index.sources'), ...explicitIndex];
      return [trapOf('pip-extra-index', textFor(values), [place], set)];
    }
    case 'trusted-host':
    case 'allow-insecure-host': {
      const hosts = values.filter((one) => !isLoopback(one.replace(/:\d+$/, '')));
      if (hosts.length === 0) return [];
      const id = client === 'pip' ? 'pip-trusted-host' : 'uv-insecure-host';
      const set = [removalOf(place, say), say(`trap.${id}.authority`)];
      return [trapOf(id, textFor(hosts), [place], set, hosts.length === values.length ? dropped(setting) : [])];
    }
    case 'index-strategy': {
      if (!values.includes('unsafe-best-match') && !values.includes('unsafe-any-match')) return [];
      const set = [removalOf(place, say), say('trap.uv-unsafe-strategy.set')];
      return [trapOf('uv-unsafe-strategy', textFor(values), [place], set, dropped(setting))];
    }
    case 'cert':
    case 'index':
    case 'uploaded-prior-to':
    case 'exclude-newer':
    case 'exclude-newer-package':
      return [];
    default:
      return values
        .filter((url) => /^http:/i.test(url) && URL.canParse(url) && !isLoopback(new URL(url).hostname))
        .map((url) => {
          const what = say('trap.pip-index-plain.what', { client, url: maskText(url) });
          return trapOf('pip-index-plain', what, [place], [explainPlainUrl('pypi', plainUrlOf(url), say)]);
        });
  }
}

/** The lines for a uv index that serves only the packages that name it as their source. */
const explicitIndex = ['[[index]]', 'name = "own"', 'url = "https://pypi.example.com/simple"', 'explicit = true'];

/** Returns the URL in a setting: its first value, without user-info and with one final slash. */
function urlOf({ values: [value = ''] }: PypiSetting): string {
  return plainUrlOf(value);
}

function shown({ values: [value = ''] }: PypiSetting): string {
  return maskText(value);
}

/**
 * Returns the edits that delete a setting. The list is empty for a variable, a file of the project and a file that
 * shells read.
 */
function dropped({ written, level }: PypiSetting): readonly Edit[] {
  return level === 'project' ? [] : (written?.lines ?? []).map((line) => editOf(line, []));
}

export const pypiDoctor: Doctor = {
  kinds: pypiKinds,
  unserved: 'pypi-protection-unserved',
  async examine(surroundings, say) {
    const found = await findPypi(surroundings);
    return { traps: findPypiTraps(found, say), unchecked: listRejected(found.files, say) };
  },
  readersOf: (name) => (name === 'pip.conf' ? [pipReader] : name === 'uv.toml' ? [uvReader] : []),
  async today(surroundings) {
    const found = await findPypi(surroundings);
    const [index] = [...sortInOrder(found, 'pip', 'index-url'), ...sortInOrder(found, 'uv', 'default-index')];
    return {
      chain:
        index === undefined
          ? null
          : {
              text: urlOf(index),
              place: index.place,
              isDefault: false,
              isOfProject: index.level === 'project',
              hasCredentials: /@|\$\{/.test(index.values[0] ?? ''),
            },
      chainOf: (text) =>
        checkIndexes(text) === null ? { text: plainUrlOf(text), hasCredentials: text.includes('@') } : null,
      sources: found.settings
        .filter(({ key }) => indexKeys.includes(key))
        .flatMap(({ key, values }) => (key === 'find-links' ? values.filter(isPage) : values)),
      privatePatterns: [],
      protections: findPypiProtections(found),
    };
  },
  forms: pypiForms,
  sourcesIn: (text) => ({ sources: [...text.matchAll(inBuild)].map(([, url = '']) => url), privatePatterns: [] }),
  async authority(surroundings) {
    const { env } = surroundings.machine;
    const { settings } = await findPypi(surroundings);
    const variable = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE'].find((name) => (env[name] ?? '') !== '');
    const [cert] = sortInOrder({ settings }, 'pip', 'cert');
    const set =
      variable !== undefined
        ? { file: env[variable] ?? '', place: { variable } }
        : cert && { file: cert.values[0] ?? '', place: cert.place };
    return { variable: 'PIP_CERT', isUsed: settings.length > 0, set: set ?? null };
  },
  async settle(surroundings, remedy, say) {
    const [pip, uv] = [readWord(remedy['PIP_INDEX_URL']), readWord(remedy['UV_DEFAULT_INDEX'])];
    if (pip === null || checkIndexes(pip) !== null || uv === null || checkIndexes(uv) !== null) return null;
    const { machine } = surroundings;
    const found = await findPypi(surroundings);
    const [newer, older] = listUserPipFiles(machine);
    const isOlder = (await machine.read(newer)).tag === 'error' && (await machine.read(older)).tag === 'ok';
    const named = await findNamedPipFile(machine);
    const pipFile = named ?? (isOlder ? older : newer);
    const hasNoFile = pipFile === '/dev/null';
    const uvFile = userUvFileOf(machine);
    const hasUv = (await machine.list(dirname(uvFile))).tag === 'ok';
    const above = [...sortInOrder(found, 'pip', 'index-url'), ...sortInOrder(found, 'uv', 'default-index')].filter(
      (one) =>
        !['user', 'global'].includes(one.level) &&
        !('file' in one.place && one.place.file === pipFile) &&
        urlOf(one) !== plainUrlOf(one.client === 'pip' ? pip : uv),
    );
    const written = (file: string, key: string) =>
      found.settings.flatMap((one) => (one.key === key && one.written?.place.file === file ? [one.written.path] : []));
    const inPip = written(pipFile, 'index-url');
    const inUv = written(uvFile, 'default-index');
    const uvSettings = found.files.find((one) => one?.file === uvFile)?.settings ?? [];
    const pipPaths = inPip.length > 0 ? inPip : [newPipIndex];
    const newPip = pipPaths.map((path) => [path, pip] as const);
    const newUv = inUv.length > 0 ? inUv.map((path) => [path, uv] as const) : [newUvIndex(uvSettings, uv)];
    const changes = [
      ...(hasNoFile ? [] : [await changeSettings(machine, pipFile, ini, newPip, pipChecks(pipPaths, pip))]),
      ...(hasUv
        ? [await changeSettings(machine, uvFile, toml, newUv, [{ ...uvReader, line: `--index-url ${uv}` }])]
        : []),
    ];
    const notes = above.map(({ place, key }) => say('settle.wins', { key, place: placeTextOf(place) }));
    if (!hasNoFile) return settlingOf(changes, notes);
    const off = say('settle.wins', { key: pipFile, place: '$PIP_CONFIG_FILE' });
    const settling = settlingOf(changes, [off, ...notes]);
    return settling.changes.length === 0 ? { ...settling, isForEnvironment: true } : settling;
  },
  isUsualLock: (name) =>
    pypiLocks.isLock(name) && (!name.endsWith('.txt') || /^requirements([.-][\w.-]+)?\.txt$/.test(name)),
};

/** @see docs/protocols/pypi.md#protections */
function findPypiProtections(found: PypiFound): readonly SetProtection[] {
  const [pip] = sortInOrder(found, 'pip', 'uploaded-prior-to');
  const [uv] = ['exclude-newer', 'exclude-newer-package'].flatMap((key) => sortInOrder(found, 'uv', key));
  return [
    ...(pip === undefined ? [] : [{ name: 'pip-release-age', place: pip.place }]),
    ...(uv === undefined ? [] : [{ name: 'uv-release-age', place: uv.place }]),
  ];
}

/** Matches a URL of an index in a file of any syntax: of a variable, an option or a key. A reference may stand for it. */
const inBuild =
  /(?:index[-_]url|(?:default|uv|-)[-_]index|find[-_]links|install -[if])s?["']?(?: ?[:?]?=|:|,?\s{1,20}["']?value["']?:)? ?\[?["']?(?:\w{1,40}=)?((?:https?:|\$)[^\s"']+)/gi;

/** The keys of settings that name indexes. */
const indexKeys = ['index-url', 'extra-index-url', 'default-index', 'index', 'find-links'];

const newPipIndex = ['global', 'index-url'];

/** Returns the element of uv's list `index` that makes a URL the default index. uv accepts a name only once. */
function newUvIndex(settings: readonly FileSetting[], url: string): readonly [SettingPath, unknown] {
  const own = settings.filter(({ path }) => path[0] === 'index');
  const isNamed = own.some(({ path, value }) => path[2] === 'name' && value === 'mirror');
  const count = new Set(own.flatMap(({ path: [, at] }) => at ?? [])).size;
  return [['index', count], { ...(isNamed ? {} : { name: 'mirror' }), url, default: true }];
}

/** Returns how pip shows an index. A value in the section `DEFAULT` is shown in other sections, so it is not checked. */
function pipChecks([path = newPipIndex]: readonly SettingPath[], url: string): readonly ClientCheck[] {
  const line = `${path.map(pipNameOf).join('.')}='${url}'`;
  return path[0] === 'DEFAULT' ? [] : [{ ...pipReader, line }];
}

/** Returns the indexes of a pip.conf; `null`: pip rejects the file, or a value is not plain. */
function inertPipTextOf(text: string): string | null {
  const parsed = ini.parse(text);
  if (parsed.tag === 'error') return null;
  const inert = parsed.value.flatMap(({ path: [section = '', key = ''], value }) =>
    /^(?:extra[-_])?index[-_]url$/.test(`${key}`) ? [{ section, key, words: `${value}`.trim().split(/\s+/) }] : [],
  );
  if (!inert.every(({ section, words }) => [section, ...words].every(isPlainValue))) return null;
  const lines = [...Map.groupBy(inert, ({ section }) => section)].flatMap(([section, of]) => [
    `[${section}]`,
    ...of.map(({ key, words }) => `${key} = ${words.join(' ')}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

const inertOfUv = /^(?:index|index-url|extra-index-url|index-strategy|name|url|default|explicit)$/;

/** Returns the indexes of a uv.toml; `null`: uv rejects the file, or a value is not plain. */
function inertUvTextOf(text: string): string | null {
  const parsed = parseToml(text);
  if (parsed.tag === 'error') return null;
  let isPlain = true;
  const inert = JSON.stringify(parsed.value, (key, value: unknown) => {
    if (!/^\d*$/.test(key) && !inertOfUv.test(key)) return undefined;
    isPlain &&= typeof value === 'object' || typeof value === 'boolean' || isPlainValue(value);
    return value;
  });
  const lines = Object.entries(JSON.parse(inert) as Record<string, unknown>).map(
    ([key, value]) => `${key} = ${writeToml(value)}\n`,
  );
  return isPlain ? lines.join('') : null;
}

const pipReader = {
  command: 'pip',
  args: ['config', 'list'],
  variable: 'PIP_CONFIG_FILE',
  line: null,
  inertTextOf: inertPipTextOf,
};

const uvReader = {
  command: 'uv',
  args: ['pip', 'compile', '--system', '--offline', '--no-cache', '--emit-index-url', '-'],
  variable: 'UV_CONFIG_FILE',
  line: null,
  inertTextOf: inertUvTextOf,
};

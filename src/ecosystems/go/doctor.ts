import { escapeWord, formatCommand } from '../../core/command-line.ts';
import { maskChain } from '../../core/secret.ts';
import type { Edit, SettingPlace, Trap } from '../../core/trap.ts';
import { saySentence } from '../../words/tell.ts';
import type { Say } from '../../words/words.ts';
import { showChain } from '../client.ts';
import {
  type Doctor,
  type KnownTraps,
  presentOf,
  readWord,
  replaceLines,
  sayTrap,
  splitWords,
  type Today,
  trapOf,
} from '../doctor.ts';
import { checkGoproxy, parseGoproxy } from './client.ts';
import { findLeakTraps, isLikelyPrivate, listGlobs } from './leaks.ts';
import { findTooWide, isGoPattern } from './patterns.ts';
import {
  findGo,
  type GoFound,
  type GoSetting,
  type GoVariable,
  settingInForce,
  settingLineFor,
} from './settings-found.ts';
import { defaultSumdb, isPublicSumdb } from './sumdb-setting.ts';

const goKinds = {
  'go-env-shadowed': { severity: 'warning', isFixable: true },
  'go-shells-differ': { severity: 'warning', isFixable: false },
  'go-direnv-differs': { severity: 'note', isFixable: false },
  'go-proxy-malformed': { severity: 'error', isFixable: false },
  'go-proxy-unreached': { severity: 'warning', isFixable: true },
  'go-proxy-off': { severity: 'warning', isFixable: true },
  'go-proxy-direct': { severity: 'note', isFixable: false },
  'go-direct-missing': { severity: 'warning', isFixable: true },
  'go-sumdb-off': { severity: 'error', isFixable: true },
  'go-sumdb-skipped': { severity: 'error', isFixable: true },
  'go-insecure': { severity: 'error', isFixable: true },
  'go-private-leaks': { severity: 'error', isFixable: true },
} as const satisfies KnownTraps;

type GoTrap = Trap & { readonly id: keyof typeof goKinds };

export function findGoTraps(found: GoFound, say: Say): readonly GoTrap[] {
  const set = new Set(found.settings.map(({ name, source }) => `${name} ${source}`));
  const read = found.settings.filter((setting) => !isHidden(set, setting));
  // The `.envrc` of a checkout may be a stranger's. A line to paste would have its values outside of the checkout too.
  const trapsOf = (setting: GoSetting, traps: readonly GoTrap[]): readonly GoTrap[] =>
    setting.source === 'direnv' ? traps.map((trap) => ({ ...trap, set: [say('trap.line.out')] })) : traps;
  return [
    ...shadowed(found, say),
    ...differing(found, say),
    ...read.flatMap((setting) => (setting.name === 'GOPROXY' ? trapsOf(setting, proxyTraps(setting, say)) : [])),
    ...unmirrored(found, say),
    ...read.flatMap((setting) => trapsOf(setting, unsafe(setting, say))),
    ...findLeakTraps(found, say),
  ];
}

/** @param set  the names of all settings, each with the source */
function isHidden(set: ReadonlySet<string>, { name, source }: GoSetting): boolean {
  const stronger = { distribution: ['environment', 'file'], file: ['environment'] }[String(source)] ?? [];
  return stronger.some((one) => set.has(`${name} ${one}`));
}

/** Finds settings without a mirror: GOPROXY is `direct`, or it is `off` although `-mod=mod` needs downloads. */
function unmirrored(found: GoFound, say: Say): readonly GoTrap[] {
  const proxy = settingInForce(found, 'GOPROXY');
  const flags = settingInForce(found, 'GOFLAGS');
  if (proxy?.value === 'direct') {
    const set = settingLineFor(proxy, 'https://mirror.example.com,direct');
    return [trapOf('go-proxy-direct', say('trap.go-proxy-direct.what'), [proxy.place], [set])];
  }
  const words = splitWords(flags?.value ?? '');
  if (proxy?.value !== 'off' || flags === null || !words.includes('-mod=mod')) return [];
  const kept = words.filter((flag) => flag !== '-mod=mod');
  const trap = without('go-proxy-off', say('trap.go-proxy-off.what'), flags, kept, say, ' ');
  return [{ ...trap, where: [proxy.place, flags.place] }];
}

function shadowed({ settings }: GoFound, say: Say): readonly GoTrap[] {
  return settings.flatMap((own): GoTrap[] => {
    const { name, source } = own;
    // A project may set thousands of variables.
    if (source !== 'file') return [];
    const above = settings.find((one) => one.name === name && one.source === 'environment');
    if (above === undefined || above.value === own.value) return [];
    const lines = settings.filter((one) => one.name === name && one.source === 'shell' && one.value === above.value);
    const what = say('trap.go-env-shadowed.what', { name, above: shown(above), own: shown(own) });
    const set = [
      say('trap.go-env-shadowed.unset', { name: escapeWord(name) }),
      say('trap.go-env-shadowed.drop', { name: escapeWord(name) }),
    ];
    return [trapOf('go-env-shadowed', what, [above, ...lines, own].map(placeIn), set, edit(own, []))];
  });
}

const placeIn = ({ place }: GoSetting): SettingPlace => place;

function differing({ settings }: GoFound, say: Say): readonly GoTrap[] {
  return [...new Set(settings.map(({ name }) => name))].flatMap((name): GoTrap[] => {
    const of = (...sources: readonly GoSetting['source'][]): readonly GoSetting[] =>
      settings.filter((one) => one.name === name && sources.includes(one.source));
    const [shells, [project], own] = [of('shell'), of('direnv'), of('shell', 'file')];
    const traps: GoTrap[] = [];
    if (new Set(shells.map(({ value }) => value)).size > 1) {
      const values = { name, values: listed(shells, say) };
      traps.push(sayTrap(say, 'go-shells-differ', shells.map(placeIn), values));
    }
    const others = own.filter(({ value }) => value !== project?.value);
    if (project !== undefined && others.length > 0) {
      const values = { name, project: shown(project), others: listed(others, say) };
      traps.push(sayTrap(say, 'go-direnv-differs', [project, ...others].map(placeIn), values));
    }
    return traps;
  });
}

function proxyTraps(setting: GoSetting, say: Say): readonly GoTrap[] {
  const { value, place, source } = setting;
  if (source === 'distribution') return [];
  const mistake = checkGoproxy(value);
  if (mistake !== null) {
    const line = settingLineFor(setting, 'https://mirror.example.com,direct');
    const values = { value: shown(setting), expected: saySentence(mistake, say), line };
    return [sayTrap(say, 'go-proxy-malformed', [place], values)];
  }
  const ended = /(?:^|[,|])\s*(direct|off)\s*[,|]/.exec(value);
  const endedAt = ended === null ? value.length : ended.index + ended[0].length;
  if (ended !== null && /[^,|\s]/.test(value.slice(endedAt))) {
    const [, word = ''] = ended;
    const head = value.slice(0, endedAt - 1).trimEnd();
    const what = say('trap.go-proxy-unreached.what', { value: shown(setting), word });
    const set = hasSecret(head) ? say('trap.go-proxy-unreached.set', { word }) : settingLineFor(setting, head);
    return [trapOf('go-proxy-unreached', what, [place], [set], replaced(setting, head))];
  }
  const parsed = parseGoproxy(value);
  const last = parsed.tag === 'ok' ? parsed.value.members.at(-1) : undefined;
  if (last?.kind !== 'url' || last.plain.startsWith('file:')) return [];
  const values = { value: shown(setting), line: withDirect(setting) };
  return [sayTrap(say, 'go-direct-missing', [place], values, replaced(setting, `${value},direct`))];
}

/**
 * Returns the line that appends `direct` to GOPROXY. If the old list has a password, the line does not contain the
 * list: the shell inserts the list when the line runs.
 */
function withDirect(setting: GoSetting): string {
  const { value, source } = setting;
  if (!hasSecret(value)) return settingLineFor(setting, `${value},direct`);
  return source === 'file' ? `go env -w GOPROXY="$(go env GOPROXY),direct"` : `export GOPROXY="$GOPROXY,direct"`;
}

const hasSecret = (chain: string): boolean => maskChain(chain).includes('***');

/** Returns the trap of a setting that disables verification or TLS; empty: the setting is safe. */
function unsafe(setting: GoSetting, say: Say): readonly GoTrap[] {
  const { name, value } = setting;
  const isOff = (name === 'GOSUMDB' && value === 'off') || (name === 'GONOSUMCHECK' && value !== '0');
  if (isOff || name === 'GOINSECURE') {
    const what = say('trap.go-unsafe.what', { name, value });
    return [without(isOff ? 'go-sumdb-off' : 'go-insecure', what, setting, [], say)];
  }
  if (name === 'GOFLAGS') {
    const flags = splitWords(value);
    const kept = flags.filter((flag) => !/^--?insecure(=|$)/.test(flag));
    const what = say('trap.go-insecure.flags');
    return kept.length === flags.length ? [] : [without('go-insecure', what, setting, kept, say, ' ')];
  }
  const wide = name === 'GONOSUMDB' || name === 'GOPRIVATE' ? findTooWide(value) : [];
  if (wide.length === 0) return [];
  const kept = value.split(',').filter((glob) => !wide.includes(glob));
  const what = say('trap.go-sumdb-skipped.what', { name, globs: wide.join(say('list.and')) });
  return [without('go-sumdb-skipped', what, setting, kept, say)];
}

/**
 * Makes the trap of a setting that must keep only the entries `kept`. If `kept` is empty, the setting must be removed.
 */
function without(
  id: GoTrap['id'],
  what: string,
  setting: GoSetting,
  kept: readonly string[],
  say: Say,
  separator: ' ' | ',' = ',',
): GoTrap {
  const becomes = kept.join(separator);
  return kept.length > 0
    ? trapOf(id, what, [setting.place], [settingLineFor(setting, becomes)], replaced(setting, becomes))
    : trapOf(id, what, [setting.place], [droppingLine(setting, say)], edit(setting, []));
}

/** Returns how to remove a setting. `go env -u` works only for the file of `go env -w`. */
function droppingLine({ name, source }: GoSetting, say: Say): string {
  if (source === 'file') return formatCommand`go env -u ${name}`;
  if (source === 'distribution')
    return name === 'GOSUMDB' ? formatCommand`go env -w GOSUMDB=${defaultSumdb}` : say('trap.line.out');
  return say('trap.variable.out', { name: escapeWord(name) });
}

const replaced = (setting: GoSetting, value: string): readonly Edit[] => edit(setting, [`${setting.name}=${value}`]);

/** Returns the edit of a line, if the line is in the file of `go env -w`. Other files may not be edited. */
function edit({ source, place, line }: GoSetting, becomes: readonly string[]): readonly Edit[] {
  return source !== 'file' || line === null || !('file' in place) ? [] : [{ ...place, was: line, becomes }];
}

function shown({ name, value }: { readonly name: GoVariable; readonly value: string }): string {
  return name === 'GOPROXY' || name === 'GOSUMDB' ? maskChain(value) : value;
}

function listed(settings: readonly GoSetting[], say: Say): string {
  return [...new Set(settings.map(shown))].join(say('list.and'));
}

export const goDoctor: Doctor = {
  kinds: goKinds,
  examine: async (surroundings, say) => ({ traps: findGoTraps(await findGo(surroundings), say), unchecked: [] }),
  async today(surroundings) {
    const found = await findGo(surroundings);
    const shell = found.settings.find(({ name, source }) => name === 'GOPROXY' && source === 'shell') ?? null;
    const own = settingInForce(found, 'GOPROXY');
    const proxy = own === null || own.source === 'distribution' ? (shell ?? own) : own;
    const chainOf = (text: string): ReturnType<NonNullable<Today['chainOf']>> => {
      const parsed = parseGoproxy(text);
      if (parsed.tag !== 'ok') return null;
      const hasCredentials = parsed.value.members.some((member) => member.hasCredentials);
      return { text: showChain(parsed.value, 'plain'), hasCredentials };
    };
    const chain = proxy === null ? null : chainOf(proxy.value);
    const patterns = found.settings
      .filter(({ name }) => name === 'GOPRIVATE' || name === 'GONOPROXY' || name === 'GONOSUMDB')
      .flatMap(({ value }) => value.split(','));
    return {
      chain:
        proxy === null || chain === null
          ? null
          : { ...chain, place: proxy.place, isDefault: proxy.source === 'distribution' },
      chainOf,
      privatePatterns: [...new Set(patterns.map((one) => one.trim()).filter((one) => one !== '' && one !== 'none'))],
      direct: listGlobs(found, 'GONOPROXY'),
      isUnverified: found.settings.some(({ name, value }) => name === 'GOSUMDB' && !isPublicSumdb(value)),
    };
  },
  forms: { files: [], keys: /\bGOPROXY\b/g, meaningOf: () => 'default' },
  sourcesIn(text) {
    const found = [...text.matchAll(inBuild)].map(([, name = '', value = '']) => ({ name, value }));
    const lists = found.filter(({ name }) => name !== 'GOSUMDB');
    // What a variable stands for is not known, so it matches any name.
    const globs = lists.flatMap(({ value }) => value.split(',').map((glob) => glob.replace(/\$.*/, '*')));
    return {
      privatePatterns: globs.filter((glob) => glob !== 'none' && isGoPattern(glob)),
      isUnverified: found.some(({ name, value }) => name === 'GOSUMDB' && !isPublicSumdb(value)),
    };
  },
  async listInForce(surroundings, name) {
    return name === 'GOPRIVATE' ? (settingInForce(await findGo(surroundings), name)?.value ?? null) : null;
  },
  async settle(surroundings, remedy, say) {
    const { GODEBUG: debug = '' } = remedy;
    // `go env -w` refuses GODEBUG: it can only be set in the environment.
    const notes = debug === '' ? [] : [say('settle.environmentOnly', { setting: `GODEBUG=${debug}` })];
    if (remedy['GOPROXY'] === undefined && notes.length > 0) return { changes: [], notes, isForEnvironment: true };
    const proxy = readWord(remedy['GOPROXY']);
    if (proxy === null) return null;
    const found = await findGo(surroundings);
    if (found.goenv === null) return { changes: [], notes: [...notes, say('settle.goenvOff')] };
    const own = readWord(remedy['GOPRIVATE'] ?? '');
    const lines = [
      { line: `GOPROXY=${proxy}`, pattern: /^GOPROXY=/ },
      ...(own === null ? [] : [{ line: `GOPRIVATE=${withThose(found, own)}`, pattern: /^GOPRIVATE=/ }]),
    ];
    const above = settingInForce(found, 'GOPROXY');
    return {
      changes: presentOf([await replaceLines(surroundings.machine, found.goenv, lines)]),
      notes: [...notes, ...(above?.source === 'environment' && above.value !== proxy ? [say('settle.goenvWins')] : [])],
    };
  },
  isUsualLock: (name, hasBeside) => name === 'go.sum' || (name === 'go.mod' && !hasBeside('go.sum')),
  privateIn(lock) {
    const modules = new Set(lock.split('\n').map((line) => line.trim().split(/\s/, 1)[0] ?? ''));
    return [...new Set([...modules].filter(isLikelyPrivate).map((module) => `${module.split('/', 1)[0]}/*`))];
  },
};

/** Matches a setting in a file of any syntax: `GOPRIVATE=…`, `GOPRIVATE: …`, `ENV GOPRIVATE …`, or a name and its value. */
const inBuild =
  /\b(GOPRIVATE|GONOPROXY|GONOSUMDB|GOSUMDB)["']?(?: ?[:?]?=|:|,?\s{1,20}["']?value["']?:| (?=\S{0,200}[./])) ?["']?([^\s"'#;]+)/g;

/** Returns the value of GOPRIVATE in the file of `go env -w`, with the patterns `own` added. */
function withThose({ settings }: GoFound, own: string): string {
  const before = settings.find(({ name, source }) => name === 'GOPRIVATE' && source === 'file')?.value ?? '';
  return [...new Set([...before.split(','), ...own.split(',')])].filter((pattern) => pattern !== '').join(',');
}

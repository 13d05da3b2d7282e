import { showChain } from '../client.ts';
import { type Doctor, presentOf, readWord, replaceLines, type Today } from '../doctor.ts';
import { parseGoproxy } from './client.ts';
import { isLikelyPrivate, listGlobs } from './leaks.ts';
import { isGoPattern } from './patterns.ts';
import { findGo, type GoFound, settingInForce } from './settings-found.ts';
import { isPublicSumdb } from './sumdb-setting.ts';
import { findGoTraps, goKinds } from './traps.ts';

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

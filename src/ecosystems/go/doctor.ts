import type { Doctor } from '../doctor.ts';
import { oneWord, present, withLines } from '../settle.ts';
import { goproxyMistake, parseGoproxy } from './client.ts';
import { goKinds } from './doctor-kinds.ts';
import { looksPrivate } from './leaks.ts';
import { findGo, type GoFound, inForce } from './settings-found.ts';
import { goTraps, tooWide } from './traps.ts';

/** What is wrong with the go command's settings on this machine, and what they are. */
export const doctor: Doctor = {
  kinds: goKinds,
  examine: async (surroundings, say) => ({ traps: goTraps(await findGo(surroundings), say), untold: [] }),
  async today(surroundings) {
    const found = await findGo(surroundings);
    const shell = found.settings.find(({ name, source }) => name === 'GOPROXY' && source === 'shell') ?? null;
    const own = inForce(found, 'GOPROXY');
    const proxy = own === null || own.source === 'distribution' ? (shell ?? own) : own;
    const parsed = proxy === null ? null : parseGoproxy(proxy.value);
    const patterns = (['GOPRIVATE', 'GONOPROXY'] as const).flatMap(
      (name) => inForce(found, name)?.value.split(',') ?? [],
    );
    return {
      chain:
        proxy === null || parsed?.tag !== 'ok'
          ? null
          : {
              text: parsed.value.members.map(({ plain }, at) => plain + (parsed.value.separators[at] ?? '')).join(''),
              place: proxy.place,
              isDefault: proxy.source === 'distribution',
            },
      privatePatterns: [...new Set(patterns.map((one) => one.trim()).filter((one) => one !== '' && one !== 'none'))],
    };
  },
  async settle(surroundings, remedy, say) {
    const { GODEBUG: debug = '' } = remedy;
    if (typeof debug !== 'string' || !/^[\w.,=-]*$/.test(debug)) return null;
    // `go env -w` refuses it: the environment alone can hold it.
    const notes = debug === '' ? [] : [say('settle.environmentOnly', { setting: `GODEBUG=${debug}` })];
    if (remedy['GOPROXY'] === undefined && notes.length > 0) return { changes: [], notes, isForEnvironment: true };
    const proxy = oneWord(remedy['GOPROXY']);
    if (proxy === null || goproxyMistake(proxy) !== null) return null;
    const found = await findGo(surroundings);
    if (found.goenv === null) return { changes: [], notes: [...notes, say('settle.goenvOff')] };
    const own = oneWord(remedy['GOPRIVATE'] ?? '');
    // Such a pattern would take public modules out of the checksum database: no remedy of ours does.
    if (own !== null && tooWide(own).length > 0) return null;
    const lines = [
      { line: `GOPROXY=${proxy}`, pattern: /^GOPROXY=/ },
      ...(own === null ? [] : [{ line: `GOPRIVATE=${withThose(found, own)}`, pattern: /^GOPRIVATE=/ }]),
    ];
    const above = inForce(found, 'GOPROXY');
    return {
      changes: present([await withLines(surroundings.machine, found.goenv, lines)]),
      notes: [...notes, ...(above?.source === 'environment' && above.value !== proxy ? [say('settle.goenvWins')] : [])],
    };
  },
  isUsualLock: (name) => name === 'go.sum',
  privateIn(lock) {
    const modules = new Set(lock.split('\n').map((line) => line.trim().split(/\s/, 1)[0] ?? ''));
    return [...new Set([...modules].filter(looksPrivate).map((module) => `${module.split('/', 1)[0]}/*`))];
  },
};

/** What the file keeps private already, and these patterns: none that a person has set is told to a mirror. */
function withThose({ settings }: GoFound, own: string): string {
  const before = settings.find(({ name, source }) => name === 'GOPRIVATE' && source === 'file')?.value ?? '';
  return [...new Set([...before.split(','), ...own.split(',')])].filter((pattern) => pattern !== '').join(',');
}

import { join } from 'node:path';
import { isLoopback } from '../../core/addresses.ts';
import { escapeWord, formatCommand } from '../../core/command-line.ts';
import { maskText } from '../../core/secret.ts';
import { type Edit, placeTextOf, type Trap } from '../../core/trap.ts';
import { isInnerHost } from '../../core/url.ts';
import type { Say } from '../../words/words.ts';
import { explainPlainUrl, explainShadowed, type KnownTraps, plainUrlOf, removalOf, trapOf } from '../doctor.ts';
import { matchesNpmPatterns } from './names.ts';
import { type NpmFound, type NpmSetting, placesOfKey, tlsVariable } from './settings-found.ts';

export const npmKinds = {
  'npm-registry-shadowed': { severity: 'warning', isFixable: false },
  'npm-registry-plain': { severity: 'warning', isFixable: false },
  'npm-clients-differ': { severity: 'warning', isFixable: false },
  'npm-pnpm-differ': { severity: 'warning', isFixable: false },
  'npm-tls-off': { severity: 'error', isFixable: true },
  'npm-auth-unscoped': { severity: 'error', isFixable: true },
  'npm-auth-elsewhere': { severity: 'note', isFixable: false },
  'npm-scope-leaks': { severity: 'error', isFixable: false },
  'npm-scope-of-user': { severity: 'note', isFixable: false },
} as const satisfies KnownTraps;

type NpmTrap = Trap & { readonly id: keyof typeof npmKinds };

export function findNpmTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  return [
    ...registryTraps(found, say),
    ...found.settings.flatMap((setting) => tlsTraps(setting, say)),
    ...authTraps(found, say),
    ...scopeTraps(found, say),
  ];
}

function registryTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  const places = placesOfKey(found, 'registry');
  const [first] = places;
  const traps: NpmTrap[] = [];
  const others = places.slice(1).filter((one) => plainUrlOf(one.value) !== plainUrlOf(first?.value ?? ''));
  if (first !== undefined && others.length > 0) {
    const what = say('trap.npm-registry-shadowed.what', {
      first: shown(first),
      level: say(`trap.level.${first.level}`),
      others: others.map((one) => `${shown(one)} (${say(`trap.level.${one.level}`)})`).join(say('list.and')),
    });
    const where = [first, ...others].map(({ place }) => place);
    traps.push(trapOf('npm-registry-shadowed', what, where, explainShadowed(first, others, say)));
  }
  const project = places.find(({ level }) => level === 'project');
  return [
    ...traps,
    ...yarnTraps(found, project, say),
    ...pnpmTraps(found, first, say),
    ...found.settings.flatMap((setting) => plainTraps(setting, say)),
  ];
}

function yarnTraps({ settings, home }: NpmFound, project: NpmSetting | undefined, say: Say): readonly NpmTrap[] {
  const yarn = settings.find(({ key, level }) => key === 'registry' && level === 'yarn');
  if (yarn === undefined || project === undefined || plainUrlOf(yarn.value) === plainUrlOf(project.value)) return [];
  const isOfHome = 'file' in yarn.place && yarn.place.file === join(home, '.yarnrc.yml');
  const what = say('trap.npm-clients-differ.what', { npm: shown(project), yarn: shown(yarn) });
  const set = formatCommand`yarn config set npmRegistryServer ${[plainUrlOf(project.value), ...(isOfHome ? ['--home'] : [])]}`;
  return [trapOf('npm-clients-differ', what, [project.place, yarn.place], [set])];
}

/** Finds a registry of pnpm that differs from npm's. pnpm's own files override .npmrc. */
function pnpmTraps({ settings }: NpmFound, npm: NpmSetting | undefined, say: Say): readonly NpmTrap[] {
  const pnpm = settings.find(({ key, level }) => key === 'registry' && level === 'pnpm');
  if (pnpm === undefined || npm === undefined || plainUrlOf(pnpm.value) === plainUrlOf(npm.value)) return [];
  const what = say('trap.npm-pnpm-differ.what', { npm: shown(npm), pnpm: shown(pnpm) });
  const set = say('trap.npm-pnpm-differ.set', { place: placeTextOf(pnpm.place) });
  return [trapOf('npm-pnpm-differ', what, [npm.place, pnpm.place], [set])];
}

function plainTraps(setting: NpmSetting, say: Say): readonly NpmTrap[] {
  const { key, value, place } = setting;
  const host = hostOf(value);
  if (!isRegistry(setting) || !/^http:/i.test(value) || host === null || isLoopback(host)) return [];
  const what = say('trap.npm-registry-plain.what', { key, value: shown(setting) });
  return [trapOf('npm-registry-plain', what, [place], [explainPlainUrl('npm', plainUrlOf(value), say)])];
}

function tlsTraps(setting: NpmSetting, say: Say): readonly NpmTrap[] {
  const { key, value, place } = setting;
  const isOff = (key === 'strict-ssl' && value === 'false') || (key === tlsVariable && value === '0');
  if (!isOff) return [];
  const set = [removalOf(place, say), say('trap.npm-tls-off.authority')];
  return [trapOf('npm-tls-off', say('trap.npm-tls-off.what', { key, value }), [place], set, edit(setting, []))];
}

const usedMax = 5;
const credential = /^(\/\/.*:)?(_auth|_authToken|_password|username)$/i;

function authTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  const inUse = found.settings.filter(isRegistry).map(({ value }) => hostOf(value) ?? '');
  const used = new Set(inUse);
  const list = [...used].slice(0, usedMax).join(', ');
  const more = used.size - usedMax;
  // Credentials for another host are reported only if a main registry is set. Without this setting, npm uses its
  // default registry.
  const hasMain = found.settings.some(({ key, level }) => key === 'registry' && level !== 'yarn' && level !== 'pnpm');
  return found.settings.flatMap((setting): NpmTrap[] => {
    const { key, place } = setting;
    const [, holder, name = ''] = credential.exec(key) ?? [];
    if (name === '' || setting.level === 'yarn') return [];
    if (holder === undefined) {
      const registry = registryFor(setting, found);
      const scoped = registry?.replace(/^https?:/i, '').replace(/(?<!\/)\/*(?:[?#].*)?$/s, '/') ?? '//npm.example.com/';
      const set = say('trap.npm-auth-unscoped.set', { scoped, name });
      const line = setting.line?.trimStart() ?? '';
      const edits = registry === null || !line.startsWith(name) ? [] : edit(setting, [`${scoped}:${line}`]);
      return [trapOf('npm-auth-unscoped', say('trap.npm-auth-unscoped.what', { name }), [place], [set], edits)];
    }
    const host = holder.replace(/^\/\//, '').split(/[/:]/, 1)[0] ?? '';
    if (!hasMain || used.has(host)) return [];
    const values = { count: inUse.length, name, host, used: more > 0 ? say('list.more', { list, more }) : list };
    const set = say('trap.npm-auth-elsewhere.set', { host: escapeWord(host) });
    return [trapOf('npm-auth-elsewhere', say('trap.npm-auth-elsewhere.what', values), [place], [set])];
  });
}

/** Returns the registry that is set in the same file as the credentials; `null`: none is set there. */
function registryFor({ place }: NpmSetting, { settings }: NpmFound): string | null {
  if (!('file' in place)) return null;
  const found = settings.find(
    (one) =>
      one.key === 'registry' && 'file' in one.place && one.place.file === place.file && hostOf(one.value) !== null,
  );
  return found === undefined ? null : plainUrlOf(found.value);
}

function scopeTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  const { scopes, settings, privatePatterns } = found;
  const [main] = placesOfKey(found, 'registry');
  const mainHost = main === undefined ? null : hostOf(main.value);
  const isOutside = mainHost === null || !(isInnerHost(mainHost) || isLoopback(mainHost));
  return scopes.flatMap(({ scope, name, file, line }): NpmTrap[] => {
    const key = `${scope}:registry`;
    const [ours] = placesOfKey(found, key);
    const place = { file, line };
    if (ours === undefined && isOutside && matchesNpmPatterns(privatePatterns, name)) {
      const set = say('trap.npm-scope-leaks.set', { scope });
      return [trapOf('npm-scope-leaks', say('trap.npm-scope-leaks.what', { name, scope }), [place], [set])];
    }
    if (ours?.level !== 'user' || settings.some((one) => one.key === key && one.level === 'project')) return [];
    const what = say('trap.npm-scope-of-user.what', { scope, url: shown(ours) });
    const set = say('trap.npm-scope-of-user.set', { scope, url: plainUrlOf(ours.value) });
    return [trapOf('npm-scope-of-user', what, [ours.place, place], [set])];
  });
}

function isRegistry({ key }: NpmSetting): boolean {
  return key === 'registry' || /^@[^:]+:registry$/.test(key);
}

function hostOf(url: string): string | null {
  return URL.parse(url)?.hostname ?? null;
}

function shown({ value }: NpmSetting): string {
  return maskText(value);
}

/**
 * Returns the edit that replaces a setting's line by the lines `becomes`. Empty for a variable, a file that shells
 * read, and npm's builtin file.
 */
function edit({ level, place, line }: NpmSetting, becomes: readonly string[]): readonly Edit[] {
  if (line === null || !('file' in place) || level === 'builtin' || level === 'shell') return [];
  return [{ ...place, was: line, becomes }];
}

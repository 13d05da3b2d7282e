import { join } from 'node:path';
import { maskText } from '../../core/secret.ts';
import { type Edit, placeTextOf, type Trap } from '../../core/trap.ts';
import { isInnerHost, isLoopbackHost } from '../../core/url.ts';
import type { Say } from '../../words/words.ts';
import { explainPlainUrl, explainShadowed, type KnownTraps } from '../doctor.ts';
import { matchesNpmPatterns } from './names.ts';
import { type NpmFound, type NpmSetting, placesOfKey, tlsVariable } from './settings-found.ts';

/** Traps of the settings of npm, pnpm and yarn. */
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

/** Finds the traps in these settings. */
export function findNpmTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  return [
    ...registryTraps(found, say),
    ...found.settings.flatMap((setting) => tlsTraps(setting, say)),
    ...found.settings.flatMap((setting) => authTraps(setting, found, say)),
    ...scopeTraps(found, say),
  ];
}

function registryTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  const places = placesOfKey(found, 'registry');
  const [first] = places;
  const traps: NpmTrap[] = [];
  const others = places.slice(1).filter((one) => plainUrlOf(one.value) !== plainUrlOf(first?.value ?? ''));
  if (first !== undefined && others.length > 0)
    traps.push({
      id: 'npm-registry-shadowed',
      what: say('trap.npm-registry-shadowed.what', {
        first: shown(first),
        level: say(`trap.level.${first.level}`),
        others: others.map((one) => `${shown(one)} (${say(`trap.level.${one.level}`)})`).join(say('list.and')),
      }),
      where: [first, ...others].map(({ place }) => place),
      set: explainShadowed(first, others, say),
      edits: [],
    });
  const yarn = found.settings.find(({ key, level }) => key === 'registry' && level === 'yarn');
  const project = places.find(({ level }) => level === 'project');
  if (yarn !== undefined && project !== undefined && plainUrlOf(yarn.value) !== plainUrlOf(project.value))
    traps.push({
      id: 'npm-clients-differ',
      what: say('trap.npm-clients-differ.what', { npm: shown(project), yarn: shown(yarn) }),
      where: [project.place, yarn.place],
      set: [`yarn config set npmRegistryServer ${plainUrlOf(project.value)}${isOfHome(yarn, found) ? ' --home' : ''}`],
      edits: [],
    });
  traps.push(...pnpmTraps(found, first, say));
  for (const setting of found.settings.filter(isRegistry)) {
    const host = hostOf(setting.value);
    if (/^http:/i.test(setting.value) && host !== null && !isLoopbackHost(host))
      traps.push({
        id: 'npm-registry-plain',
        what: say('trap.npm-registry-plain.what', { key: setting.key, value: shown(setting) }),
        where: [setting.place],
        set: [explainPlainUrl('npm', plainUrlOf(setting.value), say)],
        edits: [],
      });
  }
  return traps;
}

/** pnpm's own files override .npmrc, and its newer versions read no `npm_config_` variable. */
function pnpmTraps({ settings }: NpmFound, npm: NpmSetting | undefined, say: Say): readonly NpmTrap[] {
  const pnpm = settings.find(({ key, level }) => key === 'registry' && level === 'pnpm');
  if (pnpm === undefined || npm === undefined || plainUrlOf(pnpm.value) === plainUrlOf(npm.value)) return [];
  return [
    {
      id: 'npm-pnpm-differ',
      what: say('trap.npm-pnpm-differ.what', { npm: shown(npm), pnpm: shown(pnpm) }),
      where: [npm.place, pnpm.place],
      set: [say('trap.npm-pnpm-differ.set', { place: placeTextOf(pnpm.place) })],
      edits: [],
    },
  ];
}

function isOfHome({ place }: NpmSetting, { home }: NpmFound): boolean {
  return 'file' in place && place.file === join(home, '.yarnrc.yml');
}

function tlsTraps(setting: NpmSetting, say: Say): readonly NpmTrap[] {
  const { key, value, place } = setting;
  const isOff = (key === 'strict-ssl' && value === 'false') || (key === tlsVariable && value === '0');
  if (!isOff) return [];
  const out = 'variable' in place ? say('trap.variable.out', { name: place.variable }) : say('trap.line.out');
  return [
    {
      id: 'npm-tls-off',
      what: say('trap.npm-tls-off.what', { key, value }),
      where: [place],
      set: [out, say('trap.npm-tls-off.authority')],
      edits: edit(setting, []),
    },
  ];
}

const credential = /^(\/\/.*:)?(_auth|_authToken|_password|username)$/i;

function authTraps(setting: NpmSetting, found: NpmFound, say: Say): readonly NpmTrap[] {
  const { key, place } = setting;
  const [, holder, name = ''] = credential.exec(key) ?? [];
  if (name === '' || setting.level === 'yarn') return [];
  if (holder === undefined) {
    const registry = registryFor(setting, found);
    const scoped =
      registry === null ? '//npm.example.com/' : registry.replace(/^https?:/i, '').replace(/\/*(?:[?#].*)?$/, '/');
    return [
      {
        id: 'npm-auth-unscoped',
        what: say('trap.npm-auth-unscoped.what', { name }),
        where: [place],
        set: [say('trap.npm-auth-unscoped.set', { scoped, name })],
        edits: registry === null ? [] : edit(setting, [(setting.line ?? '').replace(/^\s*/, `${scoped}:`)]),
      },
    ];
  }
  const host = holder.replace(/^\/\//, '').replace(/[/:].*$/, '');
  const inUse = found.settings.filter(isRegistry).map(({ value }) => hostOf(value)?.replace(/:\d+$/, '') ?? '');
  // Without a registry the clients use their default, which we do not name.
  if (inUse.length === 0 || inUse.includes(host)) return [];
  return [
    {
      id: 'npm-auth-elsewhere',
      what: say('trap.npm-auth-elsewhere.what', {
        count: inUse.length,
        name,
        host,
        used: [...new Set(inUse)].join(', '),
      }),
      where: [place],
      set: [say('trap.npm-auth-elsewhere.set', { host })],
      edits: [],
    },
  ];
}

/** The registry that a file's credentials belong to: the one that the same file sets. */
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
  const isOutside = mainHost === null || !(isInnerHost(mainHost) || isLoopbackHost(mainHost));
  return scopes.flatMap(({ scope, name, file, line }): NpmTrap[] => {
    const own = placesOfKey(found, `${scope}:registry`);
    const isPrivate = matchesNpmPatterns(privatePatterns, name);
    const [ours] = own;
    if (ours === undefined && isPrivate && isOutside)
      return [
        {
          id: 'npm-scope-leaks',
          what: say('trap.npm-scope-leaks.what', { name, scope }),
          where: [{ file, line }],
          set: [say('trap.npm-scope-leaks.set', { scope })],
          edits: [],
        },
      ];
    if (ours?.level !== 'user' || settings.some(({ key, level }) => key === `${scope}:registry` && level === 'project'))
      return [];
    return [
      {
        id: 'npm-scope-of-user',
        what: say('trap.npm-scope-of-user.what', { scope, url: shown(ours) }),
        where: [ours.place, { file, line }],
        set: [say('trap.npm-scope-of-user.set', { scope, url: plainUrlOf(ours.value) })],
        edits: [],
      },
    ];
  });
}

function isRegistry({ key }: NpmSetting): boolean {
  return key === 'registry' || /^@[^:]+:registry$/.test(key);
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

/** A URL without credentials and with one final slash, for comparison. */
export function plainUrlOf(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/*$/, '/');
}

function shown({ value }: NpmSetting): string {
  return maskText(value);
}

/** Files of npm and yarn may be edited; the builtin one belongs to a package. */
function edit({ level, place, line }: NpmSetting, becomes: readonly string[]): readonly Edit[] {
  if (line === null || !('file' in place) || level === 'builtin' || level === 'shell') return [];
  return [{ file: place.file, line: place.line, was: line, becomes }];
}

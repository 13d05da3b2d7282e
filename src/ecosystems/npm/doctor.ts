import { join } from 'node:path';
import { isLoopback } from '../../core/addresses.ts';
import { escapeWord, formatCommand } from '../../core/command-line.ts';
import { maskText } from '../../core/secret.ts';
import { type ClientCheck, type Edit, placeTextOf, type Trap } from '../../core/trap.ts';
import { isInnerHost } from '../../core/url.ts';
import { npmrc } from '../../formats/npmrc.ts';
import { yaml } from '../../formats/yaml.ts';
import type { Say } from '../../words/words.ts';
import {
  type Doctor,
  explainPlainUrl,
  explainShadowed,
  type KnownTraps,
  plainUrlOf,
  readWord,
  removalOf,
  sayTrap,
  trapOf,
} from '../doctor.ts';
import { changeSettings, isPlainValue, listRejected, settlingOf } from '../settings-file.ts';
import { npmForms } from './chain-forms.ts';
import { checkRegistries } from './clients.ts';
import { npmLocks } from './locks.ts';
import { matchesNpmPatterns } from './names.ts';
import { findNpmProtections } from './protections.ts';
import {
  findNpm,
  type NpmFound,
  type NpmSetting,
  placesOfKey,
  pnpmFileOf,
  pnpmKeys,
  tlsVariable,
  userFileOf,
} from './settings-found.ts';

const npmKinds = {
  'npm-registry-shadowed': { severity: 'warning', isFixable: false },
  'npm-registry-plain': { severity: 'warning', isFixable: false },
  'npm-clients-differ': { severity: 'warning', isFixable: false },
  'npm-pnpm-differ': { severity: 'warning', isFixable: false },
  'npm-tls-off': { severity: 'error', isFixable: true },
  'npm-auth-unscoped': { severity: 'error', isFixable: true },
  'npm-auth-elsewhere': { severity: 'note', isFixable: false },
  'npm-scope-leaks': { severity: 'error', isFixable: false },
  'npm-scope-of-user': { severity: 'note', isFixable: false },
  'npm-protection-unserved': { severity: 'error', isFixable: false },
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
  const places = placesOfKey(found.settings, 'registry');
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

function yarnTraps({ settings }: NpmFound, project: NpmSetting | undefined, say: Say): readonly NpmTrap[] {
  const yarn = settings.find(({ key, level }) => key === 'registry' && level === 'yarn');
  if (yarn === undefined || project === undefined || plainUrlOf(yarn.value) === plainUrlOf(project.value)) return [];
  const what = say('trap.npm-clients-differ.what', { npm: shown(project), yarn: shown(yarn) });
  // Also if yarn's setting is in the home folder: what a project sets must apply to no other project.
  const set = formatCommand`yarn config set npmRegistryServer ${urlIn(project)}`;
  return [trapOf('npm-clients-differ', what, [project.place, yarn.place], [set])];
}

/** Finds a registry of pnpm that differs from npm's. pnpm's own files override .npmrc. */
function pnpmTraps({ settings }: NpmFound, npm: NpmSetting | undefined, say: Say): readonly NpmTrap[] {
  const pnpm = settings.find(({ key, level }) => key === 'registry' && level === 'pnpm');
  if (pnpm === undefined || npm === undefined || plainUrlOf(pnpm.value) === plainUrlOf(npm.value)) return [];
  const values = { npm: shown(npm), pnpm: shown(pnpm), place: placeTextOf(pnpm.place) };
  return [sayTrap(say, 'npm-pnpm-differ', [npm.place, pnpm.place], values)];
}

function plainTraps(setting: NpmSetting, say: Say): readonly NpmTrap[] {
  const { key, value, place } = setting;
  const host = hostOf(value);
  if (!isRegistry(setting) || !/^http:/i.test(value) || host === null || isLoopback(host)) return [];
  const what = say('trap.npm-registry-plain.what', { key, value: shown(setting) });
  return [trapOf('npm-registry-plain', what, [place], [explainPlainUrl('npm', urlIn(setting), say)])];
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
  const inUse = found.settings.filter(isRegistry);
  const used = new Set(inUse.map(({ value }) => hostOf(value) ?? ''));
  const names = [...new Set(inUse.map((one) => hostOf(one.written) ?? shown(one)))];
  const list = names.slice(0, usedMax).join(', ');
  const more = names.length - usedMax;
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
      const line = setting.line?.trimStart() ?? '';
      const edits = registry === null || !line.startsWith(name) ? [] : edit(setting, [`${scoped}:${line}`]);
      return [sayTrap(say, 'npm-auth-unscoped', [place], { scoped, name }, edits)];
    }
    const host = holder.replace(/^\/\//, '').split(/[/:]/, 1)[0] ?? '';
    if (!hasMain || used.has(host) || setting.line?.split('=', 1)[0]?.includes('${')) return [];
    const values = { count: inUse.length, name, host, used: more > 0 ? say('list.more', { list, more }) : list };
    const set = say('trap.npm-auth-elsewhere.set', { host: escapeWord(host) });
    return [trapOf('npm-auth-elsewhere', say('trap.npm-auth-elsewhere.what', values), [place], [set])];
  });
}

/** Returns the registry that is set in the same file as the credentials; `null`: none is set there. */
function registryFor({ place }: NpmSetting, { settings }: NpmFound): string | null {
  const file = 'file' in place && place.file;
  const isThere = ({ place: at }: NpmSetting): boolean => 'file' in at && at.file === file;
  const found = settings.find((one) => one.key === 'registry' && isThere(one) && hostOf(one.written) !== null);
  return found === undefined ? null : urlIn(found);
}

function scopeTraps(found: NpmFound, say: Say): readonly NpmTrap[] {
  const { scopes, settings, privatePatterns } = found;
  const [main] = placesOfKey(found.settings, 'registry');
  const mainHost = main === undefined ? null : hostOf(main.value);
  const isOutside = mainHost === null || !(isInnerHost(mainHost) || isLoopback(mainHost));
  return scopes.flatMap(({ scope, name, file, line }): NpmTrap[] => {
    const key = `${scope}:registry`;
    const [ours] = placesOfKey(found.settings, key);
    const place = { file, line };
    if (ours === undefined && isOutside && matchesNpmPatterns(privatePatterns, name))
      return [sayTrap(say, 'npm-scope-leaks', [place], { name, scope })];
    if (ours?.level !== 'user' || settings.some((one) => one.key === key && one.level === 'project')) return [];
    const what = say('trap.npm-scope-of-user.what', { scope, url: shown(ours) });
    const set = say('trap.npm-scope-of-user.set', { scope, url: urlIn(ours) });
    return [trapOf('npm-scope-of-user', what, [ours.place, place], [set])];
  });
}

function isRegistry({ key }: NpmSetting): boolean {
  return key === 'registry' || /^@[^:]+:registry$/.test(key);
}

const hostOf = (url: string): string | null => URL.parse(url)?.hostname ?? null;

/** Returns a value for display, with references to variables as written: a variable may be a secret. */
const shown = ({ written }: NpmSetting): string => maskText(written);

/** Returns the URL in a setting as written, without user-info. */
const urlIn = ({ written }: NpmSetting): string =>
  written.includes('${') ? withoutUser(written) : plainUrlOf(written);

/**
 * Returns the edit that replaces a setting's line by the lines `becomes`. Empty for a variable, a file that shells
 * read, and npm's builtin file.
 */
function edit({ level, place, line }: NpmSetting, becomes: readonly string[]): readonly Edit[] {
  if (line === null || !('file' in place) || level === 'builtin' || level === 'shell') return [];
  return [{ ...place, was: line, becomes }];
}

export const npmDoctor: Doctor = {
  kinds: npmKinds,
  unserved: 'npm-protection-unserved',
  async examine(surroundings, say) {
    const found = await findNpm(surroundings);
    return { traps: findNpmTraps(found, say), unchecked: listRejected(found.files, say) };
  },
  readersOf: (name) => (name === '.npmrc' ? npmChecks(null) : []),
  async today(surroundings) {
    const found = await findNpm(surroundings);
    const [registry] = placesOfKey(found.settings, 'registry');
    const written = registry === undefined ? '' : registry.written;
    const hasReferences = written.includes('${');
    const scopes = found.settings.flatMap(({ key }) => /^(@[^:]+):registry$/.exec(key)?.[1] ?? []);
    return {
      chain:
        registry === undefined
          ? null
          : {
              text: urlIn(registry),
              place: registry.place,
              isDefault: false,
              isOfProject: registry.level === 'project' && (hasReferences || !isOfUser(written, found)),
              hasCredentials: hasReferences || hasCredentials(written, found),
              hasReferences,
            },
      chainOf: (text) =>
        checkRegistries(text) === null ? { text: plainUrlOf(text), hasCredentials: hasCredentials(text, found) } : null,
      sources: found.settings.filter(({ key }) => key === 'registry').map(({ value }) => value),
      privatePatterns: [...new Set(scopes)].map((scope) => `${scope}/*`),
      protections: findNpmProtections(found, surroundings.machine.env),
    };
  },
  forms: npmForms,
  sourcesIn: (text) => ({
    sources: [...text.matchAll(inBuild)].map(([, url = '']) => url),
    privatePatterns: [...text.matchAll(scopeInBuild)].map(([, scope = '']) => `${scope}/*`),
  }),
  async authority({ machine, ...surroundings }) {
    const { settings, scopes } = await findNpm({ machine, ...surroundings });
    const variable = 'NODE_EXTRA_CA_CERTS';
    const named = settings.find(({ key }) => key === 'cafile' || key === 'ca' || key === 'ca[]');
    const file = machine.env[variable] ?? '';
    const isProject = (await machine.read(join(machine.cwd, 'package.json'))).tag === 'ok';
    const set =
      file !== ''
        ? { file, place: { variable } }
        : named && {
            // What a checkout trusts is for no other client.
            file: named.key === 'cafile' && named.level !== 'project' ? named.value : null,
            place: named.place,
          };
    return { variable, isUsed: isProject || scopes.length > 0 || settings.length > 0, set: set ?? null };
  },
  async settle(surroundings, remedy, say) {
    const url = readWord(remedy['npm_config_registry']);
    if (url === null || checkRegistries(url) !== null) return null;
    const { machine } = surroundings;
    const found = await findNpm(surroundings);
    const pnpm = pnpmFileOf(machine);
    const above = found.settings.filter(({ key, level }) => key === 'registry' && aboveUser.test(level));
    const ofPnpm = found.files.find((one) => one?.file === pnpm)?.settings ?? [];
    const inPnpm = ofPnpm.flatMap(({ path }) =>
      Object.hasOwn(pnpmKeys, path.join('.')) ? [[path, url] as const] : [],
    );
    const yarn = join(machine.home, '.yarnrc.yml');
    const hasYarn = (await machine.read(yarn)).tag === 'ok';
    const changes = [
      await changeSettings(machine, userFileOf(machine), npmrc, [[['registry'], url]], npmChecks(url)),
      await changeSettings(machine, pnpm, yaml, inPnpm, []),
      ...(hasYarn ? [await changeSettings(machine, yarn, yaml, [[['npmRegistryServer'], url]], [])] : []),
    ];
    const notes = above
      .filter(({ value, place }) => plainUrlOf(value) !== plainUrlOf(url) && !('file' in place && place.file === pnpm))
      .map(({ place }) => say('settle.wins', { key: 'registry', place: placeTextOf(place) }));
    return settlingOf(changes, notes);
  },
  isUsualLock: (name) => npmLocks.isLock(name),
};

/** Matches the levels of settings that count before those of the user. */
const aboveUser = /^(?:environment|project|pnpm)$/;

/** Matches the URL of a registry in a file of any syntax: of a variable, an option or a key. A reference may stand for it. */
const inBuild =
  /(?:npm_config_registry|--registry|set registry|registry-url|npm_?registry_?server|(?<![\w:.-])registry(?==))["']?(?: ?[:?]?=|:|,?\s{1,20}["']?value["']?:)? ?["']?((?:https?:|\$)[^\s"']+)/gi;
const scopeInBuild = /(@[a-z0-9~-][\w.~-]{0,213}):registry/gi;

/** Removes the user-info of a URL that has references to variables. As in mirrorwatch, `${NAME:-}` may be empty. */
function withoutUser(url: string): string {
  const at = url.lastIndexOf('@');
  const scheme = /^https?:\/\//i.exec(url)?.[0] ?? '';
  return `${at < 0 ? url : scheme + url.slice(at + 1)}`.replaceAll('?}', ':-}');
}

/** True if another file than the project's has credentials for a registry, so that the user knows the registry. */
function isOfUser(url: string, { settings }: NpmFound): boolean {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return settings.some(({ key, level }) => level !== 'project' && host !== '' && key.startsWith(`//${host}/`));
}

/** True if the settings have credentials for a registry: in its URL, or under a key for its host such as `//host/:_authToken`. */
function hasCredentials(url: string, { settings }: NpmFound): boolean {
  if (!URL.canParse(url)) return false;
  const { host, username, password } = new URL(url);
  return (
    username + password !== '' ||
    settings.some(({ key }) => key.startsWith(`//${host}/`) && /:_?(?:auth|pass)/i.test(key))
  );
}

function npmChecks(line: string | null): readonly ClientCheck[] {
  const args = ['config', 'get', 'registry'];
  return ['npm', 'pnpm'].map((command) => ({ command, args, variable: 'npm_config_userconfig', line, inertTextOf }));
}

/**
 * Returns the registries of a .npmrc, each in its section, because some clients read its keys as their own; `null`: a
 * value is not plain.
 */
function inertTextOf(text: string): string | null {
  const parsed = npmrc.parse(text);
  if (parsed.tag === 'error') return null;
  const lines = parsed.value.map(({ path, value }) =>
    value === undefined ? `[${path[0]}]` : `${path.at(-1)}=${String(value)}`,
  );
  const inert = lines.filter((line) => /^(?:\[|(?:@[^=]*:)?registry=)/.test(line));
  const isPlain = inert.every((line) => isPlainValue(line.replace(/^\[([\w.-]+)\]$|^@/, '$1')));
  return isPlain ? inert.map((line) => `${line}\n`).join('') : null;
}

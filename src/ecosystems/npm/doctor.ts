import { join } from 'node:path';
import { type ClientCheck, placeTextOf } from '../../core/trap.ts';
import { npmrc } from '../../formats/npmrc.ts';
import { yaml } from '../../formats/yaml.ts';
import { type Doctor, plainUrlOf, readWord } from '../doctor.ts';
import { changeSettings, isPlainValue, listRejected, settlingOf } from '../settings-file.ts';
import { npmForms } from './chain-forms.ts';
import { checkRegistries } from './clients.ts';
import { npmLocks } from './locks.ts';
import { findNpm, type NpmFound, placesOfKey, userFileOf } from './settings-found.ts';
import { findNpmTraps, npmKinds } from './traps.ts';

export const npmDoctor: Doctor = {
  kinds: npmKinds,
  async examine(surroundings, say) {
    const found = await findNpm(surroundings);
    return { traps: findNpmTraps(found, say), unchecked: listRejected(found.files, say) };
  },
  readersOf: (name) => (name === '.npmrc' ? npmChecks(null) : []),
  async today(surroundings) {
    const found = await findNpm(surroundings);
    const [registry] = placesOfKey(found, 'registry');
    const written = registry === undefined ? '' : registry.written;
    const hasReferences = written.includes('${');
    const scopes = found.settings.flatMap(({ key }) => /^(@[^:]+):registry$/.exec(key)?.[1] ?? []);
    return {
      chain:
        registry === undefined
          ? null
          : {
              text: hasReferences ? withoutUser(written) : plainUrlOf(written),
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
        : named && { file: named.key === 'cafile' ? named.value : null, place: named.place };
    return { variable, isUsed: isProject || scopes.length > 0 || settings.length > 0, set: set ?? null };
  },
  async settle(surroundings, remedy, say) {
    const url = readWord(remedy['npm_config_registry']);
    if (url === null || checkRegistries(url) !== null) return null;
    const { machine } = surroundings;
    const found = await findNpm(surroundings);
    const above = placesOfKey(found, 'registry').filter(({ level }) => level === 'environment' || level === 'project');
    const yarn = join(machine.home, '.yarnrc.yml');
    const hasYarn = (await machine.read(yarn)).tag === 'ok';
    const changes = [
      await changeSettings(machine, userFileOf(machine), npmrc, [[['registry'], url]], npmChecks(url)),
      ...(hasYarn ? [await changeSettings(machine, yarn, yaml, [[['npmRegistryServer'], url]], [])] : []),
    ];
    const notes = above
      .filter(({ value }) => plainUrlOf(value) !== plainUrlOf(url))
      .map(({ place }) => say('settle.wins', { key: 'registry', place: placeTextOf(place) }));
    return settlingOf(changes, notes);
  },
  isUsualLock: (name) => npmLocks.isLock(name),
};

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
 * Returns the registries of a .npmrc; `null`: a value is not plain, or the file has a section, whose keys some clients
 * read as their own.
 */
function inertTextOf(text: string): string | null {
  const parsed = npmrc.parse(text);
  if (parsed.tag === 'error' || parsed.value.some(({ value }) => value === undefined)) return null;
  const inert = parsed.value.filter(({ path: [key] }) => /^(?:@[\w.~-]+:)?registry$/.test(`${key}`));
  if (!inert.every(({ path, value }) => path.length === 1 && isPlainValue(value))) return null;
  return inert.map(({ path: [key], value }) => `${key}=${value}\n`).join('');
}

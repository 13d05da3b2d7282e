import { phrase } from '../../words/tell.ts';
import { count } from '../locks.ts';
import { type Fields, fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { type Locked, LockFound } from './locked.ts';
import { splitPackage } from './names.ts';

export const dependencyKeys = ['dependencies', 'optionalDependencies'] as const;
const directKeys = [...dependencyKeys, 'devDependencies'] as const;

/** Parses a JSON lock file or a package.json; `null`: the text is no JSON object. */
export function readLockJson(text: string): Fields | null {
  const parsed = parseFields(text, phrase('expected.npmLock'));
  return parsed.tag === 'ok' ? parsed.value : null;
}

function textOf(fields: Fields, key: string): string | null {
  const value = memberIn(fields, key);
  return typeof value === 'string' ? value : null;
}

export function mappingOf(fields: Fields, key: string): readonly (readonly [string, unknown])[] {
  return Object.entries(fieldsOf(memberIn(fields, key)) ?? {});
}

/**
 * Returns the names of the dependencies in a package.json, including optional ones and those for development, without
 * peer dependencies.
 */
export function directPackagesOf(manifest: Fields): readonly string[] {
  return directKeys.flatMap((key) => mappingOf(manifest, key).map(([name]) => name));
}

/**
 * Parses a package-lock.json or npm-shrinkwrap.json of any format version; `null`: the text is no such file. npm before
 * 5 wrote `dependencies` without a version of the format. Bundled packages are skipped, because no client requests
 * them.
 * @param manifest  the project's package.json: format version 1 does not name the direct dependencies
 * @see https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 */
export function parsePackageLock(text: string, manifest: Fields | null): LockFound | null {
  const file = readLockJson(text);
  if (file === null || (typeof file['lockfileVersion'] !== 'number' && fieldsOf(file['dependencies']) === null))
    return null;
  const found = fieldsOf(file['packages']) === null ? readTree(file) : readPackages(file);
  for (const name of directPackagesOf(manifest ?? {})) found.direct.add(name);
  return found;
}

/** Reads format versions 2 and 3. The project and its workspaces are the folders outside `node_modules`. */
function readPackages(file: Fields): LockFound {
  const found = new LockFound();
  const { packages, direct, mentions } = found;
  for (const [folder, value] of mappingOf(file, 'packages')) {
    const entry = fieldsOf(value);
    if (entry === null) continue;
    const at = folder.lastIndexOf('node_modules/');
    if (at < 0) for (const name of directPackagesOf(entry)) direct.add(name);
    for (const key of dependencyKeys) for (const [name] of mappingOf(entry, key)) count(mentions, name);
    if (at < 0 || entry['inBundle'] === true) continue;
    const name = textOf(entry, 'name') ?? folder.slice(at + 'node_modules/'.length);
    packages.push(lockedOf(name, textOf(entry, 'version') ?? '', entry, entry['link'] === true));
  }
  return found;
}

function readTree(file: Fields): LockFound {
  const found = new LockFound();
  const { packages, mentions } = found;
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, value] of mappingOf(next, 'dependencies')) {
      const entry = fieldsOf(value);
      if (entry === null) continue;
      open.push(entry);
      for (const [required] of mappingOf(entry, 'requires')) count(mentions, required);
      if (entry['bundled'] === true) continue;
      const version = textOf(entry, 'version') ?? '';
      const alias = version.startsWith('npm:') ? splitPackage(version.slice('npm:'.length)) : null;
      packages.push(lockedOf(alias?.module ?? name, alias?.version ?? version, entry, false));
    }
  }
  return found;
}

function lockedOf(module: string, version: string, entry: Fields, isLink: boolean): Locked {
  // In format version 1, `version` contains the source of a package that is not from a registry.
  const source = textOf(entry, 'resolved') ?? (version.includes(':') ? version : null);
  const isLocal = isLink || source?.startsWith('file:') === true;
  return { module, version, source: isLocal ? null : source, isLocal, integrity: textOf(entry, 'integrity') };
}

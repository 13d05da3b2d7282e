import { phrase } from '../../words/tell.ts';
import { count } from '../locks.ts';
import { fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { LockFound, type LockText } from './locked.ts';
import { splitPackage } from './names.ts';
import { dependencyKeys, directPackagesOf, mappingOf } from './package-lock.ts';

/**
 * Matches a comma before a closing bracket, outside of strings. bun writes commas there, but JSON does not allow them.
 */
const lastComma = /("(?:[^"\\]|\\.?)*"?)|,(?=\s*[\]}])/gs;

/**
 * Parses a bun.lock; `null`: the text is no bun.lock. A package is a list: `name@version`, its registry (empty: the
 * configured registry), its fields, its integrity. For a package that is not from a registry, such as a git repository,
 * the source takes the place of the version.
 * @see https://bun.com/docs/pm/lockfile
 */
export function parseBunLock(text: string): LockText | null {
  const parsed = parseFields(text.replace(lastComma, '$1'), phrase('expected.bunLock'));
  if (parsed.tag === 'error' || typeof memberIn(parsed.value, 'lockfileVersion') !== 'number') return null;
  const found = new LockFound();
  for (const [, value] of mappingOf(parsed.value, 'packages')) {
    const [reference, registry, fields, integrity]: readonly unknown[] = Array.isArray(value) ? value : [];
    if (typeof reference !== 'string') continue;
    const { module, version } = splitPackage(reference);
    const info = fieldsOf(fields);
    for (const key of dependencyKeys)
      for (const [name] of info === null ? [] : mappingOf(info, key)) count(found.mentions, name);
    if (memberIn(info, 'bundled') === true) continue;
    const isLocal = /^(?:workspace|root|link|file):/.test(version ?? '');
    const isElsewhere = version === null || /[:/]/.test(version);
    const from = typeof registry === 'string' && registry !== '' ? registry : null;
    found.packages.push({
      module,
      version: version ?? '',
      source: isLocal ? null : isElsewhere ? (version ?? reference) : from,
      isLocal,
      integrity: typeof integrity === 'string' && integrity !== '' ? integrity : null,
    });
  }
  for (const [, value] of mappingOf(parsed.value, 'workspaces'))
    for (const name of directPackagesOf(fieldsOf(value) ?? {})) found.direct.add(name);
  return found;
}

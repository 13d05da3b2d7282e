import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import { isExact } from './version.ts';

const part = '[a-z0-9~-][a-z0-9._~-]*';
const packageName = new RegExp(`^(?:@${part}/)?${part}$`, 'i');
const nameCharsMax = 214;

/**
 * True for a name that a registry may be asked for. Capitals are taken: names from before 2015 have them.
 * @see npm/validate-npm-package-name, validForOldPackages
 */
export function isPackageName(name: string): boolean {
  return name.length <= nameCharsMax && packageName.test(name) && name.toLowerCase() !== 'node_modules';
}

/** A name as npm spells it in a path: the slash of a scope is `%2f`; `null` where it is no name. @see protocols.md 2.1 */
export function escapeName(name: string): string | null {
  return isPackageName(name) ? name.replace('/', '%2f') : null;
}

/** Splits `name@version`; the `@` of a scope is part of the name. `version` is `null` where none is written. */
export function splitPackage(text: string): { readonly module: string; readonly version: string | null } {
  const at = text.indexOf('@', 1);
  return at < 0 ? { module: text, version: null } : { module: text.slice(0, at), version: text.slice(at + 1) };
}

/** Reads `name@version`; the error says what was expected. `latest` is a version too. */
export function parsePackage(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const { module, version } = splitPackage(text);
  if (!isPackageName(module)) return error(phrase('expected.npmName'));
  if (version === null || version === '') return error(phrase('expected.npmPackage', { example: `${module}@latest` }));
  if (version !== 'latest' && !isExact(version)) return error(phrase('expected.npmVersion'));
  return ok({ module, version });
}

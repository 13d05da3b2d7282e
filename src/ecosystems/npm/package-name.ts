import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

const part = '[a-z0-9~-][a-z0-9._~-]*';
const packageName = new RegExp(`^(?:@${part}/)?${part}$`, 'i');
const nameCharsMax = 214;

/**
 * True for a valid package name. Capitals are accepted: packages from before 2015 have them.
 * @see npm/validate-npm-package-name, validForOldPackages
 */
export function isPackageName(name: string): boolean {
  return name.length <= nameCharsMax && packageName.test(name) && name.toLowerCase() !== 'node_modules';
}

/**
 * A name as npm writes it in a path, with `%2f` for the slash of a scope; `null` for an invalid name.
 * @see protocols.md 2.1
 */
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

const number = '(0|[1-9]\\d{0,15})';
const label = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const exact = new RegExp(`^${number}\\.${number}\\.${number}(?:-${label}(?:\\.${label})*)?$`);
const versionCharsMax = 256;

/**
 * True for a complete version such as `1.2.3` or `2.0.0-rc.1`: no range, no `v`, no build. Equal to the versions that
 * `semver.valid` returns unchanged, without loading that library.
 * @see semver.org 2.0.0; docs/decisions/0016-parsers-kept.md
 */
export function isExact(version: string): boolean {
  const [, ...numbers] = version.length <= versionCharsMax ? (exact.exec(version) ?? []) : [];
  return numbers.length > 0 && numbers.every((one) => Number.isSafeInteger(Number(one)));
}

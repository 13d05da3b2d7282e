import { matchesParts } from '../../core/globs.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';

export const npmNames: Names = {
  describes:
    'npm packages. The canary requests the first one with a fixed version (lock files last), else the first one. Choose one with a small packument (metadata document).',
  entry: { describes: 'A package and its version.', expected: phrase('expected.word', { word: 'name@version' }) },
  parse: parsePackage,
  byHand: splitPackage,
  newest: 'latest',
  isFixed: (version) => version !== null && isExact(version),
  example: 'left-pad@1.3.0',
  private: {
    describes:
      'Scopes, and names with `*` for any characters but the slash. Matching packages are requested only from mirrors whose key `upstream` has another value than `npm`.',
    expected: phrase('expected.npmPattern'),
    list: phrase('expected.listScopes'),
    isPattern: isNpmPattern,
    matches: matchesNpmPatterns,
  },
};

const part = '[a-z0-9~-][a-z0-9._~-]*';
const packageName = new RegExp(`^(?:@${part}/)?${part}$`, 'i');
const nameCharsMax = 214;

/** True for a package name. Old names may have capitals. @see npm/validate-npm-package-name, validForOldPackages */
export function isPackageName(name: string): boolean {
  return name.length <= nameCharsMax && packageName.test(name) && name.toLowerCase() !== 'node_modules';
}

/**
 * Returns a name as npm writes it in a path, with `%2f` for the slash; `null`: the name is invalid.
 * @see docs/protocols/npm.md#endpoints
 */
export function escapeName(name: string): string | null {
  return isPackageName(name) ? name.replace('/', '%2f') : null;
}

/** Splits `name@version` or `@scope/name@version`. `version` is `null` if none is written. */
export function splitPackage(text: string): { readonly module: string; readonly version: string | null } {
  const at = text.indexOf('@', 1);
  return at < 0 ? { module: text, version: null } : { module: text.slice(0, at), version: text.slice(at + 1) };
}

function parsePackage(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
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
 * True for a complete version such as `1.2.3` or `2.0.0-rc.1`, without build metadata: one that `semver.valid` returns
 * unchanged.
 * @see semver.org 2.0.0; docs/decisions/0016-libraries-that-are-safe-with-hostile-input.md
 */
export function isExact(version: string): boolean {
  const [, ...numbers] = version.length <= versionCharsMax ? (exact.exec(version) ?? []) : [];
  return numbers.length > 0 && numbers.every((one) => Number.isSafeInteger(Number(one)));
}

/**
 * Matches a private pattern: a scope (`@corp` or `@corp/*`), or a name with `*` for any characters but the slash, such
 * as `@corp/ui-*` or `corp-*`.
 */
const pattern = /^(?:@[a-z0-9~*-][a-z0-9._~*-]*(?:\/[a-z0-9~*-][a-z0-9._~*-]*)?|[a-z0-9~*-][a-z0-9._~*-]*)$/i;

function isNpmPattern(text: string): boolean {
  return text.length <= nameCharsMax && pattern.test(text);
}

/** True if a name matches one of the patterns. Case is ignored. A scope matches all its packages. */
export function matchesNpmPatterns(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return patterns.some((one) => isNpmPattern(one) && matches(one.toLowerCase(), lower));
}

function matches(glob: string, name: string): boolean {
  const whole = glob.startsWith('@') && !glob.includes('/') ? `${glob}/*` : glob;
  const [elements, parts] = [whole.split('/'), name.split('/')];
  return (
    elements.length === parts.length &&
    elements.every((element, at) => matchesParts(element.split('*'), parts[at] ?? ''))
  );
}

/** Returns the scope `@corp` for the patterns `@corp` and `@corp/*`; `null` for other patterns. */
export function nameScopeOf(text: string): string | null {
  return /^(@[a-z0-9~-][a-z0-9._~-]*)(?:\/\*)?$/i.exec(text)?.[1] ?? null;
}

import { matchesParts } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';

const crateName = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const number = '(?:0|[1-9]\\d{0,15})';
const label = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const semver = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${label}(?:\\.${label})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const pattern = /^[A-Za-z_*][A-Za-z0-9_*-]{0,199}$/;

/** The word that stands for the highest version that is not yanked, in place of a version. */
const newest = 'latest';

export function isCrateName(text: string): boolean {
  return crateName.test(text);
}

/** True for a complete version such as `1.2.3`, `2.0.0-rc.1` or `0.9.34+deprecated`. @see semver.org 2.0.0 */
export function isCrateVersion(text: string): boolean {
  return text.length <= limits.versionChars && semver.test(text);
}

/** Some versions of cargo look for a crate that an index lacks under each spelling with `-` and `_`. */
function plainOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Splits `name@version`. `version` is `null` if none is written. */
function splitCrate(text: string): { readonly module: string; readonly version: string | null } {
  const [module = '', version = ''] = text.trim().split(/@(.*)/s);
  return { module, version: version === '' ? null : version };
}

function parseCrate(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const { module, version } = splitCrate(text);
  if (!isCrateName(module)) return error(phrase('expected.crateName'));
  if (version === null) return error(phrase('expected.npmPackage', { example: `${module}@${newest}` }));
  return version === newest || isCrateVersion(version) ? ok({ module, version }) : error(phrase('expected.npmVersion'));
}

export const cargoNames: Names = {
  describes:
    'Crates. The canary requests the first one with a fixed version (lock files last), else the first one. Choose one with few versions.',
  entry: { describes: 'A crate and its version.', expected: phrase('expected.word', { word: 'name@version' }) },
  parse: parseCrate,
  byHand: splitCrate,
  newest,
  isFixed: (version) => version !== null && isCrateVersion(version),
  example: 'cfg-if@1.0.0',
  private: {
    describes:
      'Names of crates, `*` for any characters. Matching crates are requested only from mirrors whose key `upstream` has another value than `crates`.',
    expected: phrase('expected.pypiPattern'),
    list: phrase('expected.listNames'),
    isPattern: (text) => pattern.test(text) && !/^\*+$/.test(text),
    matches: (patterns, name) => patterns.some((one) => matchesParts(plainOf(one).split('*'), plainOf(name))),
  },
};

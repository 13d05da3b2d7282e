import { limits } from '../../core/limits.ts';

/** A Python version (PEP 440). Each number is a text of digits without leading zeros. */
export interface PypiVersion {
  readonly epoch: string;
  /** The numbers of the release without final zeros, for example `1` for `1.0`. */
  readonly release: readonly string[];
  /** The pre-release part: `a`, `b` or `rc`, and a number. `null`: none. */
  readonly pre: readonly [string, string] | null;
  readonly post: string | null;
  readonly dev: string | null;
  readonly local: readonly string[];
}

/** Matches a version in lower case. @see PEP 440, appendix B */
const form =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const spellings: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

function digits(text: string | undefined): string {
  return (text ?? '').replace(/^0+(?=\d)/, '') || '0';
}

/** Parses a version in any spelling; `null`: it is invalid or too long. */
export function parseVersion(text: string): PypiVersion | null {
  if (text.length > limits.versionChars) return null;
  const found = form.exec(text.trim().toLowerCase());
  if (found === null) return null;
  const [, epoch, release = '', pre, preNumber, dashPost, post, postNumber, dev, devNumber, local = ''] = found;
  return {
    epoch: digits(epoch),
    release: withoutZeros(release.split('.').map(digits)),
    pre: pre === undefined ? null : [spellings[pre] ?? pre, digits(preNumber)],
    post: dashPost === undefined ? (post === undefined ? null : digits(postNumber)) : digits(dashPost),
    dev: dev === undefined ? null : digits(devNumber),
    local: local === '' ? [] : local.split(/[-_.]/).map((part) => (/^\d+$/.test(part) ? digits(part) : part)),
  };
}

/** Returns the canonical spelling of a version, without final zeros. @see packaging.utils canonicalize_version */
export function canonicalVersionOf({ epoch, release, pre, post, dev, local }: PypiVersion): string {
  const first = epoch === '0' ? '' : `${epoch}!`;
  const numbers = release.length === 0 ? '0' : release.join('.');
  const ends = [pre?.join(''), post === null ? '' : `.post${post}`, dev === null ? '' : `.dev${dev}`];
  return `${first}${numbers}${ends.join('')}${local.length === 0 ? '' : `+${local.join('.')}`}`;
}

function withoutZeros(release: readonly string[]): readonly string[] {
  const last = release.findLastIndex((part) => part !== '0');
  return release.slice(0, last + 1);
}

/** True for alphas, betas, candidates and development releases. */
export function isPythonPrerelease({ pre, dev }: PypiVersion): boolean {
  return pre !== null || dev !== null;
}

/**
 * Compares two versions: below 0 if `a` is older, above 0 if `b` is older, 0 if they are equal.
 * @see packaging.version _cmpkey
 */
export function comparePythonVersions(a: PypiVersion, b: PypiVersion): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareLists(a.release, b.release, (x, y) => compareDigits(x ?? '0', y ?? '0')) ||
    preRank(a) - preRank(b) ||
    comparePre(a.pre, b.pre) ||
    compareDigits(a.post ?? '-', b.post ?? '-') ||
    compareDigits(a.dev ?? '~', b.dev ?? '~') ||
    compareLists(a.local, b.local, compareLocal)
  );
}

/**
 * Returns the rank of a version among versions with equal release numbers. 0: a development release that is neither a
 * pre-release nor a post-release; 1: a pre-release; 2: any other version.
 */
function preRank({ pre, post, dev }: PypiVersion): number {
  if (pre !== null) return 1;
  return post === null && dev !== null ? 0 : 2;
}

function comparePre(a: PypiVersion['pre'], b: PypiVersion['pre']): number {
  if (a === null || b === null || a[0] !== b[0]) return a === null || b === null ? 0 : a[0] < b[0] ? -1 : 1;
  return compareDigits(a[1], b[1]);
}

/**
 * Compares digits without leading zeros. An absent part is given as `-` (below all numbers) or `~` (above all numbers).
 */
function compareDigits(a: string, b: string): number {
  const byKind = kindOf(a) - kindOf(b);
  if (byKind !== 0 || a === b) return byKind;
  return a.length - b.length || (a < b ? -1 : 1);
}

function kindOf(number: string): number {
  return number === '-' ? 0 : number === '~' ? 2 : 1;
}

/** Compares two parts of local versions. A number is above a word, and any part is above a missing part. */
function compareLocal(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const numbers = Number(/^\d+$/.test(a)) - Number(/^\d+$/.test(b));
  if (numbers !== 0 || a === b) return numbers;
  return /^\d+$/.test(a) ? compareDigits(a, b) : a < b ? -1 : 1;
}

function compareLists(
  a: readonly string[],
  b: readonly string[],
  compare: (x: string | undefined, y: string | undefined) => number,
): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = compare(a[at], b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

interface Parsed {
  /** Major, minor and patch in decimal digits; a missing number is `0`. */
  readonly numbers: readonly [string, string, string];
  /** The pre-release part without the dash; empty for a release. */
  readonly pre: string;
  readonly build: string;
  /** True if major, minor and patch were all written. */
  readonly whole: boolean;
}

const number = '(0|[1-9]\\d*)';
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const form = new RegExp(`^v${number}(?:\\.${number}(?:\\.${number}(?:-(${identifiers}))?(?:\\+(${identifiers}))?)?)?$`);

function parse(version: string): Parsed | null {
  const found = form.exec(version);
  if (found === null) return null;
  const [, major = '0', minor = '0', patch, pre = '', build = ''] = found;
  if (pre.split('.').some((id) => /^0\d+$/.test(id))) return null;
  return { numbers: [major, minor, patch ?? '0'], pre, build, whole: patch !== undefined };
}

/** True for a valid version in Go: a semantic version with a leading `v`. `v1` and `v1.2` are valid too. */
export function isSemver(version: string): boolean {
  return parse(version) !== null;
}

/**
 * True for the canonical spelling of a module version: `vX.Y.Z` with an optional pre-release part and `+incompatible`.
 */
export function isCanonical(version: string): boolean {
  const parsed = parse(version);
  if (parsed === null || !parsed.whole) return false;
  return parsed.build === '' || parsed.build === 'incompatible';
}

/** True for a version with a pre-release part, pseudo-versions included. */
export function isPrerelease(version: string): boolean {
  return (parse(version)?.pre ?? '') !== '';
}

export function isIncompatible(version: string): boolean {
  return version.endsWith('+incompatible');
}

const pseudo =
  /^v[0-9]+\.(?:0\.0-|\d+\.\d+-(?:[^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * True for a version that Go gives to a commit without a tag.
 * @see docs/protocols/go.md#versions; golang/mod module/pseudo.go
 */
export function isPseudo(version: string): boolean {
  return isSemver(version) && pseudo.test(version);
}

/**
 * Compares two versions as Go does. Invalid versions are equal to each other and come first. Build metadata is ignored.
 * @returns below 0 if `a` comes first, above 0 if `b` does, and 0 if they are equal
 */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  for (const at of [0, 1, 2] as const) {
    const order = compareDigits(left.numbers[at], right.numbers[at]);
    if (order !== 0) return order;
  }
  return comparePre(left.pre, right.pre);
}

/** Compares decimal numbers of any length, written without leading zeros. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const left = a.split('.');
  const right = b.split('.');
  for (const [at, mine] of left.entries()) {
    const theirs = right[at];
    if (theirs === undefined) return 1;
    if (mine === theirs) continue;
    const isNumber = /^\d+$/.test(mine);
    if (isNumber !== /^\d+$/.test(theirs)) return isNumber ? -1 : 1;
    return isNumber ? compareDigits(mine, theirs) : mine < theirs ? -1 : 1;
  }
  return -1;
}

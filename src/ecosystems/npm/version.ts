const number = '(0|[1-9]\\d{0,15})';
const label = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const exact = new RegExp(`^${number}\\.${number}\\.${number}(?:-(${label}(?:\\.${label})*))?$`);
const versionCharsMax = 256;

/** True for a whole version as a packument's keys are: `1.2.3`, `2.0.0-rc.1`; no range, no `v`, no build. @see semver.org 2.0.0 */
export function isExact(version: string): boolean {
  return version.length <= versionCharsMax && exact.test(version);
}

interface Version {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly labels: readonly string[];
}

/** The highest of the whole versions by semver's order; `null` of none. */
export function highest(versions: readonly string[]): string | null {
  let best: Version | null = null;
  for (const text of versions) {
    const version = read(text);
    if (version !== null && (best === null || compare(version, best) > 0)) best = version;
  }
  return best?.text ?? null;
}

function read(text: string): Version | null {
  const found = text.length <= versionCharsMax ? exact.exec(text) : null;
  if (found === null) return null;
  const [, major, minor, patch, labels] = found;
  return { text, numbers: [Number(major), Number(minor), Number(patch)], labels: labels?.split('.') ?? [] };
}

function compare(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] ?? 0;
    if (number !== other) return number - other;
  }
  // A version with labels comes before the same one without.
  if (a.labels.length === 0 || b.labels.length === 0) return b.labels.length - a.labels.length;
  for (const [at, mine] of a.labels.entries()) {
    const other = b.labels[at];
    if (other === undefined) return 1;
    const order = compareLabels(mine, other);
    if (order !== 0) return order;
  }
  return a.labels.length - b.labels.length;
}

function compareLabels(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

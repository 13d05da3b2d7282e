const number = '(0|[1-9]\\d{0,15})';
const label = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const exact = new RegExp(`^${number}\\.${number}\\.${number}(?:-${label}(?:\\.${label})*)?$`);
const versionCharsMax = 256;

/**
 * True for a whole version as a packument's keys are: `1.2.3`, `2.0.0-rc.1`; no range, no `v`, no build. What `semver.valid`
 * gives back unchanged; a configuration is read without loading it.
 * @see semver.org 2.0.0; docs/decisions/0016-parsers-kept.md
 */
export function isExact(version: string): boolean {
  const [, ...numbers] = version.length <= versionCharsMax ? (exact.exec(version) ?? []) : [];
  return numbers.length > 0 && numbers.every((one) => Number.isSafeInteger(Number(one)));
}

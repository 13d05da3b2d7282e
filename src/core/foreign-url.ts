/** Longer ones are no honest server's URL; servers stop at 8 KiB. */
const urlCharsMax = 16 * 1024;
/** The base URL of a page is repeated in each of its relative URLs. */
const baseCharsMax = 1024;
/** DNS has no longer labels. `URL` needs quadratic time for a label that is not ASCII: 0.3 s for 4 000 letters. */
const labelCharsMax = 63;
const hostCharsMax = 300;

const hostStart = /^(?:[a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2,})/i;
const labelEnd = /[.\u3002\uff0e\uff61]/;

/**
 * Parses a URL that a server chose, in time proportional to its length; `null` where it is invalid, longer than
 * `urlCharsMax`, or has a host that cannot exist in DNS.
 * @param base  the base of a relative URL
 */
export function readForeignUrl(text: string, base?: string): URL | null {
  if (text.length > urlCharsMax || (base !== undefined && base.length > urlCharsMax)) return null;
  return hasLongHost(text) ? null : URL.parse(text, base);
}

/** The same for one of many URLs on a page with a common base: at most 1 024 characters. */
export function readPageUrl(text: string, base: string): URL | null {
  return base.length > baseCharsMax ? null : readForeignUrl(text, base);
}

function hasLongHost(text: string): boolean {
  // As `URL` does: leading controls and blanks are skipped, tabs and line ends removed everywhere.
  const read = text.replace(/[\t\n\r]+/g, '').replace(/^[^\x21-\uffff]+/, '');
  const start = hostStart.exec(read)?.[0].length;
  if (start === undefined) return false;
  const length = read.slice(start).search(/[\\/?#]/);
  const authority = read.slice(start, length < 0 ? undefined : start + length);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.length > hostCharsMax || host.split(labelEnd).some((label) => label.length > labelCharsMax);
}

/** Longer ones are no honest server's URL; servers stop at 8 KiB. */
const urlCharsMax = 16 * 1024;
/** What a page's relative URLs start with is repeated in each of them. */
const baseCharsMax = 1024;
/** DNS has no longer ones. `URL` takes the square of a label that is not ASCII: 0.3 s for 4 000 letters, each time it is read. */
const labelCharsMax = 63;
const hostCharsMax = 300;

const hostStart = /^(?:[a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2,})/i;
const labelEnd = /[.\u3002\uff0e\uff61]/;

/**
 * Reads a URL that a server chose, in time proportional to its length; `null` where it is none, where it has more than
 * `urlCharsMax` characters or a host that no name server knows.
 * @param base  what a relative one starts from
 */
export function readForeignUrl(text: string, base?: string): URL | null {
  if (text.length > urlCharsMax || (base !== undefined && base.length > urlCharsMax)) return null;
  return hasLongHost(text) ? null : URL.parse(text, base);
}

/** The same of one of many on a page, which all start from one base: at most 1 024 characters long. */
export function readPageUrl(text: string, base: string): URL | null {
  return base.length > baseCharsMax ? null : readForeignUrl(text, base);
}

function hasLongHost(text: string): boolean {
  // As `URL` does: controls and blanks at the begin are passed over, tabs and line ends anywhere.
  const read = text.replace(/[\t\n\r]+/g, '').replace(/^[^\x21-\uffff]+/, '');
  const start = hostStart.exec(read)?.[0].length;
  if (start === undefined) return false;
  const length = read.slice(start).search(/[\\/?#]/);
  const authority = read.slice(start, length < 0 ? undefined : start + length);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.length > hostCharsMax || host.split(labelEnd).some((label) => label.length > labelCharsMax);
}

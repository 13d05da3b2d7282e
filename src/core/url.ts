import type { Listen } from './config.ts';
import { getOrElse } from './get-or-else.ts';

export interface SplitUrl {
  /** The URL without user-info, query, fragment or trailing slash. */
  readonly url: string;
  /** The user-info, percent-decoded; `null`: none. */
  readonly user: { readonly username: string; readonly password: string } | null;
}

/** Parses a base URL (http or https, no query, no fragment); `null`: anything else. */
export function baseUrl(text: string): SplitUrl | null {
  if (!/^https?:\/\/[^/]/i.test(text) || /[?#\s\\]/.test(text) || !URL.canParse(text)) return null;
  const parsed = new URL(text);
  const user = userOf(parsed);
  if (user === undefined || !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(parsed.hostname)) return null;
  return { url: `${parsed.protocol}//${parsed.host}${parsed.pathname}`.replace(/(?<!\/)\/+$/, ''), user };
}

/** Returns the decoded user-info of a URL; `null`: it has none; `undefined`: its percent escapes are invalid. */
function userOf({ username, password }: URL): SplitUrl['user'] | undefined {
  if (username === '' && password === '') return null;
  return getOrElse(
    () => ({ username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    undefined,
  );
}

/** The maximum length of a URL that a server chose. Most servers accept at most 8 KiB. */
const urlCharsMax = 16 * 1024;
/**
 * The maximum length of the base URL of a page. It is short, because each relative URL of the page is resolved with it.
 */
const baseCharsMax = 1024;
/**
 * The longest label of a host name in DNS. Longer labels are refused, because `URL` takes quadratic time for a
 * non-ASCII label: 1 ms for 1 000 letters, but 30 to 60 ms for 4 000 (measured with Node 24).
 */
const labelCharsMax = 63;
const hostCharsMax = 300;

const hostStart = /^(?:[a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2,})/i;
const labelEnd = /[.\u3002\uff0e\uff61]/;

/**
 * Parses a URL that a server chose, in linear time; `null`: invalid, too long, or a host that cannot exist in DNS.
 * @param base  the base of a relative URL
 */
export function readForeignUrl(text: string, base?: string): URL | null {
  if (text.length > urlCharsMax || (base !== undefined && base.length > urlCharsMax)) return null;
  return hasLongHost(text) ? null : URL.parse(text, base);
}

/** Like `readForeignUrl`, with a shorter limit for `base`, because a page has many URLs. */
export function readPageUrl(text: string, base: string): URL | null {
  return base.length > baseCharsMax ? null : readForeignUrl(text, base);
}

function hasLongHost(text: string): boolean {
  // As `URL` does: leading control characters and blanks are skipped, and tabs and line ends are removed everywhere.
  const read = text.replace(/[\t\n\r]+/g, '').replace(/^[^\x21-\uffff]+/, '');
  const start = hostStart.exec(read)?.[0].length;
  if (start === undefined) return false;
  const length = read.slice(start).search(/[\\/?#]/);
  const authority = read.slice(start, length < 0 ? undefined : start + length);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.length > hostCharsMax || host.split(labelEnd).some((label) => label.length > labelCharsMax);
}

/** Returns the URL at which this host reaches our own listener, without a trailing slash. */
export function urlOfListener({ host, port, tls }: Listen): string {
  const own = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${tls === null ? 'http' : 'https'}://${own.includes(':') ? `[${own}]` : own}:${port}`;
}

/** Makes a name for a mirror from the host of its URL: at most 50 letters, digits, dots and hyphens. */
export function mirrorNameOf(url: string): string {
  const clean = new URL(url).host.replace(/[^a-z0-9.-]/gi, '-');
  return clean.replace(/^[-.]+/, '').slice(0, 50);
}

const innerSuffix = /\.(internal|local|lan|corp|home|intranet|private|localdomain)$/;
const innerAddress = /^((10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)(\.\d+)+$|\[?f[cd][0-9a-f]{2}:|\[?fe80:)/i;

/** True for a private or link-local address, a name without a dot, or an internal suffix (`.local`). */
export function isInnerHost(host: string): boolean {
  const name = host.toLowerCase();
  return innerAddress.test(name) || innerSuffix.test(name) || !/[.:]/.test(name);
}

/** Returns `host:port` of a URL, always with a port. */
export function hostOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** Returns scheme, host and port of a URL: `https://example.com:443`. */
export function hostKeyOf(url: string): string {
  return `${new URL(url).protocol}//${hostOf(url)}`;
}

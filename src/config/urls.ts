import { hostAndPort } from './addresses.ts';

/** A URL taken apart: its user-info apart from what may be shown. */
export interface SplitUrl {
  /** Without user-info, query, fragment or trailing slash. */
  readonly url: string;
  /** Percent-decoded; `null` without user-info. */
  readonly user: { readonly username: string; readonly password: string } | null;
}

/** Reads a base URL: http or https, a host, no query and no fragment. `null` for anything else. */
export function baseUrl(text: string): SplitUrl | null {
  if (!/^https?:\/\/[^/]/i.test(text) || /[?#\s\\]/.test(text) || !URL.canParse(text)) return null;
  const parsed = new URL(text);
  const user = userOf(parsed);
  if (user === undefined || !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(parsed.hostname)) return null;
  return { url: `${parsed.protocol}//${parsed.host}${parsed.pathname}`.replace(/\/+$/, ''), user };
}

/** Reads a proxy URL: a base URL without path. */
export function proxyUrl(text: string): SplitUrl | null {
  const split = baseUrl(text);
  return split !== null && new URL(split.url).pathname === '/' ? split : null;
}

/** Reads a control: `http:` and `https:` as given (a path and a query are fine), `tcp://host:port`; never user-info. */
export function controlUrl(text: string): { readonly url: string; readonly name: string } | null {
  if (!/^(https?|tcp):\/\/[^/]/i.test(text) || /[\s@#\\]/.test(text) || !URL.canParse(text)) return null;
  const parsed = new URL(text);
  if (parsed.protocol === 'tcp:') {
    const address = hostAndPort(text.slice('tcp://'.length).replace(/\/$/, ''));
    if (address?.port == null || address.host === '') return null;
    return { url: `tcp://${parsed.host}`, name: parsed.host };
  }
  return { url: parsed.href, name: hostOf(parsed.href) };
}

/** `host:port`, the port always named, IPv6 in brackets. */
export function hostOf(url: string): string {
  const parsed = new URL(url);
  const usual = parsed.protocol === 'https:' ? '443' : '80';
  return `${parsed.hostname}:${parsed.port === '' ? usual : parsed.port}`;
}

/** `undefined` where the percent escapes of the user-info are broken. */
function userOf(parsed: URL): SplitUrl['user'] | undefined {
  if (parsed.username === '' && parsed.password === '') return null;
  try {
    return { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
  } catch {
    return undefined;
  }
}

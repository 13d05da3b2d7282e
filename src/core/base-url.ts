/** A URL with its user-info separated from the part that may be shown. */
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

/** `undefined` where the percent escapes of the user-info are broken. */
function userOf(parsed: URL): SplitUrl['user'] | undefined {
  if (parsed.username === '' && parsed.password === '') return null;
  try {
    return { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
  } catch {
    return undefined;
  }
}

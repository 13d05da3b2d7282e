import { classBySpelling } from '../core/address-class.ts';
import type { WireAccess } from '../core/ports.ts';
import { hostOf } from '../core/url.ts';

const credentialNames = new Set(['authorization', 'cookie', 'proxy-authorization']);

function basic(username: string, secret: string): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

/**
 * True if credentials may be sent to `url`: over TLS or to loopback, and to the mirror's own server (scheme, host and
 * port) or `auth.hosts`.
 */
export function mayKnowSecrets(url: URL, access: Pick<WireAccess, 'url' | 'auth'>): boolean {
  const isSafe = url.protocol === 'https:' || classBySpelling(url.hostname) === 'loopback';
  if (!isSafe) return false;
  if (url.origin === new URL(access.url).origin) return true;
  return (access.auth?.hosts ?? []).some((host) => {
    const name = host.toLowerCase();
    return name === url.hostname || name === url.host || name === hostOf(url.href);
  });
}

/**
 * Returns the client certificate and the pin for `url`. The certificate is used at the mirror's own server (scheme,
 * host and port) and wherever credentials may be sent. The pin is used only at the mirror's own server.
 */
export function tlsAccessFor(url: URL, access: WireAccess): Pick<WireAccess, 'client' | 'pin'> {
  const isHome = url.origin === new URL(access.url).origin;
  return { client: isHome || mayKnowSecrets(url, access) ? access.client : null, pin: isHome ? access.pin : null };
}

/**
 * Returns the headers of a request: defaults, then `own`, then the mirror's credentials unless `own` has an
 * `authorization`. Credentials, also those in `own`, are left out if `mayKnowSecrets` is false.
 */
export function requestHeaders(
  url: URL,
  own: Readonly<Record<string, string>>,
  access: Pick<WireAccess, 'url' | 'auth' | 'userAgent'>,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': access.userAgent, 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(own)) {
    const lower = name.toLowerCase();
    if (!credentialNames.has(lower) || mayKnowSecrets(url, access)) headers[lower] = value;
  }
  if (access.auth !== null && headers.authorization === undefined && mayKnowSecrets(url, access)) {
    const { scheme, username, secret } = access.auth;
    headers.authorization = scheme === 'basic' ? basic(username, secret) : `Bearer ${secret}`;
  }
  return headers;
}

/** Returns the value of `Proxy-Authorization`; `null`: none is configured. */
export function proxyAuthorizationOf(proxy: NonNullable<WireAccess['proxy']>): string | null {
  return proxy.username === null ? null : basic(proxy.username, proxy.password ?? '');
}

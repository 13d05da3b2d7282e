import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../core/addresses.ts';
import type { Listen } from '../core/config.ts';
import type { Secret } from '../core/secret.ts';

type Authorized = { readonly authorization?: string | undefined };

export function bearerIn({ authorization = '' }: Authorized): string | null {
  return /^Bearer +([^\s]+)$/i.exec(authorization)?.[1] ?? null;
}

/** Returns the password of basic authentication; the user name is ignored. */
function passwordIn({ authorization = '' }: Authorized): string | null {
  const coded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (coded === undefined) return null;
  const text = Buffer.from(coded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : text.slice(colon + 1);
}

/**
 * True if both tokens are equal. The comparison takes the same time wherever they differ, so that timing reveals
 * nothing.
 */
export function isToken(given: string | null, token: Secret | null): boolean {
  if (given === null || token === null) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

/**
 * Returns what a request lacks; `null`: nothing. On loopback without `listen.token`, a request needs a `Host` header
 * with a name of this daemon. Otherwise it needs `listen.token`.
 */
export function tokenRefusalOf(
  headers: Authorized & { readonly host?: string | undefined },
  listen: Listen,
  mayUsePassword: boolean = true,
): 'token' | 'host' | null {
  if (listen.token === null && isLoopback(listen.host)) return isOurName(headers.host, listen) ? null : 'host';
  const given = bearerIn(headers) ?? (mayUsePassword ? passwordIn(headers) : null);
  return isToken(given, listen.token) ? null : 'token';
}

/**
 * True if a `Host` header has a name of this daemon. Any other name may belong to a site that resolves to loopback (DNS
 * rebinding).
 */
function isOurName(header: string | undefined, listen: Listen): boolean {
  const url = `http://${header ?? ''}`;
  const host = URL.canParse(url) ? new URL(url).hostname : null;
  if (host === null) return false;
  return isLoopback(host) || host === listen.host || (listen.hosts ?? []).includes(host.replace(/^\[|\]$/g, ''));
}

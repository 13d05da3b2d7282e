import { createHash, timingSafeEqual } from 'node:crypto';
import type { Listen } from '../core/config.ts';
import type { Secret } from '../core/secret.ts';

/** True for 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare) || /^::ffff:127\./.test(bare);
}

/** The headers that identify the client. */
type Authorized = { readonly authorization?: string | undefined };

/** The bearer token of a request. */
export function bearerIn({ authorization = '' }: Authorized): string | null {
  return /^Bearer +([^\s]+)$/i.exec(authorization)?.[1] ?? null;
}

/** The password of a request's basic authentication. */
export function passwordIn({ authorization = '' }: Authorized): string | null {
  const coded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (coded === undefined) return null;
  const text = Buffer.from(coded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : text.slice(colon + 1);
}

/** Whether a text is the token; compared in constant time. */
export function isToken(given: string | null, token: Secret | null): boolean {
  if (given === null || token === null) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

/**
 * Whether a `Host` header names a listener on loopback: another name may be a site that resolves to us (DNS rebinding).
 */
export function isOurName(header: string | undefined, listen: Listen): boolean {
  const url = `http://${header ?? ''}`;
  const host = URL.canParse(url) ? new URL(url).hostname : null;
  if (host === null) return false;
  return isLoopback(host) || host === listen.host || (listen.hosts ?? []).includes(host.replace(/^\[|\]$/g, ''));
}

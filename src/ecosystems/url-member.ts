import { maskUrl } from '../core/secret.ts';
import type { ChainMember } from './client.ts';

const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i;

/**
 * A member of a chain by its URL: compared by scheme, host and path; to paste without credentials; to show with them masked.
 * @param url  one that `URL` reads
 */
export function urlMember(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search } = new URL(url);
  const hasUser = username !== '' || password !== '';
  return {
    kind: 'url',
    key: `${protocol}//${host}${pathname.replace(/\/+$/, '')}`,
    plain: url.replace(userInfo, '$1'),
    shown: search !== '' ? maskUrl(url) : hasUser ? url.replace(userInfo, '$1***@') : url,
    hasCredentials: hasUser || search !== '',
  };
}

import { maskChain, maskUrl } from '../core/secret.ts';
import type { ChainMember } from './client.ts';

const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i;

/**
 * A member of a chain by its URL: compared by scheme, host and path; to paste without credentials; to show with them masked.
 * @param url  one that `URL` reads
 */
export function urlMember(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const hasUser = username !== '' || password !== '';
  // A second URL may stand behind a blank or a slash, and a token in what is never sent.
  const isOdd = hash !== '' || /\s/.test(url) || /:[^/]*@/.test(pathname);
  const plain = hasUser ? withoutUser(url) : url;
  return {
    kind: 'url',
    key: `${protocol}//${host}${pathname.replace(/\/+$/, '')}`,
    plain,
    shown: isOdd ? maskChain(url) : search !== '' ? maskUrl(url) : hasUser ? plain.replace('://', '://***@') : url,
    hasCredentials: hasUser || search !== '',
  };
}

/** As it was written, where its user-info is seen in that: `https:\\u:p@host` and `https:/u:p@host` are read as URLs, too. */
function withoutUser(url: string): string {
  const cut = url.replace(userInfo, '$1');
  if (cut !== url && URL.parse(cut)?.username === '' && URL.parse(cut)?.password === '') return cut;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

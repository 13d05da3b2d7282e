import { maskChain, maskUrl } from '../core/secret.ts';
import type { Chain, ChainMember, Reply, WalkEnd } from './client.ts';

/**
 * Walks a chain from member to member. A failed member is skipped, unless `isFinal` says that its reply ends the walk.
 * The time is the sum over all requested members.
 */
export function walkInOrder(
  chain: Chain,
  replyOf: (member: ChainMember) => Reply,
  isFinal: (reply: Extract<Reply, { tag: 'failed' | 'gone' }>) => boolean = () => false,
): WalkEnd {
  let tookMs = 0;
  for (const [at, member] of chain.members.entries()) {
    const reply = replyOf(member);
    if (reply.tag === 'unknown') return { tag: 'unknown', at };
    tookMs += reply.tookMs;
    if (reply.tag === 'ok') return { tag: 'ok', at, tookMs };
    if (isFinal(reply)) return { tag: 'failed', at };
  }
  return { tag: 'failed', at: chain.members.length - 1 };
}

const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i;

/**
 * The member of a chain for a URL. Members are compared by scheme, host and path. The text to paste has no credentials;
 * in the text to show they are masked.
 * @param url  one that `URL` reads
 */
export function memberOfUrl(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const hasUser = username !== '' || password !== '';
  // After a space or a slash there may be a second URL, and the fragment, which is never sent, may be a token.
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

/** The URL as written, without user-info. `URL` also parses `https:\\u:p@host` and `https:/u:p@host`. */
function withoutUser(url: string): string {
  const cut = url.replace(userInfo, '$1');
  if (cut !== url && URL.parse(cut)?.username === '' && URL.parse(cut)?.password === '') return cut;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

/** Headers that say whether a cache had the answer, in the order in which they are believed. */
const names = ['cache-status', 'cf-cache-status', 'x-cache-status', 'x-proxy-cache', 'x-cache'] as const;

/** Words of a cache that answered from what it holds; nginx, Cloudflare and Squid spell them so. */
const hit = /(^|[^a-z])(hit|stale|updating|revalidated)([^a-z]|$)|tcp_[a-z_]*hit/i;
const miss = /(^|[^a-z])(miss|expired)([^a-z]|$)|tcp_[a-z_]*miss|fwd=(uri-)?miss/i;

/**
 * What a cache header says: `hit` where any layer had it, else `miss`; `null` where none says either (`DYNAMIC`,
 * `BYPASS`, no header).
 * @param headers  lower-case names
 * @see RFC 9211 section 2; nginx $upstream_cache_status
 */
export function cacheOf(headers: Readonly<Record<string, string>>): 'hit' | 'miss' | null {
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    if (hit.test(value)) return 'hit';
    if (miss.test(value)) return 'miss';
  }
  return null;
}

/** Headers of single caches that say whether they had the answer, in the order in which they are believed. */
const names = ['cf-cache-status', 'x-cache-status', 'x-proxy-cache', 'x-cache'] as const;

/** Words of a cache that answered from what it holds; nginx, Cloudflare and Squid spell them so. */
const hit = /(^|[^a-z])(hit|stale|updating|revalidated)([^a-z]|$)|tcp_[a-z_]*hit/i;
const miss = /(^|[^a-z])(miss|expired)([^a-z]|$)|tcp_[a-z_]*miss/i;

/** Of one header: some caches' words take tens. Looking for them takes the square of a length that a server chooses. */
const charactersMax = 2_000;

/**
 * What a cache header says: `hit` where any layer had it, else `miss`; `null` where none says either (`DYNAMIC`,
 * `BYPASS`, no header). An `Age` above 0 is the word of a cache that names itself in no other way.
 * @param headers  lower-case names
 * @see RFC 9211 section 2; nginx $upstream_cache_status; RFC 9111 section 5.1
 */
export function cacheOf(headers: Readonly<Record<string, string>>): 'hit' | 'miss' | null {
  const status = headers['cache-status'];
  const said = status === undefined ? null : cacheStatus(status.slice(0, charactersMax));
  if (said !== null) return said;
  for (const name of names) {
    const value = headers[name]?.slice(0, charactersMax);
    if (value === undefined) continue;
    if (hit.test(value)) return 'hit';
    if (miss.test(value)) return 'miss';
  }
  return /^0*[1-9]\d{0,9}$/.test(headers['age'] ?? '') ? 'hit' : null;
}

/** Each cache on the way is a member with parameters: `hit`, or `fwd` with why it asked on. Names may be quoted. */
function cacheStatus(value: string): 'hit' | 'miss' | null {
  const parameters = value
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .toLowerCase()
    .split(/[;,]/)
    .map((part) => part.trim());
  if (parameters.some((one) => one === 'hit' || one === 'hit=?1')) return 'hit';
  return parameters.some((one) => one.startsWith('fwd=') && one !== 'fwd=bypass' && one !== 'fwd=method')
    ? 'miss'
    : null;
}

import type { Config } from '../core/config.ts';
import { readGoProxyList } from '../core/go-proxy-list.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import { publicUpstream } from '../core/mirror.ts';
import { error, ok, type Result } from '../core/result.ts';
import { baseUrl } from './urls.ts';

/** One member of a GOPROXY line and the separator before it (`''` for the first). */
export interface ChainEntry {
  readonly separator: '' | ',' | '|';
  /** `direct`, `off`, or a URL as the go command reads it, user-info included. */
  readonly text: string;
}

const goTail = ',direct';

/**
 * Reads a GOPROXY line, and takes no URL that a typo may have made; the error says what was expected.
 * @see `readGoProxyList` for what the go command makes of it
 */
export function parseGoChain(chain: string): Result<readonly ChainEntry[], string> {
  const entries: ChainEntry[] = [];
  let before: ChainEntry['separator'] = '';
  for (const { kind, text, separator } of readGoProxyList(chain)) {
    if (kind === 'word' || (kind === 'url' && !isProxyUrl(text)))
      return error('proxies by http://, https:// or file:// URL, direct or off, separated by , or |');
    entries.push({ separator: before, text });
    before = separator;
  }
  return entries.length === 0 ? error('at least one proxy, direct or off') : ok(entries);
}

/** What no URL holds as it stands, and `;`, which separates nothing: legal in a URL, but here always a slip. */
const illegal = /[;"<>\\^`{}]|[^\x21-\x7e\p{L}\p{M}\p{N}]/u;

function isProxyUrl(url: string): boolean {
  if (illegal.test(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#@]*@/i, ''))) return false;
  return /^file:\/\/\/[^?#]*$/i.test(url) || baseUrl(url) !== null;
}

/** The mirror that a chain's entry names, or `null`: compared without user-info and trailing slash. */
export function mirrorOf(entry: string, mirrors: readonly Mirror[]): Mirror | null {
  const split = baseUrl(entry);
  return split === null ? null : (mirrors.find(({ url }) => url === split.url) ?? null);
}

/**
 * What clients use today: `clients` of the file where it speaks of this upstream, else the mirror of the highest weight
 * (file order breaks ties, an origin comes last) with the client's own tail. Credentials included: mask before showing.
 */
export function declaredChain(config: Config, ecosystem: EcosystemId, upstream: string): string {
  const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
  const declared = config.clients[ecosystem]?.reveal();
  if (declared !== undefined && (upstream === publicUpstream[ecosystem] || namesOne(declared, mirrors)))
    return declared;
  const rank = (mirror: Mirror): number => (mirror.role === 'origin' ? -1e9 : 0) + (mirror.weight ?? 0);
  const best = mirrors.reduce<Mirror | null>((top, mirror) => {
    return top === null || rank(mirror) > rank(top) ? mirror : top;
  }, null);
  if (ecosystem !== 'go') return best?.url ?? '';
  return best === null ? goTail.slice(1) : `${best.url}${goTail}`;
}

function namesOne(chain: string, mirrors: readonly Mirror[]): boolean {
  const parsed = parseGoChain(chain);
  return parsed.tag === 'ok' && parsed.value.some(({ text }) => mirrorOf(text, mirrors) !== null);
}

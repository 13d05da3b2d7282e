import type { Config } from '../core/config.ts';
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
 * Reads a GOPROXY line; the error says what was expected. A URL without a scheme gets `https://`, as the go command does.
 * @see protocols.md section 1.3
 */
export function parseGoChain(chain: string): Result<readonly ChainEntry[], string> {
  const entries: ChainEntry[] = [];
  let separator: ChainEntry['separator'] = '';
  for (const part of chain.split(/([,|])/)) {
    if (part === ',' || part === '|') {
      separator = part;
      continue;
    }
    const text = part.trim();
    if (text === '') continue;
    const read = entryText(text);
    if (read === null) return error('proxies by http://, https:// or file:// URL, direct or off, separated by , or |');
    entries.push({ separator: entries.length === 0 ? '' : separator, text: read });
  }
  return entries.length === 0 ? error('at least one proxy, direct or off') : ok(entries);
}

/** What no URL holds as it stands, and `;`, which separates nothing: legal in a URL, but here always a slip. */
const illegal = /[;"<>\\^`{}]|[^\x21-\x7e\p{L}\p{M}\p{N}]/u;

function entryText(text: string): string | null {
  if (text === 'direct' || text === 'off') return text;
  if (illegal.test(text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#@]*@/i, ''))) return null;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : /[.:/]/.test(text) ? `https://${text}` : null;
  if (url === null) return null;
  if (/^file:\/\/\/[^?#]*$/i.test(url)) return url;
  return baseUrl(url) === null ? null : url;
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

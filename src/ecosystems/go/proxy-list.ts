/** One entry of a GOPROXY list. */
export interface GoProxyEntry {
  readonly kind: 'url' | 'direct' | 'off' | 'word';
  /** Trimmed; a URL without a scheme has got its `https://`, a bare word stands as it is. */
  readonly text: string;
  /** The separator directly behind the entry; `,` where the list ends. */
  readonly separator: ',' | '|';
}

/**
 * Splits GOPROXY as the go command does: blanks around entries and empty entries are skipped, so in `a,|b` the comma
 * counts; `direct` and `off` end the list. What is no URL by its form is a `word`, which the go command reserves.
 * @returns empty for a list without entries
 * @see protocols.md 1.3; cmd/go/internal/modfetch/proxy.go, proxyList
 */
export function readGoProxyList(list: string): readonly GoProxyEntry[] {
  const entries: GoProxyEntry[] = [];
  for (const part of list.split(/(?<=[,|])/)) {
    const separator = part.endsWith('|') ? '|' : ',';
    const text = part.replace(/[,|]$/, '').trim();
    if (text === '') continue;
    if (text === 'direct' || text === 'off') {
      entries.push({ kind: text, text, separator });
      break;
    }
    if (!/[.:/]/.test(text)) entries.push({ kind: 'word', text, separator });
    else entries.push({ kind: 'url', text: isWhole(text) ? text : `https://${text}`, separator });
  }
  return entries;
}

function isWhole(text: string): boolean {
  return text.includes(':/') || text.startsWith('/');
}

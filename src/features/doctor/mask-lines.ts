import { maskLine, maskUserInfo, secretValue } from './mask.ts';
import { maskNetrc, type NetrcOpen } from './mask-netrc.ts';

/** What is still open at the end of a line: whether the next one goes on with a secret, and how that ends. */
type Open =
  | { readonly tag: 'until'; readonly end: RegExp }
  /** Whatever is indented deeper than the key; of the others blank lines alone. */
  | { readonly tag: 'deeper'; readonly than: number };

/**
 * The lines of a settings file as they may be shown. A secret that goes on over further lines is `***` on each of them: what
 * is indented below its key, quotes and brackets that end later, a backslash at the end of a line, keys in PEM, and what
 * a netrc has.
 */
export function maskLines(lines: readonly string[]): readonly string[] {
  let open: Open | null = null;
  let netrc: NetrcOpen = null;
  return lines.map((line) => {
    if (open !== null && goesOn(open, line)) {
      if (open.tag === 'until' && open.end.test(line)) open = null;
      return line.trim() === '' ? line : `${/^\s*/.exec(line)?.[0] ?? ''}***`;
    }
    const ofNetrc = maskNetrc(line, netrc);
    netrc = ofNetrc?.open ?? null;
    open = ofNetrc === null ? openedBy(line) : null;
    return ofNetrc === null ? maskLine(line) : maskUserInfo(ofNetrc.shown);
  });
}

function goesOn(open: Open, line: string): boolean {
  return open.tag === 'until' || line.trim() === '' || indentOf(line) > open.than;
}

function indentOf(line: string): number {
  return /^\s*(?:-\s+)?/.exec(line)?.[0].length ?? 0;
}

const closing: Readonly<Record<string, RegExp>> = {
  '"""': /"""/,
  "'''": /'''/,
  '"': /^(?:[^"\\]|\\.)*"/,
  // Two of them are one within.
  "'": /^(?:[^']|'')*'(?!')/,
  '[': /\]\s*(?:#.*)?$/,
  '{': /\}\s*(?:#.*)?$/,
};

function openedBy(line: string): Open | null {
  if (/-----BEGIN [A-Z ]*KEY-----/.test(line) && !line.includes('-----END')) return { tag: 'until', end: /-----END/ };
  const value = secretValue(line);
  if (value === null) return null;
  const [begin = ''] = /^(?:"""|'''|["'[{])/.exec(value) ?? [];
  const end = closing[begin];
  if (end !== undefined && !end.test(value.slice(begin.length))) return { tag: 'until', end };
  if (value.endsWith('\\')) return { tag: 'until', end: /(?:[^\\\s]|^)\s*$/ };
  return { tag: 'deeper', than: indentOf(line) };
}

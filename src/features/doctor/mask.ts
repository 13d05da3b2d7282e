/** A key as settings files have it, in the singular or plural, and what stands before its value; of XML the end of its tag. */
const secretKey =
  /((?:_auth|_authtoken|_password|password|passwd|pwd|passphrase|token|secret|api[-_]?key|access[-_]?key(?:[-_]?id)?|secret[-_]?key|npmauthtoken|npmauthident|authorization|\bauth|\bkey)s?(?:\[\])?["']?\s*[=:>]\s*)([\s\S]*)$/i;

/** Longer lines are not shown: whether they hold a secret can't be told in reasonable time, and nobody reads them. */
const charactersMax = 2_000;

/** A line of a settings file with what may be a secret in it as `***`: values of keys that hold one, and user-info. */
function maskLine(line: string): string {
  return maskUserInfo(line.replace(secretKey, (_, key: string, value: string) => (value === '' ? key : `${key}***`)));
}

/** What a line sets a key to that holds a secret, `''` where it stands on lines to come; `null`: it sets none. */
function secretValue(line: string): string | null {
  return secretKey.exec(line)?.[2]?.trimEnd() ?? null;
}

/** A text with user-info as `***@`, of URLs and of what lacks its scheme, with whatever may be part of a password, and without values of queries. */
export function maskUserInfo(text: string): string {
  if (text.length > charactersMax) return `(${text.length} characters)`;
  return (
    text
      .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"',|]*@/gi, '$1***@')
      .replace(/(\/\/)[^\s/]*@/g, '$1***@')
      // One slash, or backslashes: clients read it as a URL all the same.
      .replace(/((?:https?|tcp|socks[45]?[ah]?):[\\/]+)[^\s"',|]*@/gi, '$1***@')
      .replace(/(^|[\s"'=,|;[(])[^\s"'=,|;[(/@:]+:[^\s/]*@/g, '$1***@')
      .replace(/([?&][^\s?&#="']{1,60}=)[^\s&#"',|]+/g, '$1***')
  );
}

/** A line of a netrc begins with one of its words, which no `=` or `:` follows as a key's would. */
const netrcLine =
  /^\s*(?:machine\s+\S+|default(?=\s+(?:login|user|password|passwd|account|macdef)\b|\s*$)|(?:login|user|password|passwd|account|macdef)(?=\s+[^\s=:]|\s*$))/;
/** A word whose value is a secret (a login may be a token), and the value: in quotes, to the end of the line where they stay open. */
const secretWord = /(^|\s)(login|user|password|passwd|account)(?:(\s+)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)|\s*$)/g;
/** A value that stands at the beginning of the line below its word. */
const firstValue = /^(\s*)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)/;

/** What a line of a netrc leaves open: a value that is still to come, or a macro, whose text ends with an empty line. */
type NetrcOpen = 'value' | 'macro' | null;

/**
 * A line of a netrc as it may be shown, and what it leaves open; `null`: it is of no netrc.
 * @param open  what the line above left open
 * @see netrc(5); Python's netrc.py, which reads values in quotes
 */
function maskNetrc(line: string, open: NetrcOpen): { readonly shown: string; readonly open: NetrcOpen } | null {
  if (open === 'macro') return line.trim() === '' ? { shown: line, open: null } : { shown: '***', open };
  if (open === 'value') {
    if (line.trim() === '' || /^\s*#/.test(line)) return { shown: line, open };
    return masked(line.replace(firstValue, '$1***'));
  }
  return netrcLine.test(line) ? masked(line) : null;
}

function masked(line: string): { readonly shown: string; readonly open: NetrcOpen } {
  const [, before, macro] = /^(.*?(?:^|\s)macdef(?:\s+|$))(.*)$/.exec(line) ?? [line, line];
  const shown = before.replace(secretWord, (_, gap: string, word: string, blank: string | undefined) =>
    blank === undefined ? `${gap}${word}` : `${gap}${word}${blank}***`,
  );
  if (macro !== undefined) return { shown: `${shown}${macro === '' ? '' : '***'}`, open: 'macro' };
  return { shown, open: /(?:^|\s)(?:login|user|password|passwd|account)\s*$/.test(before) ? 'value' : null };
}

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

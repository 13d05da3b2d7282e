/** Matches a line with a secret. Group 1: the key, up to the value; group 2: the rest of the line. */
const secretKey =
  // pattern input: at most 1000 bytes
  /((?:_auth|_authtoken|_password|password|passwd|pwd|passphrase|token|secret|api[-_]?key|access[-_]?key(?:[-_]?id)?|secret[-_]?key|npmauthtoken|npmauthident|authorization|credential|cookie|\bauth|\bkey)s?(?:\[\])?["']?\s*[=:>]\s*)([\s\S]*)$/i;

/** Longer texts are not shown, because searching them for secrets would take too long. */
const charactersMax = 1_000;

/** Matches the credentials of an `Authorization` header. */
const authScheme = /\b(Basic|Bearer)\s+[^\s"']+/gi;

function maskLine(line: string): string {
  const masked = line.replace(secretKey, (_, key: string, value: string) => (value === '' ? key : `${key}***`));
  return maskUserInfo(masked.replace(authScheme, '$1 ***'));
}

/** Masks user-info in URLs with or without a scheme, and query values. In doubt, it masks too much. */
export function maskUserInfo(text: string): string {
  if (text.length > charactersMax) return `(${text.length} characters)`;
  return (
    text
      // pattern input: at most 1000 bytes
      .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"',|]*@/gi, '$1***@')
      // pattern input: at most 1000 bytes
      .replace(/(\/\/)[^\s/]*@/g, '$1***@')
      // Clients also accept one slash, or backslashes, in a URL. pattern input: at most 1000 bytes
      .replace(/((?:https?|tcp|socks[45]?[ah]?):[\\/]+)[^\s"',|]*@/gi, '$1***@')
      // pattern input: at most 1000 bytes
      .replace(/(^|[\s"'=,|;[(])[^\s"'=,|;[(/@:]+:[^\s/]*@/g, '$1***@')
      .replace(/([?&][^\s?&#="']{1,60}=)[^\s&#"',|]+/g, '$1***')
  );
}

/** Matches the beginning of a netrc line. If `=` or `:` follows, the same word is a key of another format. */
const netrcLine =
  /^\s*(?:machine\s+\S+|default(?=\s+(?:login|user|password|passwd|account|macdef)\b|\s*$)|(?:login|user|password|passwd|account|macdef)(?=\s+[^\s=:]|\s*$))/;
/**
 * Matches a keyword with its value (a login may be a token). A quote that is not closed extends to the end of the line.
 */
// pattern input: at most 1000 bytes
const secretWord = /(^|\s)(login|user|password|passwd|account)(?:(\s+)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)|\s*$)/g;
/** Matches a value whose keyword is on an earlier line. */
const firstValue = /^(\s*)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)/;

/** The part of a netrc that continues on the next line: a value, or a macro, which ends at an empty line. */
type NetrcOpen = 'value' | 'macro' | null;

/**
 * Masks a line of a netrc; `null`: not a line of a netrc.
 * @param open  the part that continues from the line above
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
  // pattern input: at most 1000 bytes
  const [, before, macro] = /^(.*?(?:^|\s)macdef(?:\s+|$))(.*)$/.exec(line) ?? [line, line];
  const shown = before.replace(secretWord, (_, gap: string, word: string, blank: string | undefined) =>
    blank === undefined ? `${gap}${word}` : `${gap}${word}${blank}***`,
  );
  if (macro !== undefined) return { shown: `${shown}${macro === '' ? '' : '***'}`, open: 'macro' };
  return { shown, open: /(?:^|\s)(?:login|user|password|passwd|account)\s*$/.test(before) ? 'value' : null };
}

type Open =
  | { readonly tag: 'until'; readonly end: RegExp }
  /** Masks the following lines that are blank or indented deeper than the key. */
  | { readonly tag: 'deeper'; readonly than: number };

/** Masks the secrets in the lines of a settings file, also secrets that span several lines. */
export function maskLines(lines: readonly string[]): readonly string[] {
  let open: Open | null = null;
  let netrc: NetrcOpen = null;
  let isLong = false;
  return lines.map((line) => {
    // A long line may begin a secret that spans lines, so the lines after it are not shown either.
    isLong ||= line.length > charactersMax;
    if (isLong) return `(${line.length} characters)`;
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
  // Inside single quotes, `''` is an escaped quote.
  "'": /^(?:[^']|'')*'(?!')/,
  // pattern input: at most 1000 bytes
  '[': /\]\s*(?:#.*)?$/,
  // pattern input: at most 1000 bytes
  '{': /\}\s*(?:#.*)?$/,
};

function openedBy(line: string): Open | null {
  if (/-----BEGIN [A-Z ]*KEY-----/.test(line) && !line.includes('-----END')) return { tag: 'until', end: /-----END/ };
  // Empty: the value of the secret is on later lines.
  const value = secretKey.exec(line)?.[2]?.trimEnd();
  if (value === undefined) return null;
  const [begin = ''] = /^(?:"""|'''|["'[{])/.exec(value) ?? [];
  const end = closing[begin];
  if (end !== undefined && !end.test(value.slice(begin.length))) return { tag: 'until', end };
  if (value.endsWith('\\')) return { tag: 'until', end: /(?:[^\\\s]|^)\s*$/ };
  return { tag: 'deeper', than: indentOf(line) };
}

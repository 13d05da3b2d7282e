/** A line of a netrc begins with one of its words, which no `=` or `:` follows as a key's would. */
const netrcLine =
  /^\s*(?:machine\s+\S+|default(?=\s+(?:login|user|password|passwd|account|macdef)\b|\s*$)|(?:login|user|password|passwd|account|macdef)(?=\s+[^\s=:]|\s*$))/;
/** A word whose value is a secret (a login may be a token), and the value: in quotes, to the end of the line where they stay open. */
const secretWord = /(^|\s)(login|user|password|passwd|account)(?:(\s+)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)|\s*$)/g;
/** A value that stands at the beginning of the line below its word. */
const firstValue = /^(\s*)(?:"(?:[^"\\]|\\.)*(?:"\S*|$)|\S+)/;

/** What a line of a netrc leaves open: a value that is still to come, or a macro, whose text ends with an empty line. */
export type NetrcOpen = 'value' | 'macro' | null;

/**
 * A line of a netrc as it may be shown, and what it leaves open; `null`: it is of no netrc.
 * @param open  what the line above left open
 * @see netrc(5); Python's netrc.py, which reads values in quotes
 */
export function maskNetrc(line: string, open: NetrcOpen): { readonly shown: string; readonly open: NetrcOpen } | null {
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

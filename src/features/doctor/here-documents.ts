/** `<<WORD`, `<<-WORD`, `<<'WORD'`, not `<<<`; and not the shift of a number. */
const opening = /(?<!<)<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][\w.-]*))/g;

/**
 * The lines of a shell's file that are text of a here-document, and set nothing, from 0. One whose end is not there is none:
 * what follows would be passed over unseen.
 */
export function hereLines(lines: readonly string[]): ReadonlySet<number> {
  const within = new Set<number>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*#/.test(line)) continue;
    for (const [, dash = '', ...words] of line.matchAll(opening)) {
      const word = words.find((one) => one !== undefined) ?? '';
      const end = lines.findIndex((one, i) => i > at && (dash === '' ? one : one.replace(/^\t+/, '')) === word);
      if (end < 0) continue;
      for (let i = at + 1; i <= end; i += 1) within.add(i);
      at = end;
    }
  }
  return within;
}

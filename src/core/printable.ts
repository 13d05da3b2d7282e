/** Matches control, format, private-use and unassigned characters, lone surrogates, line and paragraph separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Returns an untrusted text as one line in which each unprintable character is `?`. It can neither move a terminal's
 * cursor nor reorder other text.
 * @param max  the maximum number of characters, including the `…` of a cut text
 */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(unprintable, '?');
}

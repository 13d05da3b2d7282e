/** Control, format, private-use and unassigned characters, lone surrogates, line and paragraph separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Untrusted text as one line that neither moves a terminal's cursor nor reorders other text: unprintable characters
 * become `?`.
 * @param max  the most characters, including the `…` of a cut
 */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(unprintable, '?');
}

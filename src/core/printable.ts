/** Control, format, private and unassigned characters, lone surrogates, line and paragraph ends. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Untrusted text as one line that neither moves a terminal's cursor nor reorders neighbouring text: each character that
 * could do so becomes `?`.
 * @param max  characters kept at most, including the `…` of a cut
 */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(unprintable, '?');
}

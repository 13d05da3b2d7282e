/** Control, format (direction overrides among them) and unassigned characters, halves of pairs, line and paragraph ends. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A text of others as one line that neither moves a terminal's cursor nor reorders what stands beside it: each such
 * character is a `?`.
 * @param max  characters kept at most, the `…` at a cut included
 */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(unprintable, '?');
}

/** At most so many characters (UTF-16 units); what is cut off is seen to be. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const alike: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '`': "'", '*': '∗', '[': '［' };

/** For a Markdown without an escape: what would be a tag, a mention or a mark becomes a character that looks alike. */
export function disarmed(text: string): string {
  return text.replaceAll(/[<>`*[]/g, (character) => alike[character] ?? character);
}

/** Bytes of a text, UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** At most `most` characters (UTF-16 units); a cut is visible. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const alike: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '`': "'", '*': '∗', '[': '［' };

/** For Markdown without escapes: characters of tags, mentions and marks are replaced by similar ones. */
export function disarmed(text: string): string {
  return text.replaceAll(/[<>`*[]/g, (character) => alike[character] ?? character);
}

/** Bytes of a text, UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

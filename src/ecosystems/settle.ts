import type { Machine } from '../core/machine.ts';
import type { FileChange } from '../core/trap.ts';

/** One line that a file should have. */
export interface WantedLine {
  readonly line: string;
  /** Lines that it stands in place of. */
  readonly pattern: RegExp;
  /** The whole text where no line matches; absent: the line is added at the end. */
  readonly add?: (text: string) => string;
}

/** A file with lines put in place of those that say otherwise, or added; `null` where it stands so already. */
export async function withLines(
  machine: Machine,
  file: string,
  wanted: readonly WantedLine[],
): Promise<FileChange | null> {
  const read = await machine.read(file);
  const before = read.tag === 'ok' ? read.text : null;
  const after = wanted.reduce(withLine, before ?? '');
  return after === before ? null : { file, before, after };
}

function withLine(text: string, { line, pattern, add }: WantedLine): string {
  const lines = text.split('\n');
  if (lines.some((one) => pattern.test(one)))
    return lines.map((one) => (pattern.test(one) ? line + (one.endsWith('\r') ? '\r' : '') : one)).join('\n');
  return add === undefined ? withLast(text, [line]) : add(text);
}

/** A text with lines behind its last one, each with the end that its first one has. */
export function withLast(text: string, lines: readonly string[]): string {
  const end = lineEnd(text);
  return `${text}${text === '' || text.endsWith('\n') ? '' : end}${lines.map((line) => line + end).join('')}`;
}

/** What ends the first line of a text, and so any that is added to it. */
function lineEnd(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

/**
 * A text of a remedy: one word of what URLs and lists of them hold; `null` for anything else, such as what ends a quoted
 * value, begins a comment, or is replaced by a variable's value (npm's and yarn's `${TOKEN}` would be told to the mirror).
 */
export function oneWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

/** Those changes that there are. */
export function present(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

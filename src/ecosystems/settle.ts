import type { Machine } from '../core/machine.ts';
import type { FileChange } from '../core/trap.ts';

/** One line that a file should have. */
export interface WantedLine {
  readonly line: string;
  /** Matches lines that it replaces. */
  readonly pattern: RegExp;
  /** Builds the whole text where no line matches; absent: the line is added at the end. */
  readonly add?: (text: string) => string;
}

/** A file with lines that replace conflicting ones, or are added; `null` where it already has them. */
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

/** A text with lines appended, each with the line end of its first line. */
export function withLast(text: string, lines: readonly string[]): string {
  const end = lineEnd(text);
  return `${text}${text === '' || text.endsWith('\n') ? '' : end}${lines.map((line) => line + end).join('')}`;
}

/** The line end of a text's first line, for lines that are added. */
function lineEnd(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

/**
 * A text of a remedy that is one word with only characters of URLs and lists of them; `null` for anything else, such as
 * characters that end a quoted value, start a comment, or expand a variable (npm and yarn would send `${TOKEN}` to the
 * mirror).
 */
export function oneWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

/** Those changes that there are. */
export function present(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

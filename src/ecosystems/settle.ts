import { type FileChange, type Machine, type Place, placeTextOf } from '../core/trap.ts';
import type { Say } from '../words/words.ts';

/** A line that a file should contain. */
interface WantedLine {
  readonly line: string;
  /** Matches the lines that it replaces. */
  readonly pattern: RegExp;
  /** Builds the whole text where no line matches; absent: the line is added at the end. */
  readonly add?: (text: string) => string;
}

/** Changes a file: wanted lines replace conflicting ones, or are added. `null`: the file already contains them. */
export async function replaceLines(
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
  return add === undefined ? addLines(text, [line]) : add(text);
}

/** Appends lines to a text, each with the line ending of the text's first line. */
export function addLines(text: string, lines: readonly string[]): string {
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
export function readWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

/** The changes without `null`. */
export function present(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

/** A setting and its place. */
interface Placed {
  readonly place: Place;
}

/** What to change if one place overrides others: no command changes them all, so each is named. */
export function explainShadowed(first: Placed, hidden: readonly Placed[], say: Say): readonly string[] {
  const places = hidden.map(({ place }) => placeTextOf(place)).join(', ');
  const here =
    'variable' in first.place
      ? say('trap.shadowed.variable', { name: first.place.variable })
      : say('trap.shadowed.first', { place: placeTextOf(first.place) });
  return [say('trap.shadowed.others', { place: placeTextOf(first.place), places }), here];
}

/** What to do about a plain HTTP URL: only a probe shows whether its server supports TLS. */
export function explainPlainUrl(ecosystem: string, url: string, say: Say): string {
  return say('trap.plain.set', { url: url.replace(/^http:/i, 'https:'), ecosystem });
}

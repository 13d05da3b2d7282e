import type { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** The width of the terminal in cells; infinite if there is no terminal. */
  readonly columns: number;
  /** Writes a line to standard output. */
  out(line: string): void;
  err(line: string): void;
  /** Replaces the progress line on standard error, if that is a terminal; `''` clears the line. */
  progress(line: string): void;
  paint(style: Style, text: string): string;
  paintErr(style: Style, text: string): string;
  /**
   * Requests confirmation by the user. Any input but `y` or `yes` means no. `null`: there is no terminal.
   * @param question  ends with a space
   */
  confirm(question: string): Promise<boolean | null>;
  /** Reads standard input, at most its first MiB. */
  input(): Promise<string>;
}

/** Formats a table as lines. The columns whose indexes are in `right` are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const widths = head.map((name, column) =>
    Math.max(displayWidth(name), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        right.has(column) ? padStart(cell, widths[column] ?? 0) : padEnd(cell, widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)];
}

/** Formats a duration: `12.3 ms`, `1.23 s`, or `–` if it is unknown. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/**
 * Returns the filled part of a bar of `width` cells, to the nearest eighth of a cell.
 * @param share  the filled fraction, limited to 0 to 1
 */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return '█'.repeat(Math.floor(eighths / 8)) + partial;
}

/** Formats the output of `--json`. Characters that move the cursor or reorder the display are escaped. */
export function jsonText(value: unknown): string {
  const coded = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => coded(found.charCodeAt(at))).join(''),
  );
}

/**
 * Matches East Asian wide and full-width characters, and emoji. They take two cells.
 * @see Unicode Standard Annex #11 (EastAsianWidth.txt: W and F)
 */
const wide =
  /^[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Matches combining and invisible characters. They take no cell. */
const none = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

export function displayWidth(text: string): number {
  let cells = 0;
  for (const character of text) cells += none.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return cells;
}

export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - displayWidth(text)));
}

export function padStart(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - displayWidth(text))) + text;
}

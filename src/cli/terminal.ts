import { styleText } from 'node:util';
import { displayWidth, padEnd, padStart } from './width.ts';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes. Colours and progress only where a person looks: a terminal, and no `NO_COLOR`. */
export interface Terminal {
  readonly colour: boolean;
  /** Infinite where no person looks. */
  readonly columns: number;
  /** A line to standard output. */
  out(line: string): void;
  /** A line to standard error. */
  err(line: string): void;
  /** Rewrites one line on standard error where that is a terminal; `''` clears it. */
  progress(line: string): void;
  paint(style: Style, text: string): string;
  /** Asks a person; anything but y or yes is no. `null`: nobody is there to answer. @param question  with the space behind it */
  confirm(question: string): Promise<boolean | null>;
  /** Standard input to its end, at most 1 MiB of it. */
  input(): Promise<string>;
}

/** The process's own terminal. */
export function systemTerminal(process: NodeJS.Process): Terminal {
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  return {
    colour,
    columns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
    },
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
    confirm: async (question) => (process.stdin.isTTY && process.stderr.isTTY ? asked(process, question) : null),
    input: () => wholeInput(process),
  };
}

const inputBytesMax = 2 ** 20;

async function wholeInput({ stdin }: NodeJS.Process): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= inputBytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, inputBytesMax).toString('utf8');
}

/** One line of an answer. The end of input is no answer, and so no. */
function asked({ stdin, stderr }: NodeJS.Process, question: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (line: string): void => {
      stdin.off('data', heard).off('end', ended).pause();
      resolve(/^y(es)?$/i.test(line.trim()));
    };
    const heard = (chunk: Buffer): void => settle(chunk.toString('utf8'));
    const ended = (): void => settle('');
    stderr.write(question);
    stdin.on('data', heard).on('end', ended).resume();
  });
}

/** A table with columns aligned by the cells that they take; those named in `right` are aligned to the right. */
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

/** `12.3 ms`, `1.23 s`; `–` for what is unknown. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A bar of `width` cells filled to `share` (0 to 1) in eighths. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return '█'.repeat(Math.floor(eighths / 8)) + partial;
}

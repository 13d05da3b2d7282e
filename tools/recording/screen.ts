/** A text with the same style. `colour` is the number of its SGR code; `null`: the terminal's default. */
export interface Span {
  readonly text: string;
  readonly colour: number | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

/** The content of a row until its next change. `toMs` is `null` for the last content. */
export interface Showing {
  readonly row: number;
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly spans: readonly Span[];
}

/** An output to a terminal, with its time. */
export interface Chunk {
  readonly atMs: number;
  readonly text: string;
}

/** One escape sequence, or one character. */
const tokens = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*[A-Za-z]|[\\s\\S]`, 'gu');

type Cell = readonly [character: string, look: string];

/**
 * The content of every row of a terminal over time. It understands only the sequences that our program writes: SGR,
 * `\r`, `\n`, erase line.
 */
export function showings(chunks: readonly Chunk[], columns: number): readonly Showing[] {
  const rows: Cell[][] = [[]];
  let [row, column, look] = [0, 0, ''];
  const shown: { row: number; fromMs: number; toMs: number | null; text: string; cells: Cell[] }[] = [];
  const down = (): void => {
    row += 1;
    rows[row] ??= [];
  };
  const put = (character: string): void => {
    if (column === columns) {
      down();
      column = 0;
    }
    const cells = rows[row] ?? [];
    while (cells.length < column) cells.push([' ', '']);
    cells[column] = [character, look];
    column += 1;
  };
  for (const { atMs, text } of chunks) {
    for (const [token] of text.matchAll(tokens)) {
      if (token === '\n') down();
      else if (token === '\r') column = 0;
      else if (token.endsWith('m') && token.length > 1) look = looked(look, token);
      else if (token === '\u001b[2K') rows[row] = [];
      else if (!token.startsWith('\u001b')) put(token);
    }
    for (const [at, cells] of rows.entries()) {
      const now = JSON.stringify(cells);
      const last = shown.findLast((one) => one.row === at && one.toMs === null);
      if (last?.text === now) continue;
      if (last !== undefined) last.toMs = atMs;
      if (cells.length > 0) shown.push({ row: at, fromMs: atMs, toMs: null, text: now, cells: [...cells] });
    }
  }
  return shown.map(({ cells, text: _, ...rest }) => ({ ...rest, spans: spansOf(cells) }));
}

/** The style after an SGR sequence: all current codes, joined. */
function looked(before: string, sequence: string): string {
  let codes = before.split(';').filter((code) => code !== '');
  for (const code of sequence.slice(2, -1).split(';')) {
    const number = Number(code);
    if (number === 0) codes = [];
    else if (number === 39) codes = codes.filter((one) => Number(one) < 30);
    else if (number === 22) codes = codes.filter((one) => one !== '1' && one !== '2');
    else codes = [...codes.filter((one) => number < 30 || Number(one) < 30), code];
  }
  return codes.join(';');
}

function spansOf(cells: readonly Cell[]): readonly Span[] {
  const spans: { text: string; look: string }[] = [];
  for (const [character, look] of cells) {
    const last = spans.at(-1);
    if (last?.look === look) last.text += character;
    else spans.push({ text: character, look });
  }
  return spans.map(({ text, look }) => {
    const codes = look.split(';').map(Number);
    const colour = codes.find((code) => (code >= 30 && code <= 37) || (code >= 90 && code <= 97)) ?? null;
    return { text, colour, isBold: codes.includes(1), isDim: codes.includes(2) };
  });
}

import { error, ok, type Result } from '../../core/result.ts';

/** What a lock file's TOML holds; tables have no prototype. Dates stay texts. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

type Table = { [key: string]: TomlValue | Table | Table[] };

const depthMax = 50;

/**
 * Reads the TOML that uv and poetry write into lock files: tables, arrays of tables, strings of all four kinds, numbers,
 * booleans, dates, arrays, inline tables, comments. Stricter than TOML about nothing that they write, laxer about what may be
 * defined twice (the last wins); for settings of people it is not made.
 * @returns the number of the line that could not be read
 */
export function parseToml(text: string): Result<TomlTable, number> {
  const reader = new TomlReader(text);
  try {
    return ok(reader.document());
  } catch (thrown) {
    if (thrown instanceof TomlTrouble) return error(text.slice(0, reader.at).split('\n').length);
    throw thrown;
  }
}

class TomlTrouble extends Error {}

const bareKey = /[A-Za-z0-9_-]+/y;
const scalar = /[^\s,\]}#]+/y;
const blanks = /[ \t]*/y;
const blanksAndLines = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
  '"': '"',
  '\\': '\\',
};

class TomlReader {
  at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  document(): TomlTable {
    const root = emptyTable();
    let table = root;
    for (;;) {
      this.pass(blanksAndLines);
      if (this.at >= this.text.length) return root as TomlTable;
      if (this.text.startsWith('[[', this.at)) table = this.header(root, ']]');
      else if (this.text[this.at] === '[') table = this.header(root, ']');
      else this.pair(table, 0);
      this.lineEnd();
    }
  }

  private header(root: Table, end: ']' | ']]'): Table {
    this.at += end.length;
    const path = this.keys();
    this.expect(end);
    const last = path.pop() ?? '';
    const parent = path.reduce(descend, root);
    if (end === ']') return descend(parent, last);
    const list = parent[last] ?? [];
    if (!Array.isArray(list)) throw new TomlTrouble();
    const table = emptyTable();
    (list as Table[]).push(table);
    parent[last] = list as Table[];
    return table;
  }

  private pair(table: Table, depth: number): void {
    const path = this.keys();
    this.expect('=');
    const last = path.pop() ?? '';
    path.reduce(descend, table)[last] = this.value(depth);
  }

  private keys(): string[] {
    const path: string[] = [];
    do {
      this.pass(blanks);
      const quote = this.text[this.at];
      path.push(quote === '"' || quote === "'" ? this.string() : this.take(bareKey));
      this.pass(blanks);
    } while (this.eat('.'));
    return path;
  }

  private value(depth: number): TomlValue {
    if (depth > depthMax) throw new TomlTrouble();
    this.pass(blanks);
    const first = this.text[this.at];
    if (first === '"' || first === "'") return this.string();
    if (first === '[') return this.array(depth);
    if (first === '{') return this.inline(depth);
    const word = this.take(scalar);
    if (word === 'true' || word === 'false') return word === 'true';
    const number = Number(word.replaceAll('_', ''));
    if (Number.isFinite(number)) return number;
    if (/^\d{4}-\d{2}-\d{2}/.test(word) || /^\d{2}:\d{2}/.test(word) || /^[+-]?(inf|nan)$/.test(word)) return word;
    throw new TomlTrouble();
  }

  private array(depth: number): TomlValue[] {
    this.at += 1;
    const values: TomlValue[] = [];
    for (;;) {
      this.pass(blanksAndLines);
      if (this.eat(']')) return values;
      values.push(this.value(depth + 1));
      this.pass(blanksAndLines);
      if (!this.eat(',') && this.text[this.at] !== ']') throw new TomlTrouble();
    }
  }

  private inline(depth: number): TomlTable {
    this.at += 1;
    const table = emptyTable();
    for (;;) {
      this.pass(blanksAndLines);
      if (this.eat('}')) return table as TomlTable;
      this.pair(table, depth + 1);
      this.pass(blanksAndLines);
      if (!this.eat(',') && this.text[this.at] !== '}') throw new TomlTrouble();
    }
  }

  private string(): string {
    const quote = this.text[this.at] ?? '';
    const isLong = this.text.startsWith(quote.repeat(3), this.at);
    const end = isLong ? quote.repeat(3) : quote;
    this.at += end.length;
    if (isLong && this.text.startsWith('\r\n', this.at)) this.at += 2;
    else if (isLong) this.eat('\n');
    const parts: string[] = [];
    for (let from = this.at; ; ) {
      const char = this.text[this.at];
      if (char === undefined || (!isLong && char === '\n')) throw new TomlTrouble();
      if (this.text.startsWith(end, this.at)) {
        // Up to two quotes may stand right before the three that end it.
        while (isLong && this.text[this.at + 3] === quote) this.at += 1;
        parts.push(this.text.slice(from, this.at));
        this.at += end.length;
        return parts.join('');
      }
      if (char === '\\' && quote === '"') {
        parts.push(this.text.slice(from, this.at), this.escape());
        from = this.at;
      } else this.at += 1;
    }
  }

  private escape(): string {
    const char = this.text[this.at + 1] ?? '';
    this.at += 2;
    const known = escapes[char];
    if (known !== undefined) return known;
    if (char === 'u' || char === 'U') {
      const hex = this.text.slice(this.at, this.at + (char === 'u' ? 4 : 8));
      const code = /^[0-9a-fA-F]{4}(?:[0-9a-fA-F]{4})?$/.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
      if (!(code <= 0x10ffff)) throw new TomlTrouble();
      this.at += hex.length;
      return String.fromCodePoint(code);
    }
    if (!/\s/.test(char)) throw new TomlTrouble();
    this.pass(/\s*/y);
    return '';
  }

  private lineEnd(): void {
    this.pass(/[ \t]*(?:#[^\n]*)?\r?/y);
    if (this.at < this.text.length && !this.eat('\n')) throw new TomlTrouble();
  }

  private expect(word: string): void {
    this.pass(blanks);
    if (!this.text.startsWith(word, this.at)) throw new TomlTrouble();
    this.at += word.length;
  }

  private eat(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private take(form: RegExp): string {
    form.lastIndex = this.at;
    const found = form.exec(this.text)?.[0];
    if (found === undefined || found === '') throw new TomlTrouble();
    this.at += found.length;
    return found;
  }

  private pass(form: RegExp): void {
    form.lastIndex = this.at;
    this.at += form.exec(this.text)?.[0].length ?? 0;
  }
}

function emptyTable(): Table {
  return Object.create(null) as Table;
}

/** The table under a key, made where there is none; of an array of tables the last. */
function descend(table: Table, key: string): Table {
  const found = table[key];
  if (found === undefined) {
    const made = emptyTable();
    table[key] = made;
    return made;
  }
  const last = Array.isArray(found) ? found.at(-1) : found;
  if (typeof last !== 'object' || Array.isArray(last)) throw new TomlTrouble();
  return last as Table;
}

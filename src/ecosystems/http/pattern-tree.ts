import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

/** A node of a pattern. `set`: one character, by its code. */
export type Node =
  | { readonly kind: 'set'; has(code: number): boolean }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number | null }
  | { readonly kind: 'begin' | 'end' };

type Set = Extract<Node, { kind: 'set' }>;

/** Longest pattern, in characters: a line of a configuration. */
const patternChars = 200;
/** Highest count in braces: patterns are unrolled. */
const countMax = 250;

const expected = phrase('expected.pattern');

/** The source is outside the subset: thrown within this file only. */
class Unreadable extends Error {}

/**
 * Parses a regular expression: the subset that a matcher without backtracking supports. No back-references and no
 * lookaround; `^` and `$` match at the beginning and end of a line, as in grep.
 * @returns the expected form, for anything else
 */
export function parsePattern(source: string): Result<Node, Sentence> {
  if (source === '' || source.length > patternChars) return error(expected);
  const reader = { source, at: 0 };
  try {
    const tree = alternatives(reader);
    return reader.at === source.length ? ok(tree) : error(expected);
  } catch (caught) {
    if (caught instanceof Unreadable) return error(expected);
    throw caught;
  }
}

interface Reader {
  readonly source: string;
  at: number;
}

function takes(reader: Reader, text: string): boolean {
  if (!reader.source.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}

function alternatives(reader: Reader): Node {
  const of = [sequence(reader)];
  while (takes(reader, '|')) of.push(sequence(reader));
  return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'any', of };
}

function sequence(reader: Reader): Node {
  const of: Node[] = [];
  while (reader.at < reader.source.length && !'|)'.includes(reader.source.charAt(reader.at))) of.push(counted(reader));
  return { kind: 'all', of };
}

function counted(reader: Reader): Node {
  const of = atom(reader);
  const counts = /^(?:[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})\??/.exec(reader.source.slice(reader.at, reader.at + 12));
  if (counts === null) return of;
  if (of.kind === 'begin' || of.kind === 'end') throw new Unreadable();
  reader.at += counts[0].length;
  const [min, max] = boundsOf(counts);
  if (min > countMax || (max !== null && (max > countMax || max < min))) throw new Unreadable();
  if (/[*+?{]/.test(reader.source.charAt(reader.at))) throw new Unreadable();
  return { kind: 'repeat', of, min, max };
}

function boundsOf([text, least, comma, most]: RegExpExecArray): readonly [number, number | null] {
  if (least !== undefined)
    return [Number(least), comma === undefined ? Number(least) : most === undefined ? null : Number(most)];
  return text.startsWith('*') ? [0, null] : text.startsWith('+') ? [1, null] : [0, 1];
}

function atom(reader: Reader): Node {
  if (takes(reader, '(')) {
    takes(reader, '?:');
    const inner = alternatives(reader);
    if (!takes(reader, ')')) throw new Unreadable();
    return inner;
  }
  if (takes(reader, '[')) return characterClass(reader);
  if (takes(reader, '^')) return { kind: 'begin' };
  if (takes(reader, '$')) return { kind: 'end' };
  if (takes(reader, '.')) return { kind: 'set', has: (code) => code !== 10 && code !== 13 };
  if (takes(reader, '\\')) return escaped(reader);
  const char = reader.source.charAt(reader.at);
  if (char === '' || '*+?{}])'.includes(char)) throw new Unreadable();
  reader.at += 1;
  return only(char);
}

function only(char: string): Set {
  const wanted = char.charCodeAt(0);
  return { kind: 'set', has: (code) => code === wanted };
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const families: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  D: (code) => !isDigit(code),
  W: (code) => !isWord(code),
  S: (code) => !isSpace(code),
};

const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function escaped(reader: Reader): Set {
  const char = reader.source.charAt(reader.at);
  reader.at += 1;
  const family = Object.hasOwn(families, char) ? families[char] : undefined;
  if (family !== undefined) return { kind: 'set', has: family };
  const control = Object.hasOwn(controls, char) ? controls[char] : undefined;
  if (control !== undefined) return only(control);
  // A letter or digit after a backslash has another meaning elsewhere: a boundary, a back-reference.
  if (char === '' || /[A-Za-z0-9]/.test(char)) throw new Unreadable();
  return only(char);
}

function characterClass(reader: Reader): Set {
  const isNegated = takes(reader, '^');
  const members: ((code: number) => boolean)[] = [];
  while (!takes(reader, ']')) {
    const [low, has] = member(reader);
    const isRange =
      low !== null && reader.source.charAt(reader.at) === '-' && reader.source.charAt(reader.at + 1) !== ']';
    if (!isRange) {
      members.push(has);
      continue;
    }
    reader.at += 1;
    const [high] = member(reader);
    if (high === null || high < low) throw new Unreadable();
    members.push((code) => code >= low && code <= high);
  }
  if (members.length === 0) throw new Unreadable();
  const isIn = (code: number): boolean => members.some((has) => has(code));
  return { kind: 'set', has: isNegated ? (code) => !isIn(code) : isIn };
}

/** One entry of a class and its code; `null` for a family such as `\d`, which cannot begin a range. */
function member(reader: Reader): readonly [number | null, (code: number) => boolean] {
  const char = reader.source.charAt(reader.at);
  if (char === '' || char === '[') throw new Unreadable();
  if (!takes(reader, '\\')) {
    reader.at += 1;
    return [char.charCodeAt(0), only(char).has];
  }
  const next = reader.source.charAt(reader.at);
  const { has } = escaped(reader);
  const code = Object.hasOwn(families, next) ? null : (controls[next] ?? next).charCodeAt(0);
  return [code, has];
}

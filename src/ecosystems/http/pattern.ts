import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

type Has = (code: number) => boolean;

/**
 * One instruction of a compiled pattern. `fork` continues at both targets; `set` matches one character; `begin` and
 * `end` match at the edges of a line.
 */
type Instruction =
  | { readonly op: 'set'; readonly has: Has }
  | { readonly op: 'fork'; to: number; or: number }
  | { readonly op: 'begin' | 'end' | 'found' };

const patternChars = 200;
const countMax = 250;
/** The maximum number of instructions, which bounds the time that each character costs. */
const programMax = 500;
/**
 * The maximum number of parts to compile. It is bounded, because nested counts such as `(a{9}){9}` multiply the parts.
 */
const unrolledMax = 5_000;

const expected = phrase('expected.pattern');
const tooLarge = phrase('expected.counts');

class Refused extends Error {
  readonly expected: Sentence;

  constructor(what: Sentence) {
    super();
    this.expected = what;
  }
}

interface Pattern {
  /** Whether the pattern matches anywhere in the text. The time is linear in the text's length. */
  isIn(text: string): boolean;
}

/**
 * Compiles a regular expression without back-references and look-around. `^` and `$` match at the edges of a line, as
 * in grep.
 * @see Russ Cox, Regular Expression Matching Can Be Simple And Fast; docs/decisions/0058
 */
export function compilePattern(source: string): Result<Pattern, Sentence> {
  if (source === '' || source.length > patternChars) return error(expected);
  const reader = { source, at: 0 };
  try {
    const whole = alternatives(reader);
    if (reader.at < source.length) return error(expected);
    const program: Program = { code: [], left: unrolledMax };
    emit(whole, program);
    program.code.push({ op: 'found' });
    return ok({ isIn: (text) => run(program.code, text) });
  } catch (caught) {
    if (caught instanceof Refused) return error(caught.expected);
    throw caught;
  }
}

interface Program {
  readonly code: Instruction[];
  left: number;
}

/** A part of a pattern. The function appends its instructions to a program. */
type Part = (program: Program) => void;

function emit(part: Part, program: Program): void {
  program.left -= 1;
  if (program.left < 0 || program.code.length > programMax) throw new Refused(tooLarge);
  part(program);
}

function anyOf(of: readonly Part[]): Part {
  return (program) => {
    const exits: Fork[] = [];
    for (const [at, one] of of.entries()) {
      const fork = forkHere(program);
      emit(one, program);
      if (at < of.length - 1) exits.push(forkHere(program));
      fork.or = at < of.length - 1 ? program.code.length : fork.to;
    }
    for (const exit of exits) exit.to = exit.or = program.code.length;
  };
}

function repeated(of: Part, min: number, max: number | null): Part {
  return (program) => {
    for (let count = 0; count < min; count += 1) emit(of, program);
    const start = program.code.length;
    const forks: Fork[] = [];
    for (let count = min; count < (max ?? min + 1); count += 1) {
      forks.push(forkHere(program));
      emit(of, program);
    }
    if (max === null) program.code.push({ op: 'fork', to: start, or: start });
    for (const fork of forks) fork.or = program.code.length;
  };
}

type Fork = Extract<Instruction, { op: 'fork' }>;

/** Appends a fork whose second target the caller must set. */
function forkHere({ code }: Program): Fork {
  const fork: Fork = { op: 'fork', to: code.length + 1, or: code.length + 1 };
  code.push(fork);
  return fork;
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

function alternatives(reader: Reader): Part {
  const first = sequence(reader);
  const more: Part[] = [];
  while (takes(reader, '|')) more.push(sequence(reader));
  return more.length === 0 ? first : anyOf([first, ...more]);
}

function sequence(reader: Reader): Part {
  const of: Part[] = [];
  while (reader.at < reader.source.length && !'|)'.includes(reader.source.charAt(reader.at))) of.push(counted(reader));
  return (program) => {
    for (const one of of) emit(one, program);
  };
}

function counted(reader: Reader): Part {
  const isEdge = /[$^]/.test(reader.source.charAt(reader.at));
  const of = atom(reader);
  const counts = /^(?:[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})\??/.exec(reader.source.slice(reader.at, reader.at + 12));
  if (counts === null) return of;
  reader.at += counts[0].length;
  const [min, max] = boundsOf(counts);
  const isHigh = min > countMax || (max !== null && (max > countMax || max < min));
  if (isEdge || isHigh || /[*+?{]/.test(reader.source.charAt(reader.at))) throw new Refused(expected);
  return repeated(of, min, max);
}

function boundsOf([text, least, comma, most]: RegExpExecArray): readonly [number, number | null] {
  if (least !== undefined)
    return [Number(least), comma === undefined ? Number(least) : most === undefined ? null : Number(most)];
  return text.startsWith('*') ? [0, null] : text.startsWith('+') ? [1, null] : [0, 1];
}

function atom(reader: Reader): Part {
  if (takes(reader, '(')) {
    takes(reader, '?:');
    const inner = alternatives(reader);
    if (!takes(reader, ')')) throw new Refused(expected);
    return inner;
  }
  if (takes(reader, '^')) return ({ code }) => void code.push({ op: 'begin' });
  if (takes(reader, '$')) return ({ code }) => void code.push({ op: 'end' });
  const has = setAt(reader);
  return ({ code }) => void code.push({ op: 'set', has });
}

function setAt(reader: Reader): Has {
  if (takes(reader, '[')) return characterClass(reader);
  if (takes(reader, '.')) return (code) => code !== 10 && code !== 13;
  if (takes(reader, '\\')) return escaped(reader);
  const char = reader.source.charAt(reader.at);
  if (char === '' || '*+?{}])'.includes(char)) throw new Refused(expected);
  reader.at += 1;
  return only(char);
}

function only(char: string): Has {
  const wanted = char.charCodeAt(0);
  return (code) => code === wanted;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const families = new Map<string, Has>([
  ['d', isDigit],
  ['w', isWord],
  ['s', isSpace],
  ['D', (code) => !isDigit(code)],
  ['W', (code) => !isWord(code)],
  ['S', (code) => !isSpace(code)],
]);

const controls = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function escaped(reader: Reader): Has {
  const char = reader.source.charAt(reader.at);
  reader.at += 1;
  const family = families.get(char);
  if (family !== undefined) return family;
  const control = controls.get(char);
  if (control !== undefined) return only(control);
  // Other letters and digits after a backslash are refused, because other regular expression engines give them a
  // meaning, such as `\b` for a word boundary.
  if (char === '' || /[A-Za-z0-9]/.test(char)) throw new Refused(expected);
  return only(char);
}

function characterClass(reader: Reader): Has {
  const isNegated = takes(reader, '^');
  const members: Has[] = [];
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
    if (high === null || high < low) throw new Refused(expected);
    members.push((code) => code >= low && code <= high);
  }
  if (members.length === 0) throw new Refused(expected);
  const isIn = (code: number): boolean => members.some((has) => has(code));
  return isNegated ? (code) => !isIn(code) : isIn;
}

/**
 * Reads one member of a class, such as `a` or `\d`. Returns its character code and a function that matches it. The code
 * is `null` for `\d` and the like, which cannot begin a range.
 */
function member(reader: Reader): readonly [number | null, Has] {
  const char = reader.source.charAt(reader.at);
  if (char === '' || char === '[') throw new Refused(expected);
  if (!takes(reader, '\\')) {
    reader.at += 1;
    return [char.charCodeAt(0), only(char)];
  }
  const next = reader.source.charAt(reader.at);
  const has = escaped(reader);
  return [families.has(next) ? null : (controls.get(next) ?? next).charCodeAt(0), has];
}

function run(program: readonly Instruction[], text: string): boolean {
  let now: number[] = [];
  const seen = new Int32Array(program.length).fill(-1);
  for (let at = 0; at <= text.length; at += 1) {
    const threads = follow(program, text, at, { from: [...now, 0], seen });
    if (threads === null) return true;
    const code = text.charCodeAt(at);
    now = threads.flatMap((thread) => {
      const instruction = program[thread];
      return instruction?.op === 'set' && instruction.has(code) ? [thread + 1] : [];
    });
  }
  return false;
}

/**
 * Follows all instructions that consume no character. Returns those that wait for a character, or `null` if the pattern
 * has matched.
 */
function follow(
  program: readonly Instruction[],
  text: string,
  at: number,
  { from, seen }: { readonly from: number[]; readonly seen: Int32Array },
): readonly number[] | null {
  const waiting: number[] = [];
  for (let next = from.pop(); next !== undefined; next = from.pop()) {
    const instruction = program[next];
    if (seen[next] === at || instruction === undefined) continue;
    seen[next] = at;
    if (instruction.op === 'found') return null;
    if (instruction.op === 'set') waiting.push(next);
    else if (instruction.op === 'fork') from.push(instruction.to, instruction.or);
    else if (instruction.op === 'begin' ? isBegin(text, at) : isEnd(text, at)) from.push(next + 1);
  }
  return waiting;
}

function isBegin(text: string, at: number): boolean {
  return at === 0 || text.charCodeAt(at - 1) === 10;
}

function isEnd(text: string, at: number): boolean {
  return at === text.length || text.charCodeAt(at) === 10;
}

import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { type Node, parsePattern } from './pattern-tree.ts';

/** One instruction. `fork` continues at both places, `set` consumes a character and continues at the next. */
type Instruction =
  | { readonly op: 'set'; has(code: number): boolean }
  | { readonly op: 'fork'; to: number; or: number }
  | { readonly op: 'begin' | 'end' | 'found' };

/** The most instructions of one pattern: each character of a text costs at most that many steps. */
const programMax = 500;
/** The most unrolled nodes: nested counts multiply them even if they give no instruction. */
const unrolledMax = 5_000;

const tooLarge = phrase('expected.counts');

/** A compiled pattern. */
interface Pattern {
  /** Whether it matches anywhere in the text; time proportional to the text's length, for any text. */
  isIn(text: string): boolean;
}

/**
 * Compiles a regular expression. All alternatives are followed at once, without backtracking: no text is slow.
 * @returns the expected form, if it is outside the subset or too large
 * @see Russ Cox, Regular Expression Matching Can Be Simple And Fast
 */
export function compilePattern(source: string): Result<Pattern, Sentence> {
  const tree = parsePattern(source);
  if (tree.tag === 'error') return tree;
  const program: Instruction[] = [];
  if (!emit(tree.value, program, { left: unrolledMax })) return error(tooLarge);
  program.push({ op: 'found' });
  return ok({ isIn: (text) => run(program, text) });
}

/** False if the program is too large. */
function emit(node: Node, program: Instruction[], budget: { left: number }): boolean {
  budget.left -= 1;
  if (budget.left < 0 || program.length > programMax) return false;
  switch (node.kind) {
    case 'set':
      program.push({ op: 'set', has: node.has });
      return true;
    case 'begin':
    case 'end':
      program.push({ op: node.kind });
      return true;
    case 'all':
      return node.of.every((one) => emit(one, program, budget));
    case 'any':
      return emitAny(node.of, program, budget);
    case 'repeat':
      return emitRepeat(node, program, budget);
  }
  return node satisfies never;
}

function emitAny(of: readonly Node[], program: Instruction[], budget: { left: number }): boolean {
  const exits: { to: number; or: number }[] = [];
  for (const [at, one] of of.entries()) {
    const fork = forkHere(program);
    if (!emit(one, program, budget)) return false;
    if (at < of.length - 1) exits.push(forkHere(program));
    fork.or = at < of.length - 1 ? program.length : fork.to;
  }
  for (const exit of exits) exit.to = exit.or = program.length;
  return true;
}

function emitRepeat(
  { of, min, max }: Extract<Node, { kind: 'repeat' }>,
  program: Instruction[],
  budget: { left: number },
): boolean {
  for (let count = 0; count < min; count += 1) if (!emit(of, program, budget)) return false;
  if (max === null) {
    const start = program.length;
    const fork = forkHere(program);
    if (!emit(of, program, budget)) return false;
    program.push({ op: 'fork', to: start, or: start });
    fork.or = program.length;
    return true;
  }
  const forks: { or: number }[] = [];
  for (let count = min; count < max; count += 1) {
    forks.push(forkHere(program));
    if (!emit(of, program, budget)) return false;
  }
  for (const fork of forks) fork.or = program.length;
  return true;
}

/** A fork to the next instruction; the caller sets its other target. */
function forkHere(program: Instruction[]): Extract<Instruction, { op: 'fork' }> {
  const fork = { op: 'fork' as const, to: program.length + 1, or: program.length + 1 };
  program.push(fork);
  return fork;
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

/** The positions of threads that wait for a character; `null`: one thread has matched. */
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

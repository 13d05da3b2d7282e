import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/**
 * What the detector remembers has one writer, `src/detect/memory/`; what it remembers of contents is written by
 * `src/detect/contents/`. Other folders change only what they have made themselves, and add to the output of the turn.
 * See docs/decisions/0162-one-writer-prepared-values.md.
 */
const writers = ['memory/', 'contents/'];

const detect = join(import.meta.dirname, '../src/detect');

interface Part {
  readonly type: string;
  readonly [name: string]: unknown;
}

const mutating = /^(?:set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse)$/;
const isFunction = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;
const isFresh = /^(?:ArrayExpression|ObjectExpression|NewExpression)$/;
/** Methods that give a new array. */
const copying = /^(?:map|filter|flatMap|slice|concat|toSorted|toReversed|from|groupBy)$/;

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function nameOf(part: unknown): string {
  return isPart(part) && typeof part['name'] === 'string' ? part['name'] : '';
}

/** `a.b.c` as its names; empty where it does not begin with a name. */
function pathOf(part: unknown): readonly string[] {
  if (!isPart(part)) return [];
  if (part.type === 'Identifier') return [nameOf(part)];
  if (part.type === 'ThisExpression') return ['this'];
  if (part.type === 'ChainExpression' || part.type === 'TSNonNullExpression') return pathOf(part['expression']);
  if (part.type === 'CallExpression') return pathOf(part['callee']);
  return part.type === 'MemberExpression' ? [...pathOf(part['object']), nameOf(part['property'])] : [];
}

function isMadeHere(init: unknown): boolean {
  if (!isPart(init)) return false;
  if (isFresh.test(init.type)) return true;
  return init.type === 'CallExpression' && copying.test(pathOf(init['callee']).at(-1) ?? '');
}

/** The paths of what a text writes and has not made itself. */
function writtenIn(text: string): readonly string[] {
  const found: string[] = [];
  const visit = (part: unknown, own: ReadonlySet<string>): void => {
    if (Array.isArray(part)) for (const one of part) visit(one, own);
    if (!isPart(part)) return;
    const inner = isFunction.test(part.type) ? new Set([...own, ...madeIn(part['body'])]) : own;
    const path = writtenBy(part);
    const [root = ''] = path;
    const isOutput = path[0] === 'memory' && path[1] === 'turn' && path.length > 3;
    if (path.length > 1 && !inner.has(root) && root !== 'this' && !isOutput) found.push(path.join('.'));
    for (const each of Object.values(part)) visit(each, inner);
  };
  visit(parseAst(text, { lang: 'ts' }), new Set());
  return found;
}

/** The path that one statement writes, with the name of the method that does. */
function writtenBy(part: Part): readonly string[] {
  if (part.type === 'AssignmentExpression') return pathOf(part['left']);
  if (part.type === 'UpdateExpression') return pathOf(part['argument']);
  if (part.type === 'UnaryExpression' && part['operator'] === 'delete') return pathOf(part['argument']);
  const path = part.type === 'CallExpression' ? pathOf(part['callee']) : [];
  return mutating.test(path.at(-1) ?? '') ? path : [];
}

/** The names that a function body gives to values that it makes. */
function madeIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(madeIn);
  if (!isPart(part)) return [];
  const own = part.type === 'VariableDeclarator' && isMadeHere(part['init']) ? [nameOf(part['id'])] : [];
  return [...own, ...Object.values(part).flatMap(madeIn)];
}

describe('state of the detector', () => {
  it('has one writer', () => {
    const paths = readdirSync(detect, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    const others = paths.filter((path) => !writers.some((folder) => path.startsWith(folder)));
    expect(others.length).toBeGreaterThan(30);
    const found = others.flatMap((path) =>
      writtenIn(readFileSync(join(detect, path), 'utf8')).map((written) => `${path}: ${written}`),
    );
    expect(found.toSorted()).toEqual([]);
  });

  it.each([
    { text: 'function f(mirror) { mirror.doubt = null; }', written: ['mirror.doubt'] },
    { text: 'const f = ({ sight }) => { sight.count += 1; sight.times++; }', written: ['sight.count', 'sight.times'] },
    { text: 'function f(memory) { memory.open.set(1, 2); memory.turn.rows.push(3); }', written: ['memory.open.set'] },
    { text: 'function f(memory) { memory.turn = null; delete memory.a.b; }', written: ['memory.turn', 'memory.a.b'] },
    { text: 'function f(known) { const next = new Map(known); next.set(1, 2); return next; }', written: [] },
    { text: 'function f(own) { const left = own.map((one) => one); left.push(1); }', written: [] },
    { text: 'function f(own) { const left = own.rows; left.push(1); }', written: ['left.push'] },
  ])('is found in $text', ({ text, written }) => {
    expect(writtenIn(text)).toEqual(written);
  });
});

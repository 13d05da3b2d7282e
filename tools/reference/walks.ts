import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

/**
 * Finds the walk of a value through the code: the files that it visits. The walk enters a file with each call that gets
 * the value, a part of it, or a value made from it. Calls are followed in the order of the code, in all branches, each
 * function once. Methods are not followed.
 */

const src = join(import.meta.dirname, '../../src');

export interface Walk {
  /** The start of the walk: `file:function:parameter`. */
  readonly name: string;
  /** The files in the order of their visits. A visit is a sequence of calls within one file. */
  readonly visits: readonly string[];
  readonly files: number;
  /** The number of visits to a file that was visited before. */
  readonly returns: number;
}

interface Part {
  readonly type: string;
  readonly [name: string]: unknown;
}

interface Room {
  readonly functions: ReadonlyMap<string, Part>;
  /** By local name of an import: the file, and the name in that file. */
  readonly imports: ReadonlyMap<string, readonly [file: string, name: string]>;
}

const rooms = new Map<string, Room>();

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function nameOf(part: unknown): string {
  return isPart(part) && typeof part['name'] === 'string' ? part['name'] : '';
}

function listOf(value: unknown): readonly Part[] {
  return Array.isArray(value) ? value.filter(isPart) : [];
}

const isFunction = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

function roomOf(file: string): Room {
  const known = rooms.get(file);
  if (known !== undefined) return known;
  const functions = new Map<string, Part>();
  const imports = new Map<string, readonly [string, string]>();
  for (const outer of listOf(parseAst(readFileSync(file, 'utf8'), { lang: 'ts' }).body)) {
    const part = isPart(outer['declaration']) ? outer['declaration'] : outer;
    if (part.type === 'FunctionDeclaration') functions.set(nameOf(part['id']), part);
    for (const { id, init } of listOf(part['declarations']))
      if (isPart(init) && isFunction.test(init.type)) functions.set(nameOf(id), init);
    const from = isPart(part['source']) ? String(part['source']['value']) : '';
    if (part.type !== 'ImportDeclaration' || !from.startsWith('.')) continue;
    for (const { local, imported } of listOf(part['specifiers']))
      imports.set(nameOf(local), [resolve(file, '..', from), nameOf(imported)]);
  }
  const room = { functions, imports };
  rooms.set(file, room);
  return room;
}

function namesIn(pattern: unknown): readonly string[] {
  if (!isPart(pattern)) return [];
  if (pattern.type === 'Identifier') return [nameOf(pattern)];
  const inner = [pattern['left'], pattern['argument'], ...listOf(pattern['elements'])];
  return [...inner, ...listOf(pattern['properties']).map((one) => one['value'] ?? one['argument'])].flatMap(namesIn);
}

/** True if an expression is one of the names `mine`, or an object or list that contains one. */
function holds(part: unknown, mine: ReadonlySet<string>): boolean {
  if (!isPart(part)) return false;
  if (part.type === 'Identifier') return mine.has(nameOf(part));
  if (/^(?:ChainExpression|TSNonNullExpression|TSAsExpression)$/.test(part.type))
    return holds(part['expression'], mine);
  if (part.type === 'SpreadElement') return holds(part['argument'], mine);
  if (part.type === 'LogicalExpression') return holds(part['left'], mine) || holds(part['right'], mine);
  if (part.type === 'ConditionalExpression') return holds(part['consequent'], mine) || holds(part['alternate'], mine);
  if (part.type === 'ArrayExpression') return listOf(part['elements']).some((one) => holds(one, mine));
  return listOf(part['properties']).some((one) => holds(one['value'] ?? one, mine));
}

/**
 * Follows a parameter of a function.
 * @param start  `file:function:parameter`; the file is relative to `src`
 */
export function walkOf(start: string): Walk {
  const [path = '', from = '', parameter = ''] = start.split(':');
  const visits: string[] = [];
  const seen = new Set<string>();

  const enter = (file: string, name: string, mine: ReadonlySet<string>): void => {
    if (visits.at(-1) !== file) visits.push(file);
    const part = roomOf(file).functions.get(name);
    const key = `${file} ${name} ${[...mine].toSorted().join(' ')}`;
    if (part === undefined || seen.has(key)) return;
    seen.add(key);
    follow(part['body'], file, new Set(mine));
  };

  const follow = (part: unknown, file: string, mine: Set<string>): void => {
    if (Array.isArray(part)) for (const one of part) follow(one, file, mine);
    if (!isPart(part)) return;
    for (const one of Object.values(part)) follow(one, file, mine);
    if (part.type === 'VariableDeclarator' && isPart(part['id']) && part['id'].type === 'Identifier')
      if (holds(part['init'], mine)) mine.add(nameOf(part['id']));
    if (part.type === 'CallExpression') call(part, file, mine);
  };

  const call = (part: Part, file: string, mine: ReadonlySet<string>): void => {
    const callee = nameOf(part['callee']);
    const room = roomOf(file);
    const [to, name] = room.imports.get(callee) ?? [file, callee];
    const wanted = roomOf(to).functions.get(name);
    const params = listOf(wanted?.['params']);
    if (wanted === undefined || relative(src, to).startsWith('core/')) return;
    const handed = listOf(part['arguments']).flatMap((one, at) => (holds(one, mine) ? [params[at]] : []));
    // If the parameter is a destructuring pattern, only names that hold the value are followed.
    const names = handed.flatMap((one) =>
      one?.type === 'Identifier' ? [nameOf(one)] : namesIn(one).filter((each) => mine.has(each)),
    );
    if (handed.length > 0) enter(to, name, new Set(names));
  };

  enter(join(src, path), from, new Set([parameter]));
  const files = new Set(visits).size;
  return { name: start, visits: visits.map((one) => relative(src, one)), files, returns: visits.length - files };
}

/** The walks in docs/architecture.md. */
const shownWalks = [
  'detect/engine/take.ts:take:sample',
  'advise/lifecycle.ts:updateAdvice:view',
  'advise/prepare.ts:prepareView:view',
  'advise/lifecycle.ts:renewAdvices:view',
];

/** The section about walks in docs/architecture.md. */
export function walksDrawing(): string {
  const walks = shownWalks.map(walkOf);
  const rows = walks.map(({ name, files, returns }) => `| ${titleOf(name)} | ${files} | ${returns} |`);
  return `## What a value passes

The table below shows how many files of \`src/\` a developer reads to follow one value (such as a sample) through the
code. Such a *path* starts at one function. It follows each call that has the value as an argument, in the order of the
code, and enters each function once. A *return* is a step back to a file that the path has already left. Files of
\`core/\` do not count.

| path of a value | files | returns |
| --- | --: | --: |
${rows.join('\n')}

This diagram shows which files a developer reads to follow a sample (the result of one probe) through the detector. A
box is a file of \`src/detect\`, and the numbers are the order in which the files are read:

${drawingOf(walks[0])}

This diagram shows which files of \`src/advise\` a developer reads to follow a *view* through the advisor. A view is the
input of one decision: the configuration, the mirrors and their state at one time (\`src/advise/view.ts\`). The path
starts at \`updateAdvice\`, and the numbers are the order in which the files are read:

${drawingOf(walks[1])}
`;
}

function titleOf(start: string): string {
  const [path = '', name = '', value = ''] = start.split(':');
  return `\`${value}\` of \`${name}\` in \`${path}\``;
}

/** A drawing of a walk: files are boxes, and an arrow has the numbers of the visits to which it leads. */
function drawingOf(walk: Walk | undefined): string {
  const visits = walk?.visits ?? [];
  const idOf = (path: string): string => path.replaceAll(/\W/g, '_');
  const steps = visits
    .slice(1)
    .map((to, at) => ({ arrow: `${idOf(visits[at] ?? '')} -- # --> ${idOf(to)}`, number: at + 2 }));
  const arrows = [...Map.groupBy(steps, ({ arrow }) => arrow)].map(
    ([arrow, all]) => `  ${arrow.replace('#', `"${all.map(({ number }) => number).join(', ')}"`)}`,
  );
  const boxes = [...new Set(visits)].map((path) => `  ${idOf(path)}["${path.replace(/^\w+\//, '')}"]`);
  return ['```mermaid', 'flowchart LR', ...boxes, ...arrows, '```'].join('\n');
}

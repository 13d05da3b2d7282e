import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/** A function fits a screen. What is declared within it counts as part of it. */
const linesMax = 70;

const src = join(import.meta.dirname, '../src');

type Extent = { readonly name: string; readonly lines: number };

/** The outermost functions of a text, with the lines from the first to the last. */
function functionsOf(text: string): Extent[] {
  const found: Extent[] = [];
  const linesUntil = (offset: number): number => text.slice(0, offset).split('\n').length;
  const visit = (node: unknown, name: string): void => {
    if (Array.isArray(node)) for (const one of node) visit(one, name);
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    const { type, id, key, start, end } = node as unknown as Part;
    const own = id?.name ?? key?.name ?? name;
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type))
      found.push({ name: own, lines: linesUntil(end) - linesUntil(start) + 1 });
    else for (const part of Object.values(node)) visit(part, own);
  };
  visit(parseAst(text, { lang: 'ts' }), '');
  return found;
}

/** What is read of a part of the syntax tree. */
interface Part {
  readonly type: string;
  readonly id?: { readonly name?: string };
  readonly key?: { readonly name?: string };
  readonly start: number;
  readonly end: number;
}

it('functions have at most 70 lines', () => {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const long = paths.flatMap((path) =>
    functionsOf(readFileSync(join(src, path), 'utf8'))
      .filter(({ lines }) => lines > linesMax)
      .map(({ name, lines }) => `${path} ${name}: ${lines}`),
  );
  expect(paths.length).toBeGreaterThan(500);
  expect(long).toEqual([]);
});

it('functions are measured with the functions within them', () => {
  const text = `const a = {\n  b() {\n    const c = () => {\n      d();\n    };\n    c();\n  },\n};\nconst e = () => 1;\n`;
  expect(functionsOf(text)).toEqual([
    { name: 'b', lines: 6 },
    { name: 'e', lines: 1 },
  ]);
});

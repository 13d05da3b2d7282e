import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPatterns, findPatterns } from '../../../tools/patterns.ts';

const folder = mkdtempSync(join(tmpdir(), 'patterns-'));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
let files = 0;
/** Each text is a file of its own, because constants are remembered by file. */
const faultsOf = async (text: string): Promise<readonly string[]> => {
  files += 1;
  const file = write(`file-${files}.ts`, text);
  const faults = await checkPatterns([file], join(folder, 'cache.json'));
  return faults.map((fault) => fault.replace(file, 'x.ts'));
};

test.each([
  ['a literal of second degree', 'export const one = /\\s+$/;', ['x.ts:1: degree 2']],
  ['a literal of exponential time', '\nexport const one = /^(a+)+$/;', ['x.ts:2: exponential']],
  ['a second alternative of second degree', 'export const one = /a(?:b|c)|\\s+$/;', ['x.ts:1: degree 2']],
  ['a second alternative of exponential time', 'export const one = /\\s+$|^(a+)+$/;', ['x.ts:1: exponential']],
  ['a slow alternative behind one that ends the search', 'export const one = /\\s|\\s+$/;', []],
  ['a linear literal', 'export const one = /^(?:ab*)+$/;', []],
  [
    'a made pattern with constant parts',
    `const end = '$';\nexport const one = new RegExp(\`\\s+\${end}\`);`,
    ['x.ts:2: degree 2'],
  ],
  ['a made pattern with an unknown part', 'export const make = (end: string) => RegExp(end);', ['x.ts:1: unknown']],
  [
    'a parameter that hides a constant',
    "const end = '$';\nexport const make = (end: string) => RegExp(end);",
    ['x.ts:2: unknown'],
  ],
  ['a declared bound', '// pattern input: at most 200 bytes\nexport const one = /\\s+$/;', []],
  ['a bound that is too large', 'export const one = /\\s+$/; // pattern input: at most 2_000 bytes', ['x.ts:1: steps']],
  [
    'a bound of an exponential pattern',
    '// pattern input: at most 20 bytes\nexport const one = /^(a+)+$/;',
    ['x.ts:2: exponential'],
  ],
])('%s', async (_, text, wanted) => {
  const found = await faultsOf(text);
  const kinds = found.map((fault) =>
    fault
      .replace('this pattern takes time of degree 2 in the length of the text', 'degree 2')
      .replace('this pattern may take exponential time', 'exponential')
      .replace('parts of this pattern are known only when the program runs', 'unknown')
      .replace('this pattern takes 4000000 steps for 2000 bytes (limit 1000000)', 'steps'),
  );
  expect(kinds).toEqual(wanted);
});

test('parts of a pattern are followed through imports and templates', () => {
  write('part.ts', `export const part = \`a\${'b'}\`;`);
  const file = write(
    'whole.js',
    `import { part } from './part.ts';\nexport const one = new RegExp(\`^\${part}\${/c+/.source}\` + String.raw\`\\d\`, 'i');`,
  );
  expect(findPatterns(file).map(({ line, source, flags }) => [line, source, flags])).toEqual([
    [2, '^abc+\\d', 'i'],
    [2, 'c+', ''],
  ]);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPatterns, findPatterns } from '../../../tools/patterns.ts';
import { tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';

const folder = tempDir('patterns');
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

test.each(table<[string, string, readonly string[]][]>('unit/tools/patterns', '%s'))('%s', async (_, text, wanted) => {
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

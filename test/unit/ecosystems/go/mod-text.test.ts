import { describe, expect, test } from 'vitest';
import { atOnce } from '../../../../src/core/slices.ts';
import { listLockEntries, parseGoMod, parseGoSum } from '../../../../src/ecosystems/go/locks.ts';
import { parseModFile } from '../../../../src/ecosystems/go/mod-file.ts';
import { expectInProportion } from '../../../support/growth.ts';

describe('a go.mod read by the configuration and by a probe', () => {
  test.each([
    ['module example.com/x', 'example.com/x'],
    ['module"example.com/x"', 'example.com/x'],
    ['// module no\nmodule `example.com/x` // so', 'example.com/x'],
    ['module(\n\n  example.com/x\n)', 'example.com/x'],
    ['modules example.com/x', null],
    ['require (\n  module v1.0.0\n)', null],
    ['module // nothing', null],
  ])('%j', (text, module) => {
    const probed = atOnce(parseModFile(Buffer.from(text)));
    expect(probed.tag === 'ok' ? probed.value : null).toBe(module);
    expect(parseGoMod(text) !== null).toBe(module !== null);
  });

  test('blocks without a blank before the parenthesis', () => {
    const text =
      'module example.com/x\nrequire(\n  example.com/y v1.2.0 // indirect\n)\nrequire "example.com/z" v0.1.0';
    expect(parseGoMod(text)?.requires).toEqual([
      { module: 'example.com/y', version: 'v1.2.0', direct: false },
      { module: 'example.com/z', version: 'v0.1.0', direct: true },
    ]);
  });
});

test('many versions of one module in a go.sum are read in proportion', () => {
  const hash = `h1:${'A'.repeat(43)}=`;
  const sum = (size: number) =>
    Array.from({ length: size }, (_, at) => `example.com/x v1.${at}.0/go.mod ${hash}`).join('\n');
  expectInProportion(2_000, sum, parseGoSum);
});

test('of two versions with more digits than a number holds, a lock file gives the greater', () => {
  const [less, more] = ['v1.0.9007199254740992', 'v1.0.9007199254740993'];
  const hash = `h1:${'A'.repeat(43)}=`;
  const sum = parseGoSum([more, less].map((version) => `example.com/x ${version} ${hash}`).join('\n'));
  expect(listLockEntries('sum', sum, null)).toMatchObject([{ version: more }]);
});

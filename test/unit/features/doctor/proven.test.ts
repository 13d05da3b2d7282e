import { expect, test } from 'vitest';
import type { Machine, Trap } from '../../../../src/core/trap.ts';
import { createMachine } from '../../../../src/daemon/machine.ts';
import { keepProvenEdits } from '../../../../src/features/doctor/edits.ts';
import { examine } from '../../../../src/features/doctor/examine.ts';
import { english } from '../../../../src/words/words.ts';
import { testMachine } from './machine.ts';

const machine: Machine = {
  env: {},
  home: '/home/ada',
  cwd: '/home/ada',
  system: (path) => path,
  read: async () => ({ tag: 'ok', text: 'a\n' }),
  list: async () => ({ tag: 'error', code: 'ENOENT' }),
};
const trap: Trap = {
  id: 'one',
  what: 'a is there.',
  where: [{ file: '/f', line: 1 }],
  set: ['Remove it.'],
  edits: [{ file: '/f', line: 1, was: 'a', becomes: ['b'] }],
};

test.each<[string, (text: string) => readonly Trap[], boolean]>([
  ['the trap is gone', (text) => (text === 'b\n' ? [] : [trap]), true],
  ['the edit does nothing', () => [trap], false],
  ['another kind of trap comes in its place', (text) => (text === 'b\n' ? [{ ...trap, id: 'two' }] : [trap]), false],
])('a fix is offered where re-reading proves it: %s', async (_, found, isOffered) => {
  const again = async (changed: Machine): Promise<readonly Trap[]> => {
    const read = await changed.read('/f');
    return found(read.tag === 'ok' ? read.text : '');
  };
  const [proven] = await keepProvenEdits([trap], machine, () => 'a\n', again);
  expect(proven?.edits).toEqual(isOffered ? trap.edits : []);
});

test('each path is read once, however many clients share it and however many edits are proven', async () => {
  const { root, home, at } = testMachine({
    '~/.npmrc': 'registry=https://a.example.com/\nstrict-ssl=false\n',
    '~/.config/pip/pip.conf': '[global]\ntrusted-host = a.example.com\n',
  });
  const real = createMachine({ env: {}, home, cwd: at(''), root });
  const asked: string[] = [];
  const counted: Machine = {
    ...real,
    read: (path) => real.read(path).finally(() => asked.push(`read ${path}`)),
    list: (path) => real.list(path).finally(() => asked.push(`list ${path}`)),
  };
  const { traps, texts } = await examine(counted, { hosts: [], doors: [], privatePatterns: {} }, english);
  expect(traps.map(({ id, edits }) => [id, edits.length]).toSorted()).toEqual([
    ['npm-tls-off', 1],
    ['pip-trusted-host', 1],
  ]);
  expect([...texts.keys()].toSorted()).toEqual([at('~/.config/pip/pip.conf'), at('~/.npmrc')]);
  expect(asked.filter((one, place) => asked.indexOf(one) !== place)).toEqual([]);
});

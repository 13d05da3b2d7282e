import { expect, test } from 'vitest';
import type { Machine, Trap } from '../../../../src/core/trap.ts';
import { keepProvenEdits } from '../../../../src/features/doctor/edits.ts';

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

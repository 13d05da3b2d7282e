import { expect, test } from 'vitest';
import type { Machine } from '../../../../src/core/trap.ts';
import { findGo } from '../../../../src/ecosystems/go/settings-found.ts';

test('the lines of 60 000 requirements are found in one pass over go.mod', async () => {
  const modules = Array.from({ length: 60_000 }, (_, at) => `git.example.com/m${at}`);
  const text = `module x.example\n\nrequire (\n${modules.map((one) => `\t${one} v1.0.0\n`).join('')})\n`;
  const machine: Machine = {
    ...{ env: {}, home: '/h', cwd: '/p', system: (path) => `/s${path}` },
    read: async (path) => (path === '/p/go.mod' ? { tag: 'ok', text } : { tag: 'error', code: 'ENOENT' }),
    list: async () => ({ tag: 'ok', names: [] }),
  };
  const { required } = await findGo({ machine, assignments: [], privatePatterns: [] });
  expect(required.map(({ line }) => line)).toEqual(modules.map((_, at) => at + 4));
});

import { expect, test } from 'vitest';
import type { Machine } from '../../../../src/core/trap.ts';
import { findPypi } from '../../../../src/ecosystems/pypi/settings-found.ts';

test.each([
  ['without an end', 'index = [\n'.repeat(100_000), 100_000],
  ['each with its end', 'index = [\n"https://a.example.com"\n]\n'.repeat(50_000), 50_000],
])('thousands of lists %s are read in one pass over uv.toml', async (_, text, most) => {
  const machine: Machine = {
    ...{ env: {}, home: '/h', cwd: '/p', system: (path) => `/s${path}` },
    read: async (path) => (path === '/p/uv.toml' ? { tag: 'ok', text } : { tag: 'error', code: 'ENOENT' }),
    list: async () => ({ tag: 'ok', names: [] }),
  };
  const { settings } = await findPypi({ machine, assignments: [], privatePatterns: [] });
  expect(settings.length).toBeLessThanOrEqual(most);
});

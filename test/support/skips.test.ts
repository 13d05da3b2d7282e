import { afterEach, expect, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import { Skips } from './skips.ts';

const suite = (name: string, tests: number) => ({ name, children: { allTests: () => Array.from({ length: tests }) } });
const module = (...suites: readonly ReturnType<typeof suite>[]) =>
  ({ children: { suites: () => suites } }) as unknown as TestModule;

afterEach(() => vi.restoreAllMocks());

function said(...modules: readonly TestModule[]): string {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  new Skips().onTestRunEnd(modules);
  return warn.mock.calls.map(([line]) => line).join('\n');
}

test('suites that were left out are named and counted, with their tests', () => {
  const text = said(
    module(suite('a', 3), suite('b (skipped: needs go; .ci/provision brings all of it)', 2)),
    module(suite('c (skipped: takes long)', 5)),
  );
  expect(text).toContain('SKIPPED 2 suites with 7 tests');
  expect(text).toContain('  b (skipped: needs go');
  expect(text).toContain('  c (skipped: takes long)');
});

test('where none was, nothing is said', () => expect(said(module(suite('a', 3)))).toBe(''));

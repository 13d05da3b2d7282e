import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { repoDir } from '../../support/paths.ts';

/** Holds a text against `test/golden/<name>`; UPDATE_GOLDEN=1 rewrites it. */
export function expectGolden(name: string, text: string): void {
  const path = `${repoDir}/test/golden/${name}`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(existsSync(path), `${path} is there`).toBe(true);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

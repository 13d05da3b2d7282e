import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { walksPage, walksPagePath } from '../../../tools/generate-walks.ts';

test('docs/walks.md is what the tables of the real clients say (npm run generate rewrites)', () =>
  expect(readFileSync(walksPagePath, 'utf8')).toBe(walksPage()));

import { expect, test } from 'vitest';
import { jsonText } from '../../../src/terminal/terminal.ts';

test('what is printed for programs moves no cursor, reorders nothing, and reads back the same', () => {
  const value = { header: 'a\u009b2J\u001b[31m', file: 'b\u202e\u2028\u200b', name: '镜像 ünï' };
  const text = jsonText(value);
  expect(text).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
  expect(text).toContain('镜像 ünï');
  expect(JSON.parse(text)).toEqual(value);
});

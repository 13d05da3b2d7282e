import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatIssues } from '../../../src/config/format-issues.ts';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import type { SlowFiles } from '../../../src/core/ports.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { diskFiles, expandPlainly } from './support.ts';

const folder = fileURLToPath(new URL('../../fixtures/config/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));
const env = { SET: '1', TEXT: 'abc', PASS: 'hunter2' };

const files: SlowFiles = { read: async (path) => diskFiles.read(path), list: async (path) => diskFiles.list(path) };

async function told(name: string): Promise<{ readonly loads: boolean; readonly text: string }> {
  const path = `${folder}${name}.yaml`;
  const loaded = await loadConfigSlowly({ text: readFileSync(path, 'utf8'), path, env, files, expand: expandPlainly });
  const issues = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error;
  return { loads: loaded.tag === 'ok', text: `${formatIssues(issues, `${name}.yaml`)}\n` };
}

describe('one file per mistake, with its exact message; all-… and warnings-… hold several', () => {
  test('each is told as its text has it (UPDATE_GOLDEN=1 rewrites)', () =>
    expectRows(names, String, async (name) => {
      const { loads, text } = await told(name);
      const golden = `${folder}${name}.txt`;
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
      expect(text).toBe(readFileSync(golden, 'utf8'));
      expect(loads).toBe(/^warnings?-/.test(name));
      expect(text).not.toMatch(/hunter\d|SECRET|secretlike/);
      if (!/^(all|warnings)-/.test(name)) expect(text.trim().split('\n')).toHaveLength(1);
    }));

  test('no text is left without its file', () => {
    const texts = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    expect(texts.toSorted()).toEqual(names.map((name) => `${name}.txt`).toSorted());
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { comparePlaces, formatIssues, issuesForPrograms } from '../../../src/config/format-issues.ts';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { englishLeft } from '../cli/english-left.ts';
import { diskFiles, expandPlainly } from './support.ts';

const folder = fileURLToPath(new URL('../../fixtures/config/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test('each mistake is told in Chinese, at the same line and key', () =>
  expectRows(names, String, async (name) => {
    const loaded = await loadConfigSlowly({
      text: readFileSync(`${folder}${name}`, 'utf8'),
      path: `${folder}${name}`,
      env: { SET: '1', TEXT: 'abc', PASS: 'hunter2' },
      files: { read: async (path) => diskFiles.read(path), list: async (path) => diskFiles.list(path) },
      expand: expandPlainly,
    });
    const issues = [...(loaded.tag === 'ok' ? loaded.value.warnings : loaded.error)].sort(comparePlaces);
    const said = formatIssues(issues, name, wordsOf('zh')).split('\n');
    expect(said).toHaveLength(issues.length);
    for (const [at, { line, column, path, expected, seen, nearest }] of issuesForPrograms(issues).entries()) {
      const text = said[at] ?? '';
      expect(text.startsWith(line === null ? `${name} ` : `${name}:${line}:${column ?? 1} `), text).toBe(true);
      expect(text).toContain(path);
      // What was seen, the near word and lists of keys are the file's and the configuration's own words.
      const words = [seen, nearest].filter((one) => one !== null).flatMap((one) => one.split(/[^\w]+/));
      const keys = /^one of (?:the keys )?(.*)$/.exec(expected)?.[1]?.split(', ') ?? [];
      const left = englishLeft(text.replace(`${path}：`, ''), [...words, ...keys, 'machine', 'github', 'gitlab']);
      expect(left, text).toEqual([]);
      expect(text).not.toMatch(/现为 (?:a (?:list|mapping) of |none|\d+ of |\d+ \w+，)/);
      expect(text).toMatch(/应为 .*[\u4e00-\u9fff]|应为 (?:small|owner\/name)/);
    }
  }));

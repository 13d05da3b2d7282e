import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTrapKinds } from '../../../../src/features/doctor/examine.ts';
import type { Language } from '../../../../src/words/words.ts';
import { doctorPage, doctorPagePaths } from '../../../../tools/generate-doctor-docs.ts';
import { englishLeft } from '../../cli/english-left.ts';

const pageOf = (language: Language): string => readFileSync(doctorPagePaths[language], 'utf8');

describe.each(['en', 'zh'] as const)('the page of doctor, %s', (language) => {
  const page = pageOf(language);

  test('is what the code says (npx node tools/generate-doctor-docs.ts writes it)', async () =>
    expect(page).toBe(await doctorPage(language)));

  test('has one row for each trap, and none for another', async () => {
    const kinds = await loadTrapKinds();
    const severity = language === 'en' ? 'error|warning|note' : '错误|警告|提示';
    const rows = [...page.matchAll(new RegExp(`^\\| \`([a-z0-9-]+)\` \\| (?:${severity}) \\|`, 'gm'))];
    expect(rows.map(([, id]) => id).toSorted()).toEqual(Object.keys(kinds).toSorted());
  });

  test('leads to the other', () => {
    const other = language === 'en' ? 'zh' : 'en';
    expect(page).toContain(`](${basename(doctorPagePaths[other])})`);
  });
});

const [english, chinese] = [pageOf('en'), pageOf('zh')];
const prose = (page: string): string => page.slice(page.indexOf('# ')).replaceAll(/^\|.*$/gm, '');

test('the Chinese page has the same headings, rows, points and words of code as the English one', () => {
  const parts = (page: string) => prose(page).split(/^## /m);
  const coded = (text: string) =>
    [...new Set([...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word.replaceAll(/\s+/g, ' ')))].toSorted();
  const points = (text: string) => text.split('\n').filter((line) => line.startsWith('- ')).length;
  expect(parts(chinese).map(coded)).toEqual(parts(english).map(coded));
  expect(parts(chinese).map(points)).toEqual(parts(english).map(points));
  for (const start of ['|', '### '])
    expect(chinese.split(`\n${start}`).length).toBe(english.split(`\n${start}`).length);
});

test('the Chinese page is Chinese: no English sentence, no Latin punctuation beside its characters', () => {
  const text = chinese.slice(chinese.indexOf('# '));
  expect(englishLeft(text, ['unified', 'diff', 'mirrors', 'unsafe', 'best', 'match', 'config', 'path'])).toEqual([]);
  const odd = prose(chinese)
    .replaceAll(/`[^`]*`/g, '`x`')
    .split('\n')
    .filter((line) => /[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]/.test(line));
  expect(odd).toEqual([]);
});

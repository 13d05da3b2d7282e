import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';
import { blocksOf } from './pages.ts';

// A Chinese page says what the English one says: the same parts in the same order, with the same commands, links and words of
// code. Whether it says it well only a reader can tell.

const both = ['README', 'docs/probes', 'docs/advice', 'docs/operations'];
const textOf = (page: string): string => readFileSync(join(repoDir, page), 'utf8');
const prose = (page: string): string => textOf(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
const sections = (page: string): readonly string[] => prose(page).split(/^## /m);
const withoutNotes = (text: string): string => text.replaceAll(/\s+#.*$/gm, '');

describe.each(both)('%s', (page) => {
  const [en, zh] = [`${page}.md`, `${page}.zh-CN.md`];
  const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  test('it has the same headings, as many and as deep', () => {
    const levels = (page: string) => [...prose(page).matchAll(/^(#+) /gm)].map(([, level]) => level);
    expect(levels(zh)).toEqual(levels(en));
    expect(sections(zh)[0]).toContain(`[English](${name(en)})`);
    expect(sections(en)[0]).toContain(`[简体中文](${name(zh)})`);
  });

  test('it leads to no page in English that there is in Chinese', () => {
    const links = [...textOf(zh).matchAll(/\]\(([^)\s:]+\.md)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => link !== name(en));
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => existsSync(join(repoDir, dirname(en), link.replace(/\.md$/, '.zh-CN.md'))))).toEqual(
      [],
    );
  });

  test('it has the same blocks, but for what is noted beside a line', () => {
    const told = (page: string) => blocksOf(page).map(({ language, text }) => [language, withoutNotes(text)]);
    expect(told(zh)).toEqual(told(en));
  });

  test.each(sections(en).map((section, at) => [section.split('\n')[0] ?? '', at] as const))(
    'its part for "%s" has the same links, rows, points and words of code',
    (_, at) => {
      const [mine = '', theirs = ''] = [sections(zh)[at], sections(en)[at]];
      // A page that there is in Chinese is what the Chinese one leads to.
      const links = (text: string) =>
        [...text.matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, link = '']) => link)
          .filter((link) => link !== name(en) && link !== name(zh))
          .map((link) => link.replace('.zh-CN.md', '.md'));
      const coded = (text: string) =>
        [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word.replaceAll(/\s+/g, ' '));
      const count = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start)).length;
      expect(links(mine).toSorted()).toEqual(links(theirs).toSorted());
      expect([...new Set(coded(mine))].toSorted()).toEqual([...new Set(coded(theirs))].toSorted());
      for (const start of ['|', '- ']) expect(count(mine, start)).toBe(count(theirs, start));
    },
  );

  test('it is Chinese in Chinese: no Latin punctuation beside its characters', () => {
    const lines = prose(zh)
      .replaceAll(/`[^`]*`/g, '`x`')
      .split('\n');
    expect(lines.filter((line) => /[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]/.test(line))).toEqual([]);
  });
});

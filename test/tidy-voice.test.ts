import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { families } from '../bench/scenarios/worlds/families.ts';
import messages from '../locales/en.json' with { type: 'json' };
import { repoDir } from './support/paths.ts';

/**
 * The voice of messages and names, by the two lists at the end of docs/glossary.md. Names that do not keep to it yet are held
 * as a number: it may fall, and who makes it fall writes the lower number down.
 */

const glossary = readFileSync(join(repoDir, 'docs/glossary.md'), 'utf8');
function listed(title: string): ReadonlySet<string> {
  const section = glossary.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  const list = section.split('\n\n').filter((paragraph) => paragraph.startsWith('`'));
  return new Set(list.flatMap((paragraph) => [...paragraph.matchAll(/`(\w+)`/g)].map(([, word = '']) => word)));
}
const banned = listed('Words not used in messages');
const verbs = listed('Verbs of exported functions');
const wordsAtMost = 25;

/** A text without the grammar of its plurals: a place is one word. */
const plain = (text: string): string =>
  text.replaceAll(/\{(\w+), (?:plural|select),(?:[^{}]|\{(?:[^{}]|\{\w+\})*\})*\}/g, '{$1}');

function breaksVoice(text: string): boolean {
  const sentences = plain(text).split(/(?<=[.!?:;])\s+|\n/);
  const isLong = sentences.some((sentence) => sentence.split(/\s+/).filter(Boolean).length > wordsAtMost);
  return (
    isLong ||
    (
      plain(text)
        .toLowerCase()
        .match(/[a-z]+/g) ?? []
    ).some((word) => banned.has(word))
  );
}

const isNamed = (name: string): boolean =>
  verbs.has(/^[a-z]+/.exec(name)?.[0] ?? '') || /[a-z0-9](?:Of|For|In|At|By|From|To|With|As)(?:[A-Z]|$)/.test(name);

function exportsOf(folder: string): readonly string[] {
  const files = readdirSync(join(repoDir, 'src', folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(repoDir, 'src', folder, file), 'utf8');
      return [...source.matchAll(/^export (?:async )?function\*? (\w+)/gm)].map(([, name = '']) => name);
    });
}

/** Exported functions whose names are not of the list, by folder of `src`. */
const namesLeft: Readonly<Record<string, number>> = {
  advise: 4,
  api: 12,
  cli: 4,
  config: 17,
  core: 22,
  daemon: 2,
  detect: 6,
  ecosystems: 16,
  features: 9,
  io: 6,
  notify: 8,
  probe: 1,
  schedule: 3,
  terminal: 9,
  wire: 6,
  words: 6,
};

/**
 * The texts of a page of Markdown: paragraphs, points of lists and cells of tables, with each span of code as one word. Titles of
 * tests are names, not texts.
 */
function textsOf(page: string): readonly string[] {
  const text = readFileSync(join(repoDir, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/`test\/[^`]+`: [^;|]*/g, 'x')
    .replaceAll(/`[^`\n]*`|\b\w+_\w+\b/g, 'x')
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/x(?:(?:,| ·)? x)+/g, 'x');
  return text.split(/\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.) ?)/).flatMap((part) => (isRow(part) ? part.split('|') : [part]));
}
/** The two lists of the glossary. */
const isWordList = (text: string): boolean => /^\s*(?:x,?\s*)+$/.test(text);
const isRow = (text: string): boolean => text.trim().startsWith('|') || text.includes(' | ');

/** Figures that `npm run scenarios` writes, with the descriptions of its worlds, and the tables of real clients. */
const records = new Set(['docs/decisions-quality.md', 'docs/walks.md']);
const pages = ['docs/', 'docs/guides/', 'docs/protocols/', 'deploy/', ''].flatMap((folder) =>
  readdirSync(join(repoDir, folder))
    .filter((name) => name.endsWith('.md') && !name.includes('zh-CN') && name !== 'CHANGELOG.md')
    .map((name) => `${folder}${name}`)
    .filter((page) => !records.has(page)),
);

describe('the voice', () => {
  it('knows a message that breaks it, and one that does not', () => {
    expect([banned.size > 20, verbs.size > 80]).toEqual([true, true]);
    expect(breaksVoice('Nobody answered.')).toBe(true);
    expect(breaksVoice(`${'word '.repeat(wordsAtMost)}more.`)).toBe(true);
    expect(breaksVoice('{name} responds again. {count, plural, one {It was {n} h} other {They were {n} h}}')).toBe(
      false,
    );
    expect(['readFile', 'chainOf', 'partsOfA', 'hearOutage', 'breath'].map(isNamed)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('is kept by every message', () => {
    const broken = Object.entries(messages).flatMap(([key, text]) => (breaksVoice(text) ? [key] : []));
    expect(broken).toEqual([]);
  });

  it('is kept by the descriptions of simulated worlds', () => {
    expect(families.length).toBeGreaterThan(100);
    expect(families.map(({ what }) => what).filter(breaksVoice)).toEqual([]);
  });

  it.each(pages)('is kept by %s: HELP, keys, routes and commands have pages of their own', (page) => {
    const broken = textsOf(page).filter(
      (text) => !isWordList(text) && breaksVoice(text.replaceAll(/\s+/g, ' ').trim()),
    );
    expect(broken.map((text) => text.replaceAll(/\s+/g, ' ').trim())).toEqual([]);
  });

  it('is kept by names of exported functions, but for so many of each folder; a lower number is written down here', () => {
    const folders = readdirSync(join(repoDir, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const left = folders.flatMap(({ name }) => {
      const count = exportsOf(name).filter((one) => !isNamed(one)).length;
      return count === 0 ? [] : [[name, count] as const];
    });
    expect(Object.fromEntries(left)).toEqual(namesLeft);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { families } from '../bench/scenarios/worlds/families.ts';

// Finds texts that break the voice: sentences of more than 25 words, and words and names that docs/glossary.md lists.
//
//   node tools/voice.ts
//
// Part of each release (CONTRIBUTING.md, "Make a release"). Exit code 1: it has printed what it found.

const root = resolve(import.meta.dirname, '..');
const wordsAtMost = 25;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const glossary = read('docs/glossary.md');

/** The words in the lists of a section of the glossary. */
function listed(title: string): ReadonlySet<string> {
  const section = glossary.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  const list = section.split('\n\n').filter((paragraph) => paragraph.startsWith('`'));
  const words = list.flatMap((paragraph) => [...paragraph.matchAll(/`(\w+)`/g)].map(([, word = '']) => word));
  if (words.length === 0) throw new Error(`docs/glossary.md: no list under "${title}"`);
  return new Set(words);
}
const banned = listed('Words not used in messages');
const verbs = listed('Verbs of exported functions');

/** A message without the grammar of its plurals: a placeholder is one word. */
const plain = (text: string): string =>
  text.replaceAll(/\{(\w+), (?:plural|select),(?:[^{}]|\{(?:[^{}]|\{\w+\})*\})*\}/g, '{$1}');

/** Whether a text has a sentence that is too long, or a word of the list. */
function breaksVoice(text: string): boolean {
  const sentences = plain(text).split(/(?<=[.!?:;])\s+|\n/);
  const words =
    plain(text)
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const isLong = sentences.some((sentence) => sentence.split(/\s+/).filter(Boolean).length > wordsAtMost);
  return isLong || words.some((word) => banned.has(word));
}

/**
 * The texts of a page of Markdown: paragraphs, points of lists and cells of tables, with each span of code as one word.
 * Titles of tests are names, not texts.
 */
function textsOf(page: string): readonly string[] {
  const text = read(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/`test\/[^`]+`: [^;|]*/g, 'x')
    .replaceAll(/`[^`\n]*`|\b\w+_\w+\b/g, 'x')
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/x(?:(?:,| ·)? x)+/g, 'x');
  const isRow = (part: string): boolean => part.trim().startsWith('|') || part.includes(' | ');
  return text
    .split(/\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.) ?)/)
    .flatMap((part) => (isRow(part) ? part.split('|') : [part]))
    .filter((part) => !/^\s*(?:x,?\s*)+$/.test(part))
    .map((part) => part.replaceAll(/\s+/g, ' ').trim());
}

/** Exported functions of `src` whose names begin with no verb of the glossary, and are no noun with a preposition. */
function oddNames(): readonly string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const names = [...read(`src/${file}`).matchAll(/^export (?:async )?function\*? (\w+)/gm)];
      const isOdd = (name: string): boolean =>
        !verbs.has(/^[a-z]+/.exec(name)?.[0] ?? '') &&
        !/[a-z0-9](?:Of|For|In|At|By|From|To|With|As)(?:[A-Z]|$)/.test(name);
      return names.flatMap(([, name = '']) => (isOdd(name) ? [`src/${file}: ${name}`] : []));
    });
}

/** Figures that `npm run scenarios` writes, with the descriptions of its worlds, and the tables of real clients. */
const records = new Set(['docs/decisions-quality.md', 'docs/walks.md']);
const pages = ['docs/', 'docs/guides/', 'docs/protocols/', 'deploy/', ''].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md') && !name.includes('zh-CN') && name !== 'CHANGELOG.md')
    .map((name) => `${folder}${name}`)
    .filter((page) => !records.has(page)),
);
const messages = Object.entries(JSON.parse(read('locales/en.json')) as Readonly<Record<string, string>>);
const broken = [
  ...messages.filter(([, text]) => breaksVoice(text)).map(([key, text]) => `locales/en.json: ${key}: ${text}`),
  ...families.filter(({ what }) => breaksVoice(what)).map(({ name, what }) => `world ${name}: ${what}`),
  ...pages.flatMap((page) =>
    textsOf(page)
      .filter(breaksVoice)
      .map((text) => `${page}: ${text}`),
  ),
];
for (const line of broken) console.log(line);
console.log(`${broken.length} texts break the voice; ${oddNames().length} names begin with no verb of the glossary`);
if (process.argv.includes('--names')) for (const name of oddNames()) console.log(name);
process.exitCode = broken.length === 0 ? 0 : 1;

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import en from '../../../locales/en.json' with { type: 'json' };
import zh from '../../../locales/zh.json' with { type: 'json' };
import { wordsOf } from '../../../src/words/words.ts';
import { placesIn, textTypes } from '../../../tools/generate-texts.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir } from '../../support/paths.ts';

const folder = join(repoDir, 'locales');

describe('the catalogue', () => {
  it('has the same keys in every language, in the same order', () => expect(Object.keys(zh)).toEqual(Object.keys(en)));

  it.each(['en', 'zh'])('%s has each key once: of two the first would be lost', (language) => {
    const keys = [...readFileSync(join(folder, `${language}.json`), 'utf8').matchAll(/^ {2}"([^"]+)":/gm)];
    expect(keys.map(([, key]) => key)).toEqual(Object.keys(en));
  });

  it('has its types: `npm run generate` writes them', () =>
    expect(readFileSync(join(folder, 'texts.d.ts'), 'utf8')).toBe(textTypes()));

  it('each text fills in the same in every language, and is not empty', () =>
    expectRows(Object.keys(en) as (keyof typeof en)[], String, (key) => {
      expect(placesIn(zh[key]).toSorted()).toEqual(placesIn(en[key]).toSorted());
      for (const text of [en[key], zh[key]]) expect(text).not.toBe('');
    }));

  it('is Chinese in Chinese: where there are words in English, there are its characters and its punctuation', () => {
    const found = Object.entries(zh).filter(([key, text]) => {
      const english = en[key as keyof typeof en].replaceAll(/\{\w+\}|mirrorwatch/g, '');
      const isWords = /[a-z]{3}/i.test(english);
      return (
        (isWords && !/[\u4e00-\u9fff]/.test(text)) || /[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]/.test(text)
      );
    });
    expect(found).toEqual([]);
  });

  it('writes a share in Chinese without a space, and calls the canary by one name', () => {
    const odd = Object.entries(zh).filter(([, text]) => /[\d}] %|canary/i.test(text));
    expect(odd).toEqual([]);
    expect(wordsOf('zh')('unit.percent', { value: 100 })).toBe('100%');
  });

  it('is English in English', () =>
    expect(Object.values(en).filter((text) => /[\u3000-\u9fff\uff00-\uffef]/.test(text))).toEqual([]));
});

it('saying: fills in each value once, as it is', () => {
  const say = wordsOf('en');
  expect(say('advice.proposed', { what: 'x', from: '{to}', to: '$&' })).toBe('Switch x from {to} to $&');
  expect(wordsOf('zh')('card.many', { count: 3 })).toBe('3 条通知');
  expect(say('card.many', { count: 1 })).toBe('1 notice');
});

test.each([
  ['replay.note.pauses', '1 manual pause is replayed', '2 manual pauses are replayed'],
  ['replay.note.leftOut', '1 result is omitted', '2 results are omitted'],
  ['replay.note.otherSettings', '1 result was recorded', '2 results were recorded'],
] as const)('%s agrees with its number', (key, one, two) => {
  const say = wordsOf('en');
  expect(say(key, { count: 1 })).toContain(one);
  expect(say(key, { count: 2 })).toContain(two);
});

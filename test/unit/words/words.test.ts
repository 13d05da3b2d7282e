import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from '../../../src/words/en.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { zh } from '../../../src/words/zh.ts';

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort();

describe('the catalogue', () => {
  it('has the same keys in every language, in the same order', () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
  });

  it.each(['en', 'zh'])(
    '%s says each key in one area alone: spread into one, the second would hide the first',
    async (language) => {
      const folder = join(import.meta.dirname, '../../../src/words', language);
      const areas = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
      const keys = areas.flatMap((area: Record<string, object>) => Object.values(area).flatMap(Object.keys));
      expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
      expect(keys.sort()).toEqual(Object.keys(en).sort());
    },
  );

  it.each(Object.keys(en) as (keyof typeof en)[])(
    '%s fills in the same in every language, and is no empty text',
    (key) => {
      expect(placeholders(zh[key])).toEqual(placeholders(en[key]));
      for (const text of [en[key], zh[key]])
        expect(text.replaceAll(/\{\w+\}/g, '').length + placeholders(text).length).toBeGreaterThan(0);
    },
  );

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

  it('tells no single word: a name that a person gave may be the same, and would be told in other words', () => {
    const words = Object.entries(en).filter(([key, text]) => key.startsWith('told.') && /^[a-z]+$/i.test(text));
    expect(words).toEqual([]);
  });

  it('is English in English', () => {
    expect(Object.values(en).filter((text) => /[\u3000-\u9fff\uff00-\uffef]/.test(text))).toEqual([]);
  });
});

describe('saying', () => {
  it('fills in each value once, as it is', () => {
    const say = wordsOf('en');
    expect(say('advice.proposed', { what: 'x', from: '{to}', to: '$&' })).toBe('Move x from {to} to $&');
    expect(wordsOf('zh')('card.many', { count: 3 })).toBe('3 条通知');
    expect(say('card.one')).toBe('1 notice');
  });
});

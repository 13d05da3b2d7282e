import en from '../../locales/en.json' with { type: 'json' };
import type { Filled, Sentence } from '../core/sentence.ts';
import type { Key, Say } from './say.ts';

type Pattern = readonly [key: Key, pattern: RegExp, names: readonly string[]];

function plainLength(text: string): number {
  return text.replaceAll(/\{\w+\}/g, '').length;
}

/** The longer ones first: what is said in more words is the nearer match. */
const patterns: readonly Pattern[] = Object.entries(en)
  .filter(([key]) => key.startsWith('told.'))
  .map(([key, text]) => [key, text.replaceAll("''", "'").replaceAll(/'([{}])'/g, '$1')] as const)
  .toSorted(([, a], [, b]) => plainLength(b) - plainLength(a))
  .map(([key, text]) => [
    key as Key,
    new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '([\\s\\S]*?)')}$`),
    [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  ]);

/**
 * A sentence that a stage told in English, for programs too, as one that can be said in any language: where it is a text of the
 * catalogue its key, with what was filled in, which may be such a sentence itself; else the text.
 */
export function asSentence(text: string): Sentence | string {
  for (const [key, pattern, names] of patterns) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = names.map((name, at): [string, Filled] => [name, asSentence(found[at + 1] ?? '')]);
    return { key, values: Object.fromEntries(values) };
  }
  return text;
}

/** The same as a person reads it. */
export function sayTold(text: string, say: Say): string {
  return sayAll(asSentence(text), say);
}

function sayAll(one: Filled, say: Say): string {
  if (typeof one !== 'object' || !('key' in one)) return String(one);
  const values = Object.entries(one.values).map(([name, value]) => [name, sayAll(value, say)]);
  // `asSentence` gives no other keys than the catalogue's.
  return (say as unknown as (key: Key, values: Readonly<Record<string, string>>) => string)(
    one.key as Key,
    Object.fromEntries(values),
  );
}

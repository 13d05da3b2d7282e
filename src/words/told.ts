import { en } from './en.ts';
import type { Key, Say } from './say.ts';

type Pattern = readonly [key: Key, pattern: RegExp, names: readonly string[]];

function plainLength(text: string): number {
  return text.replaceAll(/\{\w+\}/g, '').length;
}

/** The longer ones first: what is said in more words is the nearer match. */
const patterns: readonly Pattern[] = Object.entries(en)
  .filter(([key]) => key.startsWith('told.'))
  .toSorted(([, a], [, b]) => plainLength(b) - plainLength(a))
  .map(([key, text]) => [
    key as Key,
    new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '([\\s\\S]*?)')}$`),
    [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  ]);

/**
 * A sentence that a stage told in English, for programs too, as a person reads it: where it is a text of the catalogue it is
 * said, with what was filled in, which may be such a sentence itself; else it stays.
 */
export function sayTold(text: string, say: Say): string {
  for (const [key, pattern, names] of patterns) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = Object.fromEntries(names.map((name, at) => [name, sayTold(found[at + 1] ?? '', say)]));
    return (say as (key: Key, values: Readonly<Record<string, string>>) => string)(key, values);
  }
  return text;
}

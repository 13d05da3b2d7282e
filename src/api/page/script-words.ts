import type { PageSay } from './say.ts';

const words = [
  'copy',
  'copied',
  'selected',
  'live',
  'held',
  'reconnecting',
  'asking',
  'done',
  'refused',
  'silent',
  'badToken',
  'needsToken',
] as const;

/** What the page's script says, as JSON of its keys. */
export function scriptWords(say: PageSay): string {
  return JSON.stringify(Object.fromEntries(words.map((word) => [word, say(`script.${word}`)])));
}

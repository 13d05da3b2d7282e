import { readFileSync } from 'node:fs';
import type { PageSay } from './html.ts';

/** `assets/` stands beside `src/` and `dist/`. */
function asset(name: string): string {
  return readFileSync(new URL(`../../../assets/${name}`, import.meta.url), 'utf8');
}

/** The common style sheet. Every colour is accompanied by a word or a shape. */
export const style = asset('page.css');

/** The icon of the tab, in a colour for light and dark backgrounds. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><path d="M2 9h3l2-5 3.5 10L13 9h3" fill="none" stroke="#159b78" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;

/**
 * The script of the pages, ES2020. It follows `GET /api/v1/events` and replaces `main` after news, at most every two
 * seconds; a page with `data-every-ms` is replaced at that pace. Focus and open details are restored; during a selection
 * or an open form nothing is replaced. Buttons call the API; the token is only in memory.
 */
export const script = asset('page.js');

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

export function formatScriptWords(say: PageSay): string {
  return JSON.stringify(Object.fromEntries(words.map((word) => [word, say(`script.${word}`)])));
}

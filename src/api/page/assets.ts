import { readFileSync } from 'node:fs';
import { type Html, html, type PageSay } from './html.ts';

/** Reads a file of the folder `assets/`, which is a sibling of `src/` and `dist/`. */
function asset(name: string): string {
  return readFileSync(new URL(`../../../assets/${name}`, import.meta.url), 'utf8');
}

export const style = asset('page.css');

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><path d="M2 9h3l2-5 3.5 10L13 9h3" fill="none" stroke="#159b78" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;

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

/** Renders the beginning of a page, up to the end of its head. @param icon  the link to its icon; `null`: it has none */
export function renderHead(say: PageSay, title: string, icon: Html | null): Html {
  return html`<!doctype html>
<html lang="${say('page.lang')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · mirrorwatch</title>
${icon}<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>`;
}

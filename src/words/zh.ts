import type { Key } from './say.ts';
import { cards } from './zh/cards.ts';
import { facts } from './zh/facts.ts';
import { page } from './zh/page.ts';
import { pageWords } from './zh/page-words.ts';
import { units } from './zh/units.ts';
import { walk } from './zh/walk.ts';

/** Simplified Chinese. */
export const zh: Readonly<Record<Key, string>> = { ...cards, ...units, ...page, ...walk, ...facts, ...pageWords };

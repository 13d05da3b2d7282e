import { cards } from './en/cards.ts';
import { facts } from './en/facts.ts';
import { page } from './en/page.ts';
import { pageWords } from './en/page-words.ts';
import { units } from './en/units.ts';
import { walk } from './en/walk.ts';

/** Every text that a person reads, by key, an area a file; `{name}` is filled in. The keys are those of every language. */
export const en = { ...cards, ...units, ...page, ...walk, ...facts, ...pageWords } as const;

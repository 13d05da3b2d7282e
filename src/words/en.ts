import { cards } from './en/cards.ts';

/** Every text that a person reads, by key, an area a file; `{name}` is filled in. The keys are those of every language. */
export const en = { ...cards } as const;

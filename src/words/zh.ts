import type { Key } from './say.ts';
import { cards } from './zh/cards.ts';

/** Simplified Chinese. */
export const zh: Readonly<Record<Key, string>> = { ...cards };

import { kinds } from '../config/kinds.ts';
import type { Kind } from '../core/kind.ts';
import { UsageError } from './usage.ts';

const able = kinds.filter(({ canary }) => canary !== null);

/** Stands for all of them at once, where a command takes it. */
const everyKind = 'all';

/**
 * The ecosystem that `--ecosystem` names; the first one where nobody says which.
 * @throws UsageError where it is none that can be probed
 */
export function kindByWord(word: string | undefined): Kind {
  return kindNamed(word, []);
}

/** The ecosystems that `--ecosystem` names where `all` is a word, too. @throws as `kindByWord` */
export function kindsByWord(word: string | undefined): readonly Kind[] {
  return word === everyKind ? able : [kindNamed(word, [everyKind])];
}

function kindNamed(word: string | undefined, more: readonly string[]): Kind {
  const found = word === undefined ? able[0] : able.find(({ id }) => id === word);
  if (found !== undefined) return found;
  const list = [...able.map(({ id }) => id), ...more].join(', ');
  throw new UsageError('wrong.oneOf', { option: 'ecosystem', list, word: String(word) });
}

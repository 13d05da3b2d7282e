import { kinds } from '../config/kinds.ts';
import type { Kind } from '../core/kind.ts';
import { UsageError } from './usage.ts';

/**
 * The ecosystem that `--ecosystem` names; the first one where nobody says which.
 * @throws UsageError where it is none that can be probed
 */
export function kindByWord(word: string | undefined): Kind {
  const able = kinds.filter(({ canary }) => canary !== null);
  const found = word === undefined ? able[0] : able.find(({ id }) => id === word);
  if (found !== undefined) return found;
  throw new UsageError(`--ecosystem is one of ${able.map(({ id }) => id).join(', ')}, not '${word}'`);
}

import { limits } from '../../core/limits.ts';
import type { Shelf } from './subject.ts';

/** What one mirror's answers about one subject did against time; the gravest. `null`: nothing. */
export type Backwards =
  | { readonly kind: 'vanished'; readonly versions: readonly string[] }
  | { readonly kind: 'regression'; readonly times: number }
  | null;

/** Once is a hiccup, which the counter has; so often before two dozen answers in a row went on, and it is a story. */
const storyTimes = 2;

/**
 * Whether answers go backwards again and again (several backends behind one name that take turns), or something that was
 * there is gone for good while others still have it: a dozen answers in a row lacked it.
 */
export function backwardsOf({ lost, backwards }: Pick<Shelf, 'lost' | 'backwards'>): Backwards {
  const gone = [...lost].filter(([, { looks, isElsewhere }]) => isElsewhere && looks >= limits.contentLooks);
  if (gone.length > 0) return { kind: 'vanished', versions: gone.map(([version]) => version) };
  return backwards >= storyTimes ? { kind: 'regression', times: backwards } : null;
}

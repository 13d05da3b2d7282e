import type { Sizes } from '../config/budget.ts';
import { systemClock } from '../io/clock.ts';
import { copyStore } from '../io/store-copy.ts';
import { readResponseBytes } from '../state/answer-read.ts';
import { isSoundRow } from '../state/row-shapes.ts';

/** How far back responses are read. Two days are enough, because artifacts are requested once an hour or once a day. */
const readMs = 2 * 86_400_000;

/**
 * Returns the sizes of responses by target id, from the last two days of a state file that may be in use. Empty: the
 * file cannot be read.
 */
export function readSizes(path: string): Sizes {
  const sizes = new Map<string, number>();
  const copied = copyStore(path, isSoundRow);
  if (copied.tag === 'error') return sizes;
  try {
    for (const { value } of copied.value.rows('answer', systemClock.wallMs() - readMs))
      for (const [targetId, bytes] of readResponseBytes(value)) sizes.set(targetId, bytes);
  } catch {
    // The file has a broken page. Sizes that were read before it are valid.
  } finally {
    copied.value.close();
  }
  return sizes;
}

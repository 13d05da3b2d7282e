import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { isHeavy } from '../core/mirror.ts';
import type { Sample } from '../core/sample.ts';

/**
 * Remembers which artifacts were small when last read. Any thread may hash a small artifact, because that takes only
 * about a millisecond.
 */
export class SmallArtifacts {
  /** Ids of the targets whose artifact was small. */
  readonly #ids = new Set<string>();

  record({ due, outcome, bytes }: Sample): void {
    if (!isWhole(due) || outcome.tag !== 'ok') return;
    const { id } = due.target;
    if (bytes === 0 || bytes > limits.smallArtifactBytes) this.#ids.delete(id);
    else if (this.#ids.size < limits.smallArtifacts) this.#ids.add(id);
  }

  /** True for a whole artifact that is large, or of unknown size. */
  isLarge(due: Due): boolean {
    return isWhole(due) && !this.#ids.has(due.target.id);
  }
}

/** True for a probe that hashes a whole artifact. False for light probes, and for a `peek` (first bytes only). */
function isWhole({ target, purpose }: Due): boolean {
  return isHeavy(target) && purpose !== 'peek';
}

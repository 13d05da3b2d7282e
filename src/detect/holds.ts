import type { Sample } from '../core/sample.ts';
import { apply } from './engine/say.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { hearHold, holdsSays, isHoldOver } from './rules/holds.ts';

/** Takes in whether reading an answer held our thread: the mirror's doing, whatever came of the probe. */
export function noteHold(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const state = hearHold(mirror.holds, sample, memory.now.monotonicMs);
  if (state === mirror.holds) return;
  mirror.holds = state;
  apply(memory, 'unreliable', mirror, holdsSays(mirror.mirror.name, state));
}

/** Ends what has not happened for an hour. */
export function endHolds(memory: Memory): void {
  for (const mirror of memory.mirrors.values()) {
    if (mirror.holds === null || !isHoldOver(mirror.holds, memory.now.monotonicMs)) continue;
    mirror.holds = null;
    apply(memory, 'unreliable', mirror, holdsSays(mirror.mirror.name, null));
  }
}

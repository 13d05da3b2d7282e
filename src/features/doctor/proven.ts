import type { Machine, Trap } from '../../core/trap.ts';
import { changesFor } from './edits.ts';

/**
 * The traps, each with its edits only if they help: they are applied to the texts in memory, the settings are examined
 * again, and the trap must be gone without another kind in its place. Nothing is written.
 * @param again  examines a machine
 */
export async function keepProvenEdits(
  traps: readonly Trap[],
  machine: Machine,
  textOf: (file: string) => string | null,
  again: (machine: Machine) => Promise<readonly Trap[]>,
): Promise<readonly Trap[]> {
  const ids = new Set(traps.map(({ id }) => id));
  const proven: Trap[] = [];
  for (const trap of traps) {
    if (trap.edits.length === 0) {
      proven.push(trap);
      continue;
    }
    const after = new Map(changesFor([trap], textOf).map((change) => [change.file, change.after]));
    const left = await again(withTexts(machine, after));
    const isGone = after.size > 0 && !left.some((one) => sameTrap(one, trap)) && left.every(({ id }) => ids.has(id));
    proven.push(isGone ? trap : { ...trap, edits: [] });
  }
  return proven;
}

/** Whether two traps are the same: their place may have moved by a line. */
function sameTrap(one: Trap, other: Trap): boolean {
  return trapKeyOf(one) === trapKeyOf(other);
}

/** The key of a trap, common to its places. */
export function trapKeyOf({ id, what, set }: Trap): string {
  return JSON.stringify([id, what, set]);
}

function withTexts(machine: Machine, texts: ReadonlyMap<string, string>): Machine {
  return {
    ...machine,
    async read(path) {
      const text = texts.get(path);
      return text === undefined ? machine.read(path) : { tag: 'ok', text };
    },
  };
}

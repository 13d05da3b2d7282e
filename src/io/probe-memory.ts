import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import type { ProbeMemory } from '../core/ports.ts';

export type ProbeMemories = (registry: string) => ProbeMemory;

/**
 * Creates a function that returns the memory of a mirror. A memory stores texts of earlier probes until they expire, at
 * most the newest `limits.probeMemory`.
 */
export function createProbeMemories(): ProbeMemories {
  const memories = new Map<string, ProbeMemory>();
  return (registry) => getOrMake(memories, registry, createMemory);
}

function createMemory(): ProbeMemory {
  const kept = new Map<string, { readonly text: string; readonly untilWallMs: number }>();
  return {
    get(key, nowWallMs) {
      const found = kept.get(key);
      if (found === undefined) return null;
      if (found.untilWallMs > nowWallMs) return found.text;
      kept.delete(key);
      return null;
    },
    keep(key, text, untilWallMs) {
      kept.delete(key);
      kept.set(key, { text, untilWallMs });
      for (const oldest of kept.keys()) if (kept.size > limits.probeMemory) kept.delete(oldest);
    },
  };
}

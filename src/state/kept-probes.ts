import type { KeptProbe } from '../core/sample.ts';

/**
 * Keeps probes by id, each with the number of its holders (lists that contain it). A probe without a holder is
 * forgotten.
 */
export class KeptProbes {
  readonly #kept = new Map<string, { readonly probe: KeptProbe; holders: number }>();

  get(probeId: string): KeptProbe | null {
    return this.#kept.get(probeId)?.probe ?? null;
  }

  hold(probeId: string, probe: KeptProbe): void {
    const entry = this.#kept.get(probeId);
    if (entry) entry.holders += 1;
    else this.#kept.set(probeId, { probe, holders: 1 });
  }

  release(probeId: string | undefined): void {
    if (probeId === undefined) return;
    const entry = this.#kept.get(probeId);
    if (entry && --entry.holders <= 0) this.#kept.delete(probeId);
  }
}

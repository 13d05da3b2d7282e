import type { KeptProbe } from '../state/board.ts';
import type { Stages } from './stages.ts';

/** A probe by its id, from memory or the state file; `null`: not kept, or never existed. */
export function findProbe(
  { board, ledger, store }: Pick<Stages, 'board' | 'ledger' | 'store'>,
  probeId: string,
): KeptProbe | null {
  const known = board.probe(probeId);
  if (known !== null) return known;
  // The row of a failed one has the whole transcript, of any length.
  for (const table of ['probe', 'cited'] as const) {
    const row = ledger.find(table, probeId) ?? store.get(table, probeId);
    if (row !== null) return row.value as KeptProbe;
  }
  return null;
}

/** The findings behind proposed, accepted or refused advice. */
export function foundInForce({ advisor }: Pick<Stages, 'advisor'>): readonly string[] {
  return advisor.list().flatMap(({ evidence }) => evidence.findings);
}

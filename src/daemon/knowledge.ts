import type { EcosystemId } from '../core/mirror.ts';
import type { Row } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Known, Learning } from '../ecosystems/ecosystem.ts';
import type { Stages } from './assemble.ts';
import { buildWorkerBook } from './book.ts';

/**
 * Keeps what ecosystems learn from ok samples (such as hashes) across reloads and restarts. Probing threads verify
 * later responses with this knowledge.
 */
export function createKnowledge(s: Stages) {
  const learnt = new Map<EcosystemId, Map<string, unknown>>();
  const stored = s.store.all('meta');
  for (const { id, learning } of s.registry.all)
    if (learning !== null)
      learnt.set(id, new Map(stored.flatMap(({ key, value }) => (isOf(learning, key) ? [[key, value]] : []))));
  return {
    configure: () =>
      s.workers.configure(buildWorkerBook({ config: s.config, learnt, version: s.version, registry: s.registry })),
    /** Learns from `samples`. @returns rows for the transaction of the same turn; empty: nothing new was learnt */
    learn(samples: readonly SettledSample[]): readonly Row[] {
      const rows: Row[] = [];
      for (const { outcome, facts, due, startedAtMs: atMs } of samples) {
        const { ecosystem } = due.target;
        const known = learnt.get(ecosystem);
        const learning = s.registry.of(ecosystem)?.learning ?? null;
        if (outcome.tag !== 'ok' || known === undefined || learning === null) continue;
        for (const [key, value] of learntFrom(learning, known, facts)) {
          known.set(key, value);
          rows.push({ table: 'meta', key, atMs, value });
        }
      }
      return rows;
    },
  };
}

/**
 * Returns what an ecosystem learns from the facts of a sample, as key and value. Keys that do not begin as this
 * ecosystem's keys do are left out, because they would not be loaded after a restart.
 */
function learntFrom(learning: Learning, known: Known, facts: SettledSample['facts']): ReturnType<Learning['learn']> {
  return learning.learn(known, facts).filter(([key]) => isOf(learning, key));
}

function isOf({ keys }: Learning, key: string): boolean {
  return keys.some((beginning) => key.startsWith(beginning));
}

import { createHash } from 'node:crypto';
import type { Config } from '../core/config.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Row } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Learning } from '../ecosystems/ecosystem.ts';
import type { Stages } from './assemble.ts';
import { buildWorkerBook } from './book.ts';

/**
 * Keeps what ecosystems learn from ok samples (such as hashes) across reloads and restarts. Probing threads verify
 * later responses with this knowledge. It is forgotten if trusted keys or origins change.
 */
export function createKnowledge(s: Stages) {
  const learnt = new Map<EcosystemId, Map<string, unknown>>();
  const stored = s.store.all('meta');
  for (const { id, learning } of s.registry.all)
    if (learning !== undefined)
      learnt.set(
        id,
        new Map(stored.flatMap(({ key, value }) => (isOf(learning, key) && value !== null ? [[key, value]] : []))),
      );
  /** When the trusted keys or the origin of an ecosystem last changed, monotonic milliseconds. */
  const trustedSinceMs = new Map<EcosystemId, number>();
  const waiting: Row[] = [];
  const trusts = new Map(
    stored.flatMap(({ key, value }) =>
      key.startsWith(trustKey) ? [[key.slice(trustKey.length), value] as const] : [],
    ),
  );
  /** Forgets what was learnt by other keys, or from another origin, than those of the configuration. */
  const forgetDistrusted = (): void => {
    const { monotonicMs, wallMs: atMs } = s.clock.now();
    for (const [id, known] of learnt) {
      const trust = trustOf(s.config, id);
      const before = trusts.get(id);
      if (before === trust) continue;
      trusts.set(id, trust);
      waiting.push({ table: 'meta', key: `${trustKey}${id}`, atMs, value: trust });
      if (before === undefined) continue;
      for (const key of known.keys()) waiting.push({ table: 'meta', key, atMs, value: null });
      known.clear();
      trustedSinceMs.set(id, monotonicMs);
    }
  };
  forgetDistrusted();
  return {
    configure() {
      forgetDistrusted();
      s.workers.configure(buildWorkerBook({ config: s.config, learnt, version: s.version, registry: s.registry }));
    },
    /** Learns from `samples`. @returns rows for the transaction of the same turn; empty: nothing new was learnt */
    learn(samples: readonly SettledSample[]): readonly Row[] {
      const rows: Row[] = waiting.splice(0);
      for (const { outcome, facts, due, startedAtMs: atMs } of samples) {
        const { ecosystem } = due.target;
        const known = learnt.get(ecosystem);
        const learning = s.registry.of(ecosystem)?.learning;
        if (outcome.tag !== 'ok' || known === undefined || learning === undefined) continue;
        // A probe that was sent to its thread before the change may have verified its response by the keys of before.
        if (due.plannedAtMs < (trustedSinceMs.get(ecosystem) ?? due.plannedAtMs)) continue;
        // Other keys would not be loaded after a restart.
        for (const [key, value] of learning.learn(known, facts).filter(([key]) => isOf(learning, key))) {
          known.set(key, value);
          rows.push({ table: 'meta', key, atMs, value });
        }
      }
      return rows;
    },
  };
}

const trustKey = 'learnt-by/';

/** A digest of what decides whether responses are genuine: the settings with trusted keys, and the origins. */
function trustOf({ settings, mirrors }: Config, id: EcosystemId): string {
  const origins = mirrors.filter(({ ecosystem, role }) => ecosystem === id && role === 'origin');
  const trusted = [settings[id], origins.map(({ upstream, url }) => [upstream, url])];
  return createHash('sha256').update(JSON.stringify(trusted)).digest('hex');
}

function isOf({ keys }: Learning, key: string): boolean {
  return keys.some((beginning) => key.startsWith(beginning));
}

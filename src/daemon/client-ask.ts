import type { ClientPair, ClientReport } from '../core/client-run.ts';
import type { Target } from '../core/target.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import type { ClientAsk } from './client-order.ts';
import type { Stages } from './stages.ts';

export function pairsOf(s: Pick<Stages, 'config' | 'clients'>): readonly ClientPair[] {
  return s.clients === null ? [] : (s.config.clientRuns?.pairs ?? []);
}

/**
 * What a pair fetches in its next run: the canary's module first, then the other modules configured for the mirror, in
 * turn.
 */
export function askOf(s: Stages, { registry, client }: ClientPair, runs: number): ClientAsk | null {
  const mirror = s.config.mirrors.find(({ name }) => name === registry);
  const kind = mirror === undefined ? null : s.registry.of(mirror.ecosystem);
  const real = kind?.realClients.find(({ id }) => id === client);
  if (mirror === undefined || kind === null || real === undefined) return null;
  const artifacts = s.targets.filter((target) => target.registry === registry && isFetched(kind, target));
  const canary = s.targets.find((target) => target.registry === registry && target.canary);
  const first = artifacts.filter(({ module, version }) => module === canary?.module && version === canary?.version);
  const turns = [...first, ...artifacts.filter((target) => !first.includes(target))];
  const { module, version = null } = turns[runs % Math.max(1, turns.length)] ?? {};
  return module == null ? null : { mirror, client: real, module, version };
}

/** One target for each artifact: that of the last step of a fetch. */
function isFetched(kind: Ecosystem, { step }: Target): boolean {
  return step === kind.fetch.at(-1);
}

/** A client's fetch and ours. */
export function bytesOf(kind: Ecosystem | null): number {
  return kind === null ? 0 : 2 * kind.fetch.reduce((sum, step) => sum + (kind.steps[step]?.usualBytes ?? 0), 0);
}

export function isShutdown({ end }: ClientReport): boolean {
  return end.tag === 'not_run' && end.because === 'shutdown';
}

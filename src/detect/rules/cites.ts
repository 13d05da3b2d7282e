import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';

type Evidence = Finding['evidence'];

/**
 * The probes that a finding names, when there are more than `limits.findingProbes`: the first `limits.findingProbesFirst`,
 * which it began with, the slowest, and the newest.
 * @param probeIds  oldest first
 */
export function selectProbes(probeIds: readonly string[], slowest: string | null): readonly string[] {
  const left = [...probeIds];
  while (left.length > limits.findingProbes) {
    const first = left[limits.findingProbesFirst] === slowest ? 1 : 0;
    left.splice(limits.findingProbesFirst + first, 1);
  }
  return left;
}

/** What an open finding rests on after its rule spoke again: the rule's numbers, and the probes of before with those of now. */
export function mergeEvidence(known: Evidence, says: Evidence): Evidence {
  const slowest = slowerOf(known.slowest, says.slowest);
  const fresh = says.probeIds.filter((id) => !known.probeIds.includes(id));
  return withSlowest({ ...says, probeIds: added(known.probeIds, fresh, slowest) }, slowest);
}

/**
 * What an open finding rests on with one more probe that its rule took.
 * @param probe.ms  its round trip, or the limit it ran into; `null`: how long it took is not what it is about
 */
export function addProbe(
  known: Evidence,
  probe: { readonly probeId: string; readonly isBad: boolean; readonly ms: number | null },
): Evidence {
  const { probeId, isBad, ms } = probe;
  if (known.probeIds.includes(probeId)) return known;
  const slowest = slowerOf(known.slowest, ms === null ? undefined : { probeId, ms });
  const counted = { ...known, samples: known.samples + 1, failures: known.failures + (isBad ? 1 : 0) };
  return withSlowest({ ...counted, probeIds: added(known.probeIds, [probeId], slowest) }, slowest);
}

/** The slower of two; of equals the one of before. */
export function slowerOf(before: Evidence['slowest'], now: Evidence['slowest']): Evidence['slowest'] {
  if (before === undefined || now === undefined) return before ?? now;
  return now.ms > before.ms ? now : before;
}

/** The same list where nothing is new. */
function added(known: readonly string[], fresh: readonly string[], slowest: Evidence['slowest']): readonly string[] {
  return fresh.length === 0 ? known : selectProbes([...known, ...fresh], slowest?.probeId ?? null);
}

function withSlowest({ slowest: _, ...evidence }: Evidence, slowest: Evidence['slowest']): Evidence {
  return slowest === undefined ? evidence : { ...evidence, slowest };
}

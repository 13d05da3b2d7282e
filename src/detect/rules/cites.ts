import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';

type Evidence = Finding['evidence'];

/**
 * The probes cited by a finding with more than `limits.findingProbes`: the first `limits.findingProbesFirst`, the slowest,
 * and the newest.
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

/** The evidence of an open finding after a new result of its rule: the rule's numbers, and the probes of both. */
export function mergeEvidence(known: Evidence, says: Evidence): Evidence {
  const slowest = slowerOf(known.slowest, says.slowest);
  const fresh = says.probeIds.filter((id) => !known.probeIds.includes(id));
  return withSlowest({ ...says, probeIds: added(known.probeIds, fresh, slowest) }, slowest);
}

/**
 * The evidence of an open finding with one more probe.
 * @param probe.ms  its round trip, or its timeout; `null`: the finding is not about duration
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

/** The slower of two; if equal, the earlier one. */
export function slowerOf(before: Evidence['slowest'], now: Evidence['slowest']): Evidence['slowest'] {
  if (before === undefined || now === undefined) return before ?? now;
  return now.ms > before.ms ? now : before;
}

/** Returns the same list where nothing is new. */
function added(known: readonly string[], fresh: readonly string[], slowest: Evidence['slowest']): readonly string[] {
  return fresh.length === 0 ? known : selectProbes([...known, ...fresh], slowest?.probeId ?? null);
}

function withSlowest({ slowest: _, ...evidence }: Evidence, slowest: Evidence['slowest']): Evidence {
  return slowest === undefined ? evidence : { ...evidence, slowest };
}

import type { Finding, ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Filled, Message } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

export interface Draft extends Message {
  readonly tag: 'trouble';
  readonly scope?: readonly ScopeItem[];
  readonly cause: Finding['cause'];
  /** How certain it is that the mirror, not our network, is the cause; absent: judged by `vantageFor`. */
  readonly vantage?: Finding['vantage'] | undefined;
  /** The evidence of the finding. Absent fields are 0, `null` or empty. */
  readonly evidence: Partial<Finding['evidence']>;
  readonly actionable?: boolean;
}

/** What a rule says about a mirror: trouble, `well` (the finding closes), or `null` (no change). */
export type FindingStatement = Draft | Well | null;

interface Well extends Message {
  readonly tag: 'well';
  /**
   * The cause of the finding to close, if findings with this cause are counted separately from others of their kind.
   */
  readonly of?: Finding['cause'];
}

/** The scope of a finding, each target once, at most `limits.scopeItems`. */
export function scopeOf(targets: Iterable<Target>): readonly ScopeItem[] {
  const items = new Map<string, ScopeItem>();
  for (const { id, module, version, step } of targets) {
    if (items.size >= limits.scopeItems) break;
    items.set(id, { module, version, step });
  }
  return [...items.values()];
}

/** Sorts canaries first, because the text of a finding describes the first series. */
export function sortByCanary<T extends { readonly target: Target }>(series: Iterable<T>): readonly T[] {
  return [...series].sort((a, b) => Number(b.target.canary) - Number(a.target.canary));
}

/** Converts milliseconds to seconds for evidence, rounded to a tenth of a millisecond. */
export function secondsIn(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10_000;
}

export function formatTime(ms: number | null): Filled {
  if (ms === null) return phrase('found.unknownTime');
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

type Evidence = Finding['evidence'];

/**
 * The probes that a finding cites: the first `limits.findingProbesFirst`, the slowest, and the newest.
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

/**
 * The evidence of an open finding after a new result. It has the numbers of the new result, and the probes of both
 * results.
 */
export function mergeEvidence(known: Evidence, newer: Evidence): Evidence {
  const slowest = slowerOf(known.slowest, newer.slowest);
  const fresh = newer.probeIds.filter((id) => !known.probeIds.includes(id));
  return { ...newer, probeIds: added(known.probeIds, fresh, slowest), slowest };
}

/**
 * The evidence of an open finding with one more probe.
 * @param probe.ms  round trip or timeout; `null`: no time counts
 */
export function addProbe(
  known: Evidence,
  probe: { readonly probeId: string; readonly isBad: boolean; readonly ms: number | null },
): Evidence {
  const { probeId, isBad, ms } = probe;
  if (known.probeIds.includes(probeId)) return known;
  const slowest = slowerOf(known.slowest, ms === null ? undefined : { probeId, ms });
  const counted = { ...known, samples: known.samples + 1, failures: known.failures + (isBad ? 1 : 0) };
  return { ...counted, probeIds: added(known.probeIds, [probeId], slowest), slowest };
}

/** The slower of two probes; if they are equally slow, the earlier one. */
export function slowerOf(before: Evidence['slowest'], now: Evidence['slowest']): Evidence['slowest'] {
  if (before === undefined || now === undefined) return before ?? now;
  return now.ms > before.ms ? now : before;
}

function added(known: readonly string[], fresh: readonly string[], slowest: Evidence['slowest']): readonly string[] {
  return fresh.length === 0 ? known : selectProbes([...known, ...fresh], slowest?.probeId ?? null);
}

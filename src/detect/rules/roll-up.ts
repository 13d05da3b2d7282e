import type { Skipped } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import type { Step, Target } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import type { MirrorState } from '../../core/standing.ts';
import { phrase } from '../../words/tell.ts';
import type { MirrorMemory } from '../mirror-memory.ts';

/** The inputs of a mirror's state. */
export interface RollUpInput {
  readonly paused: string | null;
  readonly inMaintenance: boolean;
  /** While the vantage is suspect, states are frozen, until silence makes them unknown. */
  readonly isSuspect: boolean;
  /** Milliseconds since the last settled canary sample; `null`: none yet. */
  readonly silentForMs: number | null;
  /** The pace of the canary, milliseconds. */
  readonly paceMs: number;
  /** Why the canary's slots pass without a probe; `null`: they do not. */
  readonly skipped: Skipped['because'] | null;
  readonly canaryOut: boolean;
  /** Distinct modules with a light target in outage, and the number of all modules. */
  readonly modulesOut: number;
  readonly modules: number;
  /** Targets in outage, heavy ones included. */
  readonly targetsOut: number;
  /** The canary is throttled (`Retry-After`, 429) and not requested. */
  readonly isAway: boolean;
  /** The gravest reason why it is degraded without a target in outage; `null`: it is not. */
  readonly degradedBy: Sentence | null;
  /** The last settled canary sample was ok, if one was settled since the start. */
  readonly canaryServes: boolean;
  /** Milliseconds since the last ok canary sample; `null`: there was none. */
  readonly okAgoMs: number | null;
}

/** True when outages mean that the mirror is down: the canary, or at least half of the modules and at least two. */
function isDown(out: Pick<RollUpInput, 'canaryOut' | 'modulesOut' | 'modules'>): boolean {
  return out.canaryOut || (out.modulesOut >= 2 && out.modulesOut * 2 >= out.modules);
}

/** Distinct modules whose canary step is among the series in outage: every client fetch of them needs it. */
export function modulesOutOf(out: Iterable<{ readonly target: Target }>, canaryStep: Step | null): number {
  const modules = new Set<string>();
  for (const { target } of out) if (target.module !== null && target.step === canaryStep) modules.add(target.module);
  return modules.size;
}

/** True if these series in outage or refused, the canary first, mean that the mirror is down (`isDown`). */
export function isDownBy(
  out: readonly { readonly target: Target }[],
  mirror: Pick<MirrorMemory, 'canary' | 'modules'>,
) {
  const modulesOut = modulesOutOf(out, mirror.canary?.step ?? null);
  return isDown({ canaryOut: out[0]?.target.canary === true, modulesOut, modules: mirror.modules });
}

/** After this time without a settled canary sample a mirror is unknown. Milliseconds. */
function silenceMs(paceMs: number): number {
  return Math.max(limits.silentPaces * paceMs, limits.silentMsMin);
}

/**
 * Derives the state of a mirror from its targets, with one clause that says why.
 * @see design.md section 4.2 (unknown) and section 5 (down, degraded)
 */
export function stateOfSeries(input: RollUpInput): { readonly state: MirrorState; readonly why: Sentence } {
  if (input.paused !== null) return { state: 'unknown', why: phrase('why.paused', { reason: input.paused }) };
  if (input.inMaintenance) return { state: 'unknown', why: phrase('why.maintenance') };
  const silent = input.isSuspect ? phrase('why.us') : input.skipped && phrase(`why.skip.${input.skipped}`);
  if (input.silentForMs === null) {
    const why = silent === null ? phrase('why.unmeasured') : phrase('why.unmeasuredAs', { why: silent });
    return { state: 'unknown', why };
  }
  if (input.silentForMs >= silenceMs(input.paceMs)) {
    const seconds = Math.round(input.silentForMs / 1_000);
    const why = silent === null ? phrase('why.silent', { seconds }) : phrase('why.silentAs', { seconds, why: silent });
    return { state: 'unknown', why };
  }
  if (input.isAway) return { state: 'degraded', why: phrase('why.skip.throttled') };
  const { modulesOut: out, modules: all, targetsOut: count } = input;
  if (input.canaryOut) return { state: 'down', why: phrase('why.canaryOut') };
  if (isDown(input)) return { state: 'down', why: phrase('why.modulesOut', { out, all }) };
  if (count > 0) return { state: 'degraded', why: phrase('why.targetsOut', { count }) };
  if (input.degradedBy !== null) return { state: 'degraded', why: input.degradedBy };
  if (input.canaryServes) return { state: 'up', why: phrase('why.answers') };
  // After a failure that no round has confirmed, the mirror stays up while its last ok sample is recent enough.
  const isKnown = input.okAgoMs !== null && input.okAgoMs < silenceMs(input.paceMs);
  return { state: isKnown ? 'up' : 'unknown', why: phrase('why.failedOnce') };
}

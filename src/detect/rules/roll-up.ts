import type { Skipped } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import type { Step, Target } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import type { MirrorState } from '../../core/standing.ts';
import { phrase } from '../../words/tell.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';

export interface RollUpInput {
  readonly paused: string | null;
  readonly inMaintenance: boolean;
  readonly isSuspect: boolean;
  /** True if no canary sample was judged since our own network became suspect. */
  readonly isKept: boolean;
  /** Time since the last judged canary sample, milliseconds; `null`: none yet. */
  readonly silentForMs: number | null;
  /** The interval of the canary, milliseconds. */
  readonly paceMs: number;
  /** Why the canary's planned probes are skipped; `null`: they are not skipped. */
  readonly skipped: Skipped['because'] | null;
  readonly canaryOut: boolean;
  /** True if the outage of the canary is open, but the canary responds again. */
  readonly isBack: boolean;
  /** The number of modules whose canary step is in outage. `modules` is the number of all modules. */
  readonly modulesOut: number;
  readonly modules: number;
  /** The number of targets in outage, heavy ones included. */
  readonly targetsOut: number;
  /** True if the mirror refuses requests, and its canary is not probed until the requested wait ends. */
  readonly isAway: boolean;
  /** The gravest reason for a degraded state, except targets in outage; `null`: none. */
  readonly degradedBy: Sentence | null;
  readonly canaryServes: boolean;
  /** Time since the last ok canary sample, milliseconds; `null`: none. */
  readonly okAgoMs: number | null;
}

/**
 * True if the mirror is down: its canary is in outage, or the canary step is in outage for at least two modules and for
 * at least half of all modules.
 */
function isDown(out: Pick<RollUpInput, 'canaryOut' | 'modulesOut' | 'modules'>): boolean {
  return out.canaryOut || (out.modulesOut >= 2 && out.modulesOut * 2 >= out.modules);
}

/** The number of modules whose canary step is in outage. Each client fetch needs that step. */
export function modulesOutOf(out: Iterable<{ readonly target: Target }>, canaryStep: Step | null): number {
  const modules = new Set<string>();
  for (const { target } of out) if (target.module !== null && target.step === canaryStep) modules.add(target.module);
  return modules.size;
}

/**
 * True if the series in outage mean that the mirror is down. If the canary is among them, it must be the first of
 * `out`.
 */
export function isDownBy(
  out: readonly { readonly target: Target }[],
  mirror: Pick<MirrorMemory, 'canary' | 'modules'>,
) {
  const modulesOut = modulesOutOf(out, mirror.canary?.step ?? null);
  return isDown({ canaryOut: out[0]?.target.canary === true, modulesOut, modules: mirror.modules });
}

/** A mirror without a judged canary sample for this long has the state `unknown`. Milliseconds. */
function silenceMs(paceMs: number): number {
  return Math.max(limits.silentPaces * paceMs, limits.silentMsMin);
}

/**
 * The state of a mirror, with one clause that says why. A state that was known before our own network became suspect is
 * kept at first, and the clause says so.
 * @see docs/metrics.md#mirror_state
 */
export function stateOfSeries(input: RollUpInput): { readonly state: MirrorState; readonly why: Sentence } {
  const { state, why } = judgedStateOf(input);
  if (!input.isKept || state === 'unknown') return { state, why };
  return { state, why: phrase('why.kept', { why, us: phrase('why.us') }) };
}

function judgedStateOf(input: RollUpInput): { readonly state: MirrorState; readonly why: Sentence } {
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
  if (input.canaryOut) return { state: 'down', why: phrase(input.isBack ? 'why.canaryBack' : 'why.canaryOut') };
  if (isDown(input)) return { state: 'down', why: phrase('why.modulesOut', { out, all }) };
  if (count > 0) return { state: 'degraded', why: phrase('why.targetsOut', { count }) };
  if (input.degradedBy !== null) return { state: 'degraded', why: input.degradedBy };
  if (input.canaryServes) return { state: 'up', why: phrase('why.answers') };
  // After a failure that was not confirmed, a recent ok sample keeps the mirror up.
  const isKnown = input.okAgoMs !== null && input.okAgoMs < silenceMs(input.paceMs);
  return { state: isKnown ? 'up' : 'unknown', why: phrase('why.failedOnce') };
}

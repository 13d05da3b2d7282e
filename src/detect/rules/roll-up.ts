import { limits } from '../../core/limits.ts';
import type { MirrorState } from '../../core/standing.ts';

/** What the state of one mirror is made of. */
export interface RollUpInput {
  readonly paused: string | null;
  readonly inMaintenance: boolean;
  /** While the place we watch from is suspect, verdicts stand still, for as long as silence lets them. */
  readonly isSuspect: boolean;
  /** Milliseconds since the last settled canary sample; `null`: none yet. */
  readonly silentForMs: number | null;
  /** The pace of the canary, milliseconds. */
  readonly paceMs: number;
  /** Why its slots pass without a probe, for the clause; `null`: they do not. */
  readonly skipped: string | null;
  readonly canaryOut: boolean;
  /** The address family that it does not answer over, while it does over the other; `null`: none known. */
  readonly brokenFamily: 4 | 6 | null;
  /** Distinct modules with a light target in outage, among so many modules. */
  readonly modulesOut: number;
  readonly modules: number;
  /** Targets in outage, heavy ones included. */
  readonly targetsOut: number;
  readonly isRefused: boolean;
  /** It asked us to stay away, and time is not up yet. */
  readonly isThrottled: boolean;
  /** It fails now and then, more often than it should. */
  readonly isUnreliable: boolean;
  /** It moves artifacts much slower than others. */
  readonly isMovingSlowly: boolean;
  readonly isMismatching: boolean;
  /** It lacks what the others have, for longer than the limit. */
  readonly isBehind: boolean;
  /** It serves other bytes than others do, and no authority says who is wrong. */
  readonly isOdd: boolean;
  /** The last settled canary sample was ok, as far as one was settled since the start. */
  readonly canaryServes: boolean;
  /** A spike that is reason enough to leave. */
  readonly isSlow: boolean;
}

/** True when outages amount to a mirror that is down: the canary, or at least half of the modules and at least two. */
export function isDown(out: Pick<RollUpInput, 'canaryOut' | 'modulesOut' | 'modules'>): boolean {
  return out.canaryOut || (out.modulesOut >= 2 && out.modulesOut * 2 >= out.modules);
}

/** How long without a settled canary sample makes a mirror unknown: 3 paces, at least a minute. Milliseconds. */
function silenceMs(paceMs: number): number {
  return Math.max(limits.silentPaces * paceMs, limits.silentMsMin);
}

/**
 * Rolls the targets of one mirror up to its state, with one clause that says why.
 * @see design.md section 4.2 (unknown) and section 5 (down, degraded)
 */
export function rollUp(input: RollUpInput): { readonly state: MirrorState; readonly because: string } {
  if (input.paused !== null) return { state: 'unknown', because: `paused: ${input.paused}` };
  if (input.inMaintenance) return { state: 'unknown', because: 'in a maintenance window' };
  if (input.silentForMs === null) {
    const why = input.isSuspect ? 'it looks like our own network' : input.skipped;
    return { state: 'unknown', because: why === null ? 'not measured yet' : `not measured yet: ${why}` };
  }
  if (input.isThrottled && input.isRefused) return { state: 'degraded', because: 'it asked us to stay away' };
  if (input.silentForMs >= silenceMs(input.paceMs)) {
    const skipped = input.skipped === null ? '' : `: ${input.skipped}`;
    const why = input.isSuspect ? ': it looks like our own network' : skipped;
    return {
      state: 'unknown',
      because: `no judged canary answer for ${Math.round(input.silentForMs / 1_000)} s${why}`,
    };
  }
  if (input.canaryOut) return { state: 'down', because: 'its canary is in outage' };
  if (isDown(input)) {
    return { state: 'down', because: `${input.modulesOut} of ${input.modules} modules are in outage` };
  }
  if (input.targetsOut > 0) {
    return {
      state: 'degraded',
      because: input.targetsOut === 1 ? 'one target is in outage' : `${input.targetsOut} targets are in outage`,
    };
  }
  if (input.isRefused) return { state: 'degraded', because: 'it refuses what we ask' };
  if (input.brokenFamily !== null)
    return { state: 'degraded', because: `it does not answer over IPv${input.brokenFamily}` };
  if (input.isMismatching) return { state: 'degraded', because: 'it serves wrong bytes' };
  if (input.isOdd) return { state: 'degraded', because: 'its bytes differ from those of others' };
  if (input.isBehind) return { state: 'degraded', because: 'it is behind the others' };
  if (input.isUnreliable) return { state: 'degraded', because: 'it fails now and then' };
  if (input.isMovingSlowly) return { state: 'degraded', because: 'it moves artifacts slowly' };
  if (input.isSlow) return { state: 'degraded', because: 'it is much slower than usual' };
  if (!input.canaryServes) return { state: 'up', because: 'its last canary answer failed, which is no outage yet' };
  return { state: 'up', because: 'its canary answers' };
}

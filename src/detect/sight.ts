import type { Skipped } from '../core/due.ts';
import type { Because } from '../core/failure.ts';
import type { Now } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';

/** What the canary of one mirror showed. */
export interface Sight {
  /** Wall milliseconds. */
  lastOkAtMs: number | null;
  lastJudgedAtMs: number | null;
  /** Monotonic milliseconds. */
  judgedMonotonicMs: number | null;
  /** The last judged canary answer was ok. */
  canaryServes: boolean;
  lastOkRttMs: number | null;
  /** An ok sample since the start or in restored state. */
  hasOk: boolean;
  /** The canary has been probed at least once since the start. */
  wasAsked: boolean;
  /** Since when its canary told nothing but that our resolver, proxy or machine fails; wall milliseconds. */
  blindSinceMs: number | null;
  /** Why the last slot of its canary passed without a probe; `null`: it did not. */
  lastSkip: Skipped['because'] | null;
  /** Planned time of the last scheduled canary and the widest gap seen, for paces that a cron expression names. */
  lastPlannedMs: number | null;
  plannedGapMs: number | null;
}

/** A mirror whose canary was not probed. */
export function noSight(): Sight {
  return {
    lastOkAtMs: null,
    lastJudgedAtMs: null,
    judgedMonotonicMs: null,
    canaryServes: false,
    lastOkRttMs: null,
    hasOk: false,
    wasAsked: false,
    blindSinceMs: null,
    lastSkip: null,
    lastPlannedMs: null,
    plannedGapMs: null,
  };
}

/** What keeps us from seeing a mirror and is ours. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'proxy', 'local']);

/** Notes when a canary was planned: the pace of a cron expression is the widest gap seen. */
export function noteTiming(sight: Sight, { due }: Sample): void {
  if (!due.target.canary) return;
  sight.wasAsked = true;
  if (due.purpose !== 'scheduled') return;
  if (sight.lastPlannedMs !== null)
    sight.plannedGapMs = Math.max(sight.plannedGapMs ?? 0, due.plannedAtMs - sight.lastPlannedMs);
  sight.lastPlannedMs = due.plannedAtMs;
}

/** Notes whether the canary can be seen at all from here. */
export function noteSight(sight: Sight, { due, outcome }: Sample, { wallMs }: Now): void {
  if (!due.target.canary) return;
  if (outcome.tag !== 'unknown') sight.blindSinceMs = null;
  else if (blinding.has(outcome.because)) sight.blindSinceMs ??= wallMs;
}

/** Notes what a judged canary came to. @returns  true where the sample is one */
export function noteCanary(sight: Sight, { due, outcome, rttMs }: Sample, { wallMs, monotonicMs }: Now): boolean {
  if (!due.target.canary) return false;
  sight.lastJudgedAtMs = wallMs;
  sight.judgedMonotonicMs = monotonicMs;
  sight.lastSkip = null;
  sight.canaryServes = outcome.tag === 'ok';
  if (outcome.tag !== 'ok') return true;
  sight.lastOkAtMs = wallMs;
  if (due.connection === 'cold') sight.lastOkRttMs = rttMs ?? sight.lastOkRttMs;
  return true;
}

import type { Skipped } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { MirrorState } from '../../core/standing.ts';
import type { HttpProtocol } from '../../core/transcript.ts';
import { phrase } from '../../words/tell.ts';

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
  /** Why its slots pass without a probe; `null`: they do not. */
  readonly skipped: Skipped['because'] | null;
  readonly canaryOut: boolean;
  /** The address family that it does not answer over, while it does over the other; `null`: none known. */
  readonly brokenFamily: 4 | 6 | null;
  /** The HTTP version that it fails over, while the other one works; `null`: none known. */
  readonly brokenProtocol: HttpProtocol | null;
  /** Distinct modules with a light target in outage, among so many modules. */
  readonly modulesOut: number;
  readonly modules: number;
  /** Targets in outage, heavy ones included. */
  readonly targetsOut: number;
  readonly isRefused: boolean;
  /** Its canary is not requested because it asked for that (`Retry-After`, 429). */
  readonly isThrottled: boolean;
  /** It fails now and then, more often than it should. */
  readonly isUnreliable: boolean;
  /** It moves artifacts much slower than others. */
  readonly isMovingSlowly: boolean;
  /** Reading its answers holds our thread. */
  readonly holdsThread: boolean;
  readonly isMismatching: boolean;
  /** It lacks what the others have, for longer than the limit. */
  readonly isBehind: boolean;
  /** It serves other bytes than others do, and no authority says who is wrong. */
  readonly isOdd: boolean;
  /** The last settled canary sample was ok, as far as one was settled since the start. */
  readonly canaryServes: boolean;
  /** Milliseconds since the last ok canary sample; `null`: there was none. */
  readonly okAgoMs: number | null;
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
export function rollUp(input: RollUpInput): { readonly state: MirrorState; readonly why: Sentence } {
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
  if (input.isThrottled && input.isRefused) return { state: 'degraded', why: phrase('why.away') };
  const { modulesOut: out, modules: all, targetsOut: count } = input;
  if (input.canaryOut) return { state: 'down', why: phrase('why.canaryOut') };
  if (isDown(input)) return { state: 'down', why: phrase('why.modulesOut', { out, all }) };
  if (count > 0)
    return { state: 'degraded', why: count === 1 ? phrase('why.targetOut') : phrase('why.targetsOut', { count }) };
  const why = degradedBy(input);
  if (why !== null) return { state: 'degraded', why };
  if (input.canaryServes) return { state: 'up', why: phrase('why.answers') };
  // A failure that no round has confirmed leaves the state as it was, for as long as that is known.
  const isKnown = input.okAgoMs !== null && input.okAgoMs < silenceMs(input.paceMs);
  return { state: isKnown ? 'up' : 'unknown', why: phrase('why.failedOnce') };
}

/** What keeps a mirror that is not in outage from being up, the gravest first; `null`: nothing. */
function degradedBy(input: RollUpInput): Sentence | null {
  if (input.isRefused) return phrase('why.refuses');
  if (input.brokenFamily !== null) return phrase('why.family', { family: input.brokenFamily });
  if (input.brokenProtocol !== null) return phrase('why.protocol', { broken: input.brokenProtocol });
  if (input.isMismatching) return phrase('why.wrong');
  if (input.isOdd) return phrase('why.odd');
  if (input.isBehind) return phrase('why.behind');
  if (input.holdsThread) return phrase('why.holdsThread');
  if (input.isUnreliable) return phrase('why.unreliable');
  if (input.isMovingSlowly) return phrase('why.crawls');
  return input.isSlow ? phrase('why.slow') : null;
}

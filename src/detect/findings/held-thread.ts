import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import type { FindingRule } from '../memory/rule.ts';
import { type FindingStatement, formatTime, scopeOf, secondsIn } from '../memory/says.ts';

interface Holds {
  /** When a response of the mirror last blocked a probing thread, monotonic milliseconds. */
  readonly atMs: number;
  /** The longest processor time that a single response took, milliseconds. */
  readonly worstMs: number;
  readonly count: number;
  readonly targets: readonly Target[];
  /** The ids of the first and the newest probes, at most `limits.findingProbes`. */
  readonly probeIds: readonly string[];
}

function countHold(state: Holds | null, { due, heldMs }: Sample, nowMs: number): Holds | null {
  if (heldMs === undefined) return state;
  const { target, probeId } = due;
  const [first, ...rest] = [...(state?.probeIds ?? []), probeId];
  const known = state?.targets ?? [];
  const isKnown = known.some(({ id }) => id === target.id) || known.length >= limits.scopeItems;
  return {
    atMs: nowMs,
    worstMs: Math.max(state?.worstMs ?? 0, heldMs),
    count: (state?.count ?? 0) + 1,
    targets: isKnown ? known : [...known, target],
    probeIds: [...(first === undefined ? [] : [first]), ...rest.slice(1 - limits.findingProbes)],
  };
}

function holdsStatement(name: string, state: Holds | null): FindingStatement {
  if (state === null) return { tag: 'well', ...messageFor('found.holds.well', { name }), of: 'holds_thread' };
  return {
    tag: 'trouble',
    scope: scopeOf(state.targets),
    cause: 'holds_thread',
    evidence: {
      samples: state.count,
      failures: state.count,
      observedSeconds: secondsIn(state.worstMs),
      thresholdSeconds: secondsIn(limits.threadHeldMs),
      probeIds: state.probeIds,
    },
    ...messageFor('found.holds', { name, time: formatTime(state.worstMs) }),
  };
}

/**
 * Finds mirrors whose responses block the thread that reads them. The mirror is at fault even if the probes succeed.
 */
export const heldThread: FindingRule<Holds | null> = {
  name: 'held_thread',
  kind: 'unreliable',
  story: 'holds_thread',
  none: () => null,
  gravity: 70,
  receive(before, { view, mirror, sample }) {
    const state = countHold(before, sample, view.now.monotonicMs);
    return state === before ? null : { mirror: state, statement: holdsStatement(mirror.mirror.name, state) };
  },
  tick(before, { view, mirror }) {
    if (before === null || view.now.monotonicMs - before.atMs < limits.heldApartMs) return null;
    return { mirror: null, statement: holdsStatement(mirror.mirror.name, null) };
  },
  resume: () => 'gone',
  degrades: (own) => (own === null ? null : phrase('why.holdsThread')),
};

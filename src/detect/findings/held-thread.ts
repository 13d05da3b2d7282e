import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { phrase, told } from '../../words/tell.ts';
import { formatTime, type Says, scopeOf, seconds } from '../rules/says.ts';
import type { FindingRule } from './rule.ts';

/** The recent blocking of our thread by one mirror's responses. */
interface Holds {
  /** When the last response that blocked our thread was read, monotonic milliseconds. */
  readonly atMs: number;
  /** The largest processor time that reading one response took in our thread, milliseconds. */
  readonly worstMs: number;
  readonly count: number;
  readonly targets: readonly Target[];
  /** Oldest first, at most `limits.findingProbes`: the first and the newest. */
  readonly probeIds: readonly string[];
}

/** The state with one more sample; `null` as long as none blocked our thread. */
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

/** True once the last blocking is `limits.heldApartMs` ago: the mirror shares a thread with others again. */
function isHoldOver({ atMs }: Holds, nowMs: number): boolean {
  return nowMs - atMs >= limits.heldApartMs;
}

/** What the state says about the mirror; `null`: it blocks no more. */
function holdsSays(name: string, state: Holds | null): Says {
  if (state === null) return { tag: 'well', ...told('found.holds.well', { name }), of: 'holds_thread' };
  return {
    tag: 'trouble',
    scope: scopeOf(state.targets),
    cause: 'holds_thread',
    evidence: {
      samples: state.count,
      failures: state.count,
      observedSeconds: seconds(state.worstMs),
      thresholdSeconds: seconds(limits.threadHeldMs),
      probeIds: state.probeIds,
    },
    actionable: false,
    ...told('found.holds', { name, time: formatTime(state.worstMs) }),
  };
}

/** Reading this mirror's responses blocks our thread: the mirror's fault, whatever the probe's outcome. */
export const heldThread: FindingRule<Holds | null> = {
  name: 'held_thread',
  kind: 'unreliable',
  story: 'holds_thread',
  none: () => null,
  gravity: 70,
  receive(before, { view, mirror, sample }) {
    const state = countHold(before, sample, view.now.monotonicMs);
    return state === before ? null : { mirror: state, says: holdsSays(mirror.mirror.name, state) };
  },
  tick(before, { view, mirror }) {
    if (before === null || !isHoldOver(before, view.now.monotonicMs)) return null;
    return { mirror: null, says: holdsSays(mirror.mirror.name, null) };
  },
  resume: () => 'gone',
  isDisturbing: (own) => own !== null,
  degrades: (own) => (own === null ? null : phrase('why.holdsThread')),
};

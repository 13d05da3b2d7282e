import { limits } from '../../core/limits.ts';
import { told } from '../../words/tell.ts';
import type { Says } from './says.ts';

const bucketMs = 10_000;
const buckets = Math.ceil(limits.contaminatedWindowMs / bucketMs);
const bucketsMax = Math.ceil(limits.contaminatedWindowMsMax / bucketMs);
const shedStep = 0.2;
const shedMax = 0.8;
/** How long a change of load is given to show. */
const shedEveryMs = 60_000;

/** Contaminated samples among all, in buckets of ten seconds; and what was done about it. Monotonic milliseconds. */
export interface SelfState {
  /** Samples before this are not counted: a start and a reload are busy by nature. */
  readonly fromMs: number;
  /** Newest last. */
  readonly buckets: readonly { readonly index: number; readonly samples: number; readonly contaminated: number }[];
  /** Share of the load that is shed, 0 to 0.8. */
  readonly shed: number;
  readonly shedAtMs: number | null;
  readonly isOpen: boolean;
}

export const noSelf: SelfState = {
  fromMs: Number.NEGATIVE_INFINITY,
  buckets: [],
  shed: 0,
  shedAtMs: null,
  isOpen: false,
};

/** The state after a start or a reload: nothing is counted for a minute. */
export function quietSelf(state: SelfState, nowMs: number): SelfState {
  return { ...state, fromMs: nowMs + limits.contaminatedQuietMs };
}

/** The state with one more judged sample. Monotonic milliseconds. */
export function countSample(state: SelfState, contaminated: boolean, nowMs: number): SelfState {
  if (nowMs < state.fromMs) return state;
  const index = Math.floor(nowMs / bucketMs);
  const kept = state.buckets.filter((bucket) => bucket.index > index - bucketsMax);
  const last = kept.at(-1);
  const one = { samples: 1, contaminated: contaminated ? 1 : 0 };
  if (last === undefined || last.index !== index) return { ...state, buckets: [...kept, { index, ...one }] };
  kept[kept.length - 1] = {
    index,
    samples: last.samples + 1,
    contaminated: last.contaminated + one.contaminated,
  };
  return { ...state, buckets: kept };
}

/**
 * Samples, contaminated ones and their share over the last five minutes, or over the last hundred samples where those
 * go further back (an hour at most); the share is `null` without samples.
 */
export function contaminatedOf(
  state: SelfState,
  nowMs: number,
): { readonly samples: number; readonly contaminated: number; readonly share: number | null } {
  const index = Math.floor(nowMs / bucketMs);
  let samples = 0;
  let contaminated = 0;
  for (const bucket of state.buckets.toReversed()) {
    if (bucket.index <= index - bucketsMax) break;
    if (bucket.index <= index - buckets && samples >= limits.contaminatedSamples) break;
    samples += bucket.samples;
    contaminated += bucket.contaminated;
  }
  return { samples, contaminated, share: samples === 0 ? null : contaminated / samples };
}

/**
 * Judges ourselves: above 5 % of at least a hundred samples the finding opens and a fifth of the load is shed, one more
 * each minute while it lasts; below half of that it is given back the same way, and the finding closes with the rest.
 * @see design.md section 3: never a blind daemon in silence
 */
export function judgeSelf(
  state: SelfState,
  nowMs: number,
): { readonly state: SelfState; readonly event: 'opened' | 'closed' | null } {
  const { samples, share } = contaminatedOf(state, nowMs);
  const isDue = state.shedAtMs === null || nowMs - state.shedAtMs >= shedEveryMs;
  if (samples >= limits.contaminatedSamples && share !== null && share > limits.contaminatedShareFinding) {
    const shed = isDue ? Math.min(shedMax, round(state.shed + shedStep)) : state.shed;
    const next = { ...state, shed, shedAtMs: isDue ? nowMs : state.shedAtMs, isOpen: true };
    return { state: next, event: state.isOpen ? null : 'opened' };
  }
  if (!state.isOpen || !isDue || (share ?? 0) > limits.contaminatedShareFinding / 2) return { state, event: null };
  const shed = Math.max(0, round(state.shed - shedStep));
  if (shed > 0) return { state: { ...state, shed, shedAtMs: nowMs }, event: null };
  return { state: { ...state, shed: 0, shedAtMs: null, isOpen: false }, event: 'closed' };
}

function round(share: number): number {
  return Math.round(share * 10) / 10;
}

/** What an event of `judgeSelf` says of us. */
export function selfSays(event: 'opened' | 'closed' | null, state: SelfState, nowMs: number): Says {
  if (event === null) return null;
  if (event === 'closed') return { tag: 'well', ...told('found.busy.well') };
  const { samples, contaminated } = contaminatedOf(state, nowMs);
  return {
    tag: 'trouble',
    scope: [],
    cause: 'contaminated',
    evidence: { samples, failures: contaminated },
    actionable: false,
    ...told('found.busy', { contaminated, samples }),
  };
}

/** What a sleep of ours, or a clock that jumped, says of us. */
export const clockSays: Says = {
  tag: 'trouble',
  scope: [],
  cause: 'clock',
  evidence: {},
  actionable: false,
  ...told('found.clock'),
};

/** The end of that. */
export const clockWell: Says = { tag: 'well', ...told('found.clock.well') };

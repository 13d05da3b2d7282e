import { limits } from '../../core/limits.ts';
import type { StateTrouble } from '../../core/ports.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { openFinding } from '../memory/lookups.ts';
import { stateOf } from '../memory/mirror-memory.ts';
import type { OwnRule, Spoilt } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';

const bucketMs = 10_000;
const buckets = Math.ceil(limits.contaminatedWindowMs / bucketMs);
const bucketsMax = Math.ceil(limits.contaminatedWindowMsMax / bucketMs);
const shedStep = 0.2;
const shedMax = 0.8;
/**
 * The minimum time between two changes of the share of skipped probes, so that each change can take effect.
 * Milliseconds.
 */
const shedEveryMs = 60_000;

/**
 * The counts of samples that delays of this process have spoilt, in buckets of `bucketMs`. Also the share of scheduled
 * probes that is skipped because of these delays. Times are monotonic milliseconds.
 */
export class SelfState {
  /** Samples before this time are not counted, because a start or reload keeps the process busy. */
  readonly fromMs: number = Number.NEGATIVE_INFINITY;
  /** The counts of recent samples, the newest bucket last. */
  readonly buckets: readonly Readonly<Record<'index' | 'samples' | 'contaminated' | 'disturbed', number>>[] = [];
  /** The share of scheduled probes to skip, 0 to `shedMax`. */
  readonly shed: number = 0;
  readonly shedAtMs: number | null = null;
  readonly isOpen: boolean = false;
  /** The time until which the finding reports a suspend or clock jump; `null`: none. */
  readonly clockUntilMs: number | null = null;
}

export const noSelf = new SelfState();

/** Returns a state that counts no samples for the next `limits.contaminatedQuietMs`. */
export function pauseSelf(state: SelfState, nowMs: number): SelfState {
  return { ...state, fromMs: nowMs + limits.contaminatedQuietMs };
}

export function countSample(state: SelfState, { contaminated, disturbed }: Spoilt, nowMs: number): SelfState {
  if (nowMs < state.fromMs) return state;
  const index = Math.floor(nowMs / bucketMs);
  const last = state.buckets.at(-1);
  const isNew = last?.index !== index;
  const before = isNew ? { samples: 0, contaminated: 0, disturbed: 0 } : last;
  const bucket = {
    index,
    samples: before.samples + 1,
    contaminated: before.contaminated + Number(contaminated),
    disturbed: before.disturbed + Number(disturbed),
  };
  const kept = isNew ? state.buckets.filter((one) => one.index > index - bucketsMax) : state.buckets.slice(0, -1);
  return { ...state, buckets: [...kept, bucket] };
}

/**
 * Counts the samples of the last `limits.contaminatedWindowMs`, or of a longer time if these are too few.
 * @returns `share`: the fraction of samples whose verdict our own delays made uncertain (contaminated), 0 to 1; `null`
 * without samples
 */
export function contaminatedOf(state: SelfState, nowMs: number) {
  const index = Math.floor(nowMs / bucketMs);
  let [samples, contaminated, disturbed] = [0, 0, 0];
  for (let i = state.buckets.length - 1; i >= 0; i -= 1) {
    const bucket = state.buckets[i];
    if (bucket === undefined || bucket.index <= index - bucketsMax) break;
    if (bucket.index <= index - buckets && samples >= limits.contaminatedSamples) break;
    samples += bucket.samples;
    contaminated += bucket.contaminated;
    disturbed += bucket.disturbed;
  }
  return { samples, contaminated, disturbed, share: samples === 0 ? null : contaminated / samples };
}

/**
 * Opens the finding if too many samples are contaminated (a delay of this process makes their verdict uncertain) or
 * disturbed (their time is useless for a baseline). The limits are `limits.contaminatedShareFinding` and
 * `limits.disturbedShareFinding`. Closes the finding if both shares are at most half of these limits and no probes are
 * skipped. Only contaminated samples cause probes to be skipped.
 * @see docs/detection.md#delays-of-our-own
 */
export function judgeSelf(state: SelfState, nowMs: number): SelfState {
  const { samples, contaminated, disturbed } = contaminatedOf(state, nowMs);
  const over = (factor: number, count: number, shareMax: number) => count > factor * shareMax * samples;
  const isEnough = samples >= limits.contaminatedSamples;
  const isOver = isEnough && over(1, contaminated, limits.contaminatedShareFinding);
  const isUnlearned = isEnough && over(1, disturbed, limits.disturbedShareFinding);
  const isCalm = !over(0.5, contaminated, limits.contaminatedShareFinding);
  const isDue = state.shedAtMs === null || nowMs - state.shedAtMs >= shedEveryMs;
  let { shed } = state;
  if (isDue && isOver) shed = Math.min(shedMax, round(shed + shedStep));
  else if (isDue && isCalm) shed = Math.max(0, round(shed - shedStep));
  const isQuiet = isDue && isCalm && shed === 0 && !over(0.5, disturbed, limits.disturbedShareFinding);
  const isOpen = isOver || isUnlearned || (state.isOpen && !isQuiet);
  const hasActed = isDue && (isOver || shed !== state.shed);
  const shedAtMs = !isOpen ? null : hasActed ? nowMs : state.shedAtMs;
  return { ...state, shed, shedAtMs, isOpen };
}

function round(share: number): number {
  return Math.round(share * 10) / 10;
}

function selfStatement(state: SelfState, nowMs: number): FindingStatement {
  if (!state.isOpen) return { tag: 'well', ...messageFor('found.busy.well') };
  const { samples, contaminated, disturbed } = contaminatedOf(state, nowMs);
  const spoiled = contaminated + disturbed;
  return {
    tag: 'trouble',
    cause: 'contaminated',
    evidence: { samples, failures: spoiled },
    ...messageFor('found.busy', { spoiled, samples }),
  };
}

const clockStatement: FindingStatement = { tag: 'trouble', cause: 'clock', evidence: {}, ...messageFor('found.clock') };

const clockWell: FindingStatement = { tag: 'well', ...messageFor('found.clock.well') };

/** Finds that this process delays its own samples, was suspended, or has a clock that jumps. */
export const self: OwnRule<SelfState> = {
  name: 'self',
  kind: 'self',
  none: () => noSelf,
  count: (own, spoilt, { view }) => ({ own: countSample(own, spoilt, view.now.monotonicMs) }),
  adopt: (own, _, { view }) => ({ own: pauseSelf(own, view.now.monotonicMs) }),
  sleep(own, _, { view }) {
    const clockUntilMs = own.isOpen ? own.clockUntilMs : view.now.monotonicMs + limits.contaminatedWindowMs;
    return {
      own: { ...own, clockUntilMs },
      statement: openFinding(view, 'self', null) === null ? clockStatement : null,
    };
  },
  tick(before, _, { view }) {
    const { monotonicMs } = view.now;
    const { clockUntilMs } = before;
    const state = judgeSelf(before, monotonicMs);
    const isChange = state.isOpen !== before.isOpen;
    const isClockWell = clockUntilMs !== null && clockUntilMs <= monotonicMs;
    return {
      own: { ...state, clockUntilMs: (isChange && state.isOpen) || isClockWell ? null : clockUntilMs },
      statement: isChange ? selfStatement(state, monotonicMs) : isClockWell ? clockWell : null,
    };
  },
};

type OwnStates = { readonly states: Map<string, unknown> };

export function shedShareOf(us: OwnStates): number {
  return stateOf(self, us).shed;
}

/** The share of samples whose verdict our own delays made uncertain, 0 to 1; `null` without samples. */
export function contaminatedShareOf(us: OwnStates, nowMs: number): number | null {
  return contaminatedOf(stateOf(self, us), nowMs).share;
}

interface Unstored {
  readonly trouble: StateTrouble;
  /** When the first of the failed writes was reported, monotonic milliseconds. */
  readonly fromMs: number;
  readonly isOpen: boolean;
}

function explainUnstored(own: Unstored | null): FindingStatement {
  if (own?.isOpen !== true) return { tag: 'well', ...messageFor('found.unstored.well'), of: 'unstored' };
  return {
    tag: 'trouble',
    cause: 'unstored',
    evidence: {},
    ...messageFor('found.unstored', { why: phrase(`store.${own.trouble}`) }),
  };
}

/** Finds that the state of this daemon cannot be stored, for example because the disk is full. */
export const unstored: OwnRule<Unstored | null> = {
  name: 'unstored',
  kind: 'self',
  none: () => null,
  tick(before, trouble, { view: { now } }) {
    if (trouble === null) return before === null ? {} : { own: null, statement: explainUnstored(null) };
    const fromMs = before?.fromMs ?? now.monotonicMs;
    const own = { trouble, fromMs, isOpen: now.monotonicMs - fromMs >= limits.unstoredMs };
    const isChange = own.isOpen && (before?.isOpen !== true || before.trouble !== trouble);
    return isChange ? { own, statement: explainUnstored(own) } : { own };
  },
};

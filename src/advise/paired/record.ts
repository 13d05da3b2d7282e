/** What one possible head did in one moment, through the chain it would give. */
export interface Outcome {
  /** When the moment was, monotonic milliseconds. */
  readonly atMs: number;
  /** The time of a good walk, milliseconds; meaningless where `bad`. */
  readonly tookMs: number;
  readonly bad: boolean;
  readonly isHeavy: boolean;
}

/** Failures are remembered this long for how reliable a head is, and times. Milliseconds. */
const windowMs = 30 * 60_000;
const burstWindowMs = 3 * 60_000;
const minuteMs = 60_000;
/** Outcomes kept of one head: more than half an hour of rounds at one a second is never needed. */
const kept = 1_200;
/** Heavy answers are rare: so many of the last are looked at, whatever their age. */
const heavyKept = 8;

const slowMemory = 1 / 400;
const fastMemory = 0.12;
/** Margin of an upper bound, in standard errors. */
const margin = 1.3;

/** What is remembered of one possible head: plain data, bounded, oldest first. */
export interface HeadRecord {
  light: Outcome[];
  heavy: Outcome[];
  /** Shares of bad outcomes, forgetting slowly and fast; scheduled moments alone feed the slow one. */
  slowRate: number;
  fastRate: number;
  last: Outcome | null;
  lastHeavy: Outcome | null;
}

/** A head that has not answered. */
export function newRecord(): HeadRecord {
  return { light: [], heavy: [], slowRate: 0, fastRate: 0, last: null, lastHeavy: null };
}

/** Takes in one outcome. `isScheduled`: of a round at its pace, which alone says how often it usually fails. */
export function note(record: HeadRecord, outcome: Outcome, isScheduled: boolean): void {
  const bad = outcome.bad ? 1 : 0;
  if (isScheduled) record.slowRate += slowMemory * (bad - record.slowRate);
  record.fastRate += fastMemory * (bad - record.fastRate);
  record.last = outcome;
  if (outcome.isHeavy) {
    record.lastHeavy = outcome;
    record.heavy.push(outcome);
    if (record.heavy.length > heavyKept) record.heavy.shift();
    return;
  }
  record.light.push(outcome);
  if (record.light.length > 2 * kept) record.light.splice(0, record.light.length - kept);
}

/** Bad outcomes and all of them since a time. */
export function since(record: HeadRecord, fromMs: number): { readonly bad: number; readonly all: number } {
  let bad = 0;
  let all = 0;
  for (const outcomes of [record.light, record.heavy]) {
    for (let i = outcomes.length - 1; i >= 0; i -= 1) {
      const one = outcomes[i];
      if (one === undefined || one.atMs < fromMs) break;
      all += 1;
      if (one.bad) bad += 1;
    }
  }
  return { bad, all };
}

/** True where a head failed twice within the last minute. */
export function isFailingNow(record: HeadRecord, nowMs: number): boolean {
  return since(record, nowMs - minuteMs).bad >= 2;
}

/** Bad outcomes and all of them within the last minute. */
export function lastMinute(record: HeadRecord, nowMs: number): { readonly bad: number; readonly all: number } {
  return since(record, nowMs - minuteMs);
}

/**
 * An upper bound of a head's share of failures, for comparing candidates: over half an hour with a prior of half a
 * failure in a hundred, and over three minutes where it failed twice in them.
 */
export function failureShare(record: HeadRecord, nowMs: number): number {
  const long = since(record, nowMs - windowMs);
  const short = since(record, nowMs - burstWindowMs);
  const usual = (long.bad + 0.5 + margin * Math.sqrt(long.bad)) / (long.all + 100);
  return Math.min(1, Math.max(usual, short.bad >= 2 ? short.bad / (short.all + 5) : 0));
}

/** Mean of the good times of light or heavy steps with `errors` standard errors on top; `null` without any. Milliseconds. */
export function meanMs(
  record: HeadRecord,
  weight: 'light' | 'heavy',
  nowMs: number,
  errors: number = margin,
): number | null {
  const outcomes = record[weight];
  const fromMs = weight === 'light' ? nowMs - windowMs : Number.NEGATIVE_INFINITY;
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || one.atMs < fromMs) break;
    if (one.bad) continue;
    count += 1;
    sum += one.tookMs;
    squares += one.tookMs * one.tookMs;
  }
  if (count === 0) return null;
  const mean = sum / count;
  const variance = count < 2 ? (0.5 * mean) ** 2 : Math.max(0, (squares - sum * mean) / (count - 1));
  return mean + errors * Math.sqrt(variance / count);
}

/** What one build asks: `light` and `heavy` fetches over `connections` at once. */
export const build = { light: 10, heavy: 5, connections: 3 } as const;

/**
 * What a build through this head costs just now, seconds, as an upper bound: its time, and what a failed build costs a
 * person for the share that fails. `null` where no light step was answered well.
 * @param rescue  share of failures that the chain behind the head does not catch, 0 to 1
 * @param otherHeavyMs  stands in where no heavy step was measured
 */
export function buildCost(
  record: HeadRecord,
  nowMs: number,
  cost: { readonly failureCostMs: number; readonly rescue: number; readonly otherHeavyMs: number },
): number | null {
  const light = meanMs(record, 'light', nowMs);
  if (light === null) return null;
  const heavy = meanMs(record, 'heavy', nowMs) ?? cost.otherHeavyMs;
  const share = failureShare(record, nowMs) * cost.rescue;
  const fetches = build.light + build.heavy;
  const failed = 1 - (1 - share) ** fetches;
  return (failed * cost.failureCostMs + (build.light * light + build.heavy * heavy) / build.connections) / 1_000;
}

/** True unless the last heavy answer was bad. */
export function lastHeavyIsGood(record: HeadRecord): boolean {
  return record.lastHeavy === null || !record.lastHeavy.bad;
}

/** Mean of the good times since a time, of heavy steps of the last few whatever their age; `null` without any. Milliseconds. */
export function meanOver(record: HeadRecord, weight: 'light' | 'heavy', fromMs: number): number | null {
  const outcomes = record[weight];
  let count = 0;
  let sum = 0;
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || (weight === 'light' && one.atMs < fromMs)) break;
    if (one.bad) continue;
    count += 1;
    sum += one.tookMs;
  }
  return count === 0 ? null : sum / count;
}

/** How good times of one weight scatter over the last half hour (heavy: the last few). Milliseconds, and their squares. */
export function spread(
  record: HeadRecord,
  weight: 'light' | 'heavy',
): { readonly count: number; readonly meanMs: number; readonly variance: number } {
  const times = record[weight].slice(-kept / 4).filter((one) => !one.bad);
  const meanMs = times.reduce((sum, one) => sum + one.tookMs, 0) / Math.max(1, times.length);
  const squares = times.reduce((sum, one) => sum + (one.tookMs - meanMs) ** 2, 0);
  return { count: times.length, meanMs, variance: times.length < 2 ? 0 : squares / (times.length - 1) };
}

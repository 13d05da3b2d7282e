import { quantileOf } from '../../core/quantile.ts';

/** What one possible head did in one moment, through the chain it would give. */
export interface Outcome {
  /** When this head's own answer of the moment came, monotonic milliseconds. */
  readonly atMs: number;
  /** The time of a good walk, milliseconds; meaningless where `bad`. */
  readonly tookMs: number;
  readonly bad: boolean;
  readonly isHeavy: boolean;
  /** Where it was bad because we gave it up early: how likely that is by chance, 0 to 1; else 0. */
  readonly late: number;
}

/** Failures are remembered this long for how reliable a head is, and times. Milliseconds. */
export const windowMs = 30 * 60_000;
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

/** What was given up early and may have been late more often than this counts neither as failed nor as answered. */
export const lateMax = 0.005;

/** Outcomes of one question at its pace, kept for how often it fails. */
const keptOfQuestion = 64;
const questionsKept = 400;

/** What is remembered of one possible head: plain data, bounded, oldest first. */
export interface HeadRecord {
  /** Light outcomes at their own pace, by question: what was asked more often than others tells no more of a build. */
  readonly questions: Map<string, Outcome[]>;
  light: Outcome[];
  heavy: Outcome[];
  /** Shares of bad outcomes, forgetting slowly and fast; scheduled moments alone feed the slow one. */
  slowRate: number;
  fastRate: number;
  /** Scheduled outcomes that failed by themselves, not in a row, and all of them: its background over the long run. */
  readonly background: { bad: number; all: number; row: number };
  last: Outcome | null;
  lastHeavy: Outcome | null;
}

/** A head that has not answered. */
export function newRecord(): HeadRecord {
  const background = { bad: 0, all: 0, row: 0 };
  return {
    questions: new Map(),
    light: [],
    heavy: [],
    slowRate: 0,
    fastRate: 0,
    background,
    last: null,
    lastHeavy: null,
  };
}

/** Takes in one outcome. `isScheduled`: of a round at its pace, which alone says how often it usually fails. */
export function note(record: HeadRecord, question: string, outcome: Outcome, isScheduled: boolean): void {
  if (isScheduled && !outcome.isHeavy) noteQuestion(record, question, outcome);
  const bad = outcome.bad ? 1 : 0;
  if (isScheduled) {
    record.slowRate += slowMemory * (bad - record.slowRate);
    noteBackground(record.background, outcome.bad);
  }
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

/** More failures in a row are trouble, and no background. */
const backgroundRow = 2;
/** Outcomes after which the older half is forgotten: about a day and a half of them. */
const backgroundKept = 8_000;

function noteBackground(background: HeadRecord['background'], isBad: boolean): void {
  if (isBad) {
    background.row += 1;
    return;
  }
  if (background.row <= backgroundRow) {
    background.bad += background.row;
    background.all += background.row;
  }
  background.row = 0;
  background.all += 1;
  if (background.all < backgroundKept) return;
  background.bad /= 2;
  background.all /= 2;
}

function noteQuestion(record: HeadRecord, question: string, outcome: Outcome): void {
  const known = record.questions.get(question);
  if (known === undefined) {
    if (record.questions.size < questionsKept) record.questions.set(question, [outcome]);
    return;
  }
  known.push(outcome);
  if (known.length > 2 * keptOfQuestion) known.splice(0, known.length - keptOfQuestion);
}

/** Bad outcomes and all of them since a time. */
export function since(record: HeadRecord, fromMs: number): { readonly bad: number; readonly all: number } {
  const [light, heavy] = [countSince(record.light, fromMs), countSince(record.heavy, fromMs)];
  return { bad: light.bad + heavy.bad, all: light.all + heavy.all };
}

/** True where a head failed twice within the last minute. */
export function isFailingNow(record: HeadRecord, nowMs: number): boolean {
  return since(record, nowMs - minuteMs).bad >= 2;
}

/** True where the last outcomes, `count` or more of any question and downloads not alone, were bad. */
export function failedLast({ light, heavy }: HeadRecord, count: number): boolean {
  const goodMs = [light, heavy].map(
    (outcomes) => outcomes.findLast((one) => !one.bad)?.atMs ?? Number.NEGATIVE_INFINITY,
  );
  const isSince = (one: Outcome): boolean => one.bad && one.atMs > Math.max(...goodMs);
  const lightBad = light.filter(isSince).length;
  return lightBad > 0 && lightBad + heavy.filter(isSince).length >= count;
}

/** Bad outcomes and all of them within the last minute. */
export function lastMinute(record: HeadRecord, nowMs: number): { readonly bad: number; readonly all: number } {
  return since(record, nowMs - minuteMs);
}

/** Shares of light and of heavy fetches, 0 to 1. */
export interface Shares {
  readonly light: number;
  readonly heavy: number;
}

/** Answers that a single question, or all downloads, are taken to have given as usual before they gave any. */
const questionPrior = 3;
const heavyPrior = 4;

/**
 * Shares of light and heavy fetches that fail just now. Each light question counts alike however often it is asked: one
 * module of twenty that is gone fails a twentieth of all fetches. Of heavy ones the last few count, whatever their age.
 */
export function failureShares(record: HeadRecord, nowMs: number): Shares {
  const fromMs = nowMs - windowMs;
  let [bad, all] = [0, 0];
  const counts: { readonly bad: number; readonly all: number }[] = [];
  for (const outcomes of record.questions.values()) {
    const one = countSince(outcomes, fromMs);
    if (one.all === 0) continue;
    counts.push(one);
    bad += one.bad;
    all += one.all;
  }
  const pooled = all === 0 ? 0 : bad / all;
  const sum = counts.reduce((total, one) => total + (one.bad + questionPrior * pooled) / (one.all + questionPrior), 0);
  const heavy = countSince(record.heavy, Number.NEGATIVE_INFINITY);
  return { light: bad === 0 ? 0 : sum / counts.length, heavy: heavy.bad / (heavy.all + heavyPrior) };
}

/**
 * Upper bounds of those shares, for comparing candidates: over half an hour with a prior of half a failure in a hundred,
 * and over three minutes where it failed twice in them.
 */
export function failureBounds(record: HeadRecord, nowMs: number): Shares {
  const shares = failureShares(record, nowMs);
  const long = since(record, nowMs - windowMs);
  const short = since(record, nowMs - burstWindowMs);
  const usual = (long.bad + 0.5 + margin * Math.sqrt(long.bad)) / (long.all + 100);
  const burst = short.bad >= 2 ? short.bad / (short.all + 5) : 0;
  const least = Math.min(1, Math.max(usual, burst));
  return { light: Math.max(shares.light, least), heavy: Math.max(shares.heavy, least) };
}

/** The larger of both bounds. */
export function failureShare(record: HeadRecord, nowMs: number): number {
  const { light, heavy } = failureBounds(record, nowMs);
  return Math.max(light, heavy);
}

function countSince(outcomes: readonly Outcome[], fromMs: number): { readonly bad: number; readonly all: number } {
  let [bad, all] = [0, 0];
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || one.atMs < fromMs) break;
    if (one.late > lateMax) continue;
    all += 1;
    if (one.bad) bad += 1;
  }
  return { bad, all };
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

/** One download counts as no more than so many times what most take: one by chance is not believed, a slow backend is. */
const tamedFactor = 4;

/** What the last good downloads took in the mean, each as far as it is believed; `null` without any. Milliseconds. */
export function tamedHeavyMs({ heavy }: HeadRecord): number | null {
  const times = heavy.filter((one) => !one.bad).map((one) => one.tookMs);
  const usual = quantileOf(times, 0.5);
  if (usual === null) return null;
  return times.reduce((sum, ms) => sum + Math.min(ms, tamedFactor * usual), 0) / times.length;
}

/** Good downloads that follow a bad one before it is over. */
const heavyClean = 4;

/**
 * True where no download failed lately, or enough came well since: one, where the last to fail belonged to a trouble that
 * has ended.
 * @param troubledMs  when that trouble was seen last, monotonic milliseconds
 */
export function isHeavyClean(record: HeadRecord, troubledMs: number): boolean {
  const { heavy } = record;
  const lastBad = heavy.findLastIndex((one) => one.bad);
  if (lastBad < 0) return true;
  const isOfTrouble = (heavy[lastBad]?.atMs ?? 0) <= troubledMs;
  return heavy.length - 1 - lastBad >= (isOfTrouble ? 1 : heavyClean);
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

import type { AdviceCause } from '../core/advice.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, questionOf, type Weight } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import { quantileOf } from '../core/statistics.ts';
import type { Chain, ChainMember, Reply } from '../ecosystems/client.ts';
import type { BypassDecision } from './bypass.ts';
import { type Trouble, troubleOf } from './cause.ts';
import { fetchTimeMs } from './comparison/costs.ts';
import { countGoodLeft, waitMs } from './comparison/home.ts';
import { type Walker, walkChain } from './comparison/walk.ts';
import type { Refused } from './decide.ts';
import { mirrorAt, noChain } from './group.ts';
import { type LastChoice, lastChoiceOf } from './last-choice.ts';
import type { Prices } from './prices.ts';
import { type Answered, type Entry, newTally, replyOf, type Tally } from './tally.ts';
import type { View } from './view.ts';

export interface Expectation {
  /** Share of requests that succeed, 0 to 1. */
  readonly availability: number | null;
  /** Of successful requests, milliseconds, including the time at members requested before. */
  readonly p95Ms: number | null;
}

/** Simulates one request for each sample in `moments`. Requests with an unmeasured end are left out. */
function expectation(input: {
  readonly walker: Walker;
  readonly chain: Chain;
  readonly moments: readonly Entry[];
  readonly tallyOf: (registry: string) => Tally;
  readonly nearMs: number;
}): Expectation {
  const times: number[] = [];
  let walks = 0;
  for (const moment of input.moments) {
    const end = walkChain(input.walker, input.chain, (name) => replyAt(input.tallyOf(name), moment, input.nearMs));
    if (end.tag === 'unknown') continue;
    walks += 1;
    if (end.tag === 'ok') times.push(end.tookMs);
  }
  return {
    availability: walks === 0 ? null : times.length / walks,
    p95Ms: quantileOf(times, 0.95),
  };
}

function replyAt(tally: Tally, moment: Entry, nearMs: number): Reply | null {
  if (tally.canary.includes(moment)) return replyOf(moment);
  let nearest: Entry | null = null;
  for (const entry of tally.canary) {
    if (moment.round !== null && entry.round === moment.round) return replyOf(entry);
    const apart = Math.abs(entry.atMs - moment.atMs);
    if (apart <= nearMs && (nearest === null || apart < Math.abs(nearest.atMs - moment.atMs))) nearest = entry;
  }
  return nearest === null ? null : replyOf(nearest);
}

export interface Observed {
  /** Canary samples of the mirror to leave, oldest first: as `troubleIn`, else those behind `p95Ms`. */
  readonly window: readonly Entry[];
  /** Of its canary over the last `limits.measuredPaces` intervals, milliseconds; `null`: no samples. */
  readonly p95Ms: number | null;
  /** The chain in use and the advised one over `window`; `null`: no chain is advised. */
  readonly replay: { readonly before: Expectation; readonly after: Expectation } | null;
}

export function observedAt(view: View, at: Mirror, after: Chain | null): Observed {
  const lately = lastCanaryOf(view, at.name);
  const run = troubleIn(view.tallyOf(at.name).canary);
  const window = run.length > 0 ? run : lately;
  const { p95Ms } = measuredOf(lately);
  if (after === null) return { window, p95Ms, replay: null };
  const walker: Walker = {
    client: view.group.client,
    nameOf: (member: ChainMember) => mirrorAt(view.group, member)?.name ?? null,
    unwatched: 'unknown',
  };
  const { tallyOf, nearMs } = view;
  const replayOf = (chain: Chain) => expectation({ walker, chain, moments: window, tallyOf, nearMs });
  const before = replayOf(view.group.chain ?? noChain);
  return { window, p95Ms, replay: { before, after: replayOf(after) } };
}

interface Measured {
  readonly answers: number;
  readonly failed: number;
  /** Of successes and timeouts, without first fetches of pull-through caches, milliseconds; `null`: none. */
  readonly p95Ms: number | null;
}

export function measuredOf(entries: readonly Entry[]): Measured {
  const timed = entries.filter((entry) => !entry.cold && (entry.tag === 'ok' || entry.slow));
  return {
    answers: entries.length,
    failed: entries.filter((entry) => entry.tag === 'failed').length,
    p95Ms: quantileOf(
      timed.map((entry) => entry.tookMs),
      0.95,
    ),
  };
}

function lastCanaryOf(view: View, registry: string): readonly Entry[] {
  const { canary } = view.tallyOf(registry);
  const fromMs = view.now.monotonicMs - limits.measuredPaces * view.canaryEveryMs;
  return canary.filter(({ round, atMs }) => round === null && atMs > fromMs);
}

/** The last samples in a row that were slow or failed. */
export function troubleIn(series: readonly Entry[]): readonly Entry[] {
  return series.slice(series.findLastIndex(({ tag, slow }) => tag === 'ok' && !slow) + 1);
}

/** Mean times of two mirrors for the same questions, over `rounds` pairs since `fromMs` (monotonic). Milliseconds. */
export interface Apart {
  readonly rounds: number;
  readonly hereMs: number;
  readonly thereMs: number;
  readonly fromMs: number;
}

/** Compares the newest good responses of two mirrors to the same questions; `null`: none. */
function apartOf(
  here: readonly Answered[],
  there: readonly Answered[],
  rule: { readonly sinceMs: number; readonly nearMs: number; readonly most: number },
): Apart | null {
  const pairs: { readonly atMs: number; readonly hereMs: number; readonly thereMs: number }[] = [];
  for (let i = here.length - 1; i >= 0 && pairs.length < rule.most; i -= 1) {
    const one = here[i];
    if (one === undefined || one.atMs < rule.sinceMs) break;
    if (one.tag !== 'ok' || one.cold) continue;
    const other = nearest(one, there);
    if (other === null || Math.abs(other.atMs - one.atMs) > rule.nearMs) continue;
    pairs.push({ atMs: one.atMs, hereMs: one.tookMs, thereMs: other.tookMs });
  }
  const oldest = pairs.at(-1);
  if (oldest === undefined) return null;
  const mean = (of: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  return {
    rounds: pairs.length,
    hereMs: mean((pair) => pair.hereMs),
    thereMs: mean((pair) => pair.thereMs),
    fromMs: oldest.atMs,
  };
}

/**
 * The good answer to the same question that is nearest in time; of two, the older one. Begins with the newest, to
 * compare few questions: this runs for each pair of an open advice in each turn.
 */
function nearest(one: Answered, others: readonly Answered[]): Answered | null {
  const question = questionOf(one.target);
  let best: Answered | null = null;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = others.length - 1; i >= 0; i -= 1) {
    const other = others[i];
    if (other === undefined || other.tag !== 'ok' || other.cold) continue;
    const apartMs = Math.abs(other.atMs - one.atMs);
    if (apartMs > leastMs || questionOf(other.target) !== question) continue;
    [best, leastMs] = [other, apartMs];
  }
  return best;
}

/** The most pairs that are compared, the newest, by weight; `undated`: of each weight, if `fromMs` is `null`. */
const comparedMost = { light: 10, heavy: 4, undated: 4 } as const;
const usualMin = 3;

export interface Subject {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  /** The mirror to leave, and (`to`) the advised one; `null`: none. */
  readonly at: Mirror;
  readonly to: Mirror | null;
  /** As `LiveAdvice.fromMs`. */
  readonly fromMs: number | null;
  /** A decision without a move; `null`: a move. */
  readonly stay: Refused | BypassDecision | null;
  readonly before: Sentence | null;
  /** What the decision of this turn was made by; `null`: the sentence is said again, by newer measurements. */
  readonly prices: Prices | null;
}

/** Times are milliseconds. */
export interface Grounds {
  readonly now: Now;
  readonly upstream: string;
  readonly awayMs: number;
  /** The end of the last wait after `Retry-After` or 429 at the mirror to leave, wall clock; 0: none. */
  readonly throttledUntilMs: number;
  readonly trouble: Trouble | null;
  readonly alert: AlertEvidence | null;
  readonly here: () => Measured;
  readonly there: Measured;
  /**
   * The times of both mirrors: of downloads if the cause is `throughput`, else of light steps; `null`: not comparable.
   */
  readonly apart: Apart | null;
  /** The mean time of light steps at the mirror to leave before the compared ones; `null`: too few are known. */
  readonly usualMs: number | null;
  /** The time of a client fetch at each mirror; `null`: not measured. */
  readonly fetchMs: { readonly here: number | null; readonly there: number | null };
  /** The usual time of a client fetch at the advised mirror; `null`: not measured. */
  readonly usualFetchMs: () => number | null;
  /** What is wrong at the advised mirror; `null`: it serves no wrong bytes. */
  readonly last: LastChoice | null;
  /** What the return to the mirror to leave still needs at least: milliseconds, and good responses in a row. */
  readonly rest: () => { readonly ms: number; readonly good: number };
}

export function groundsOf(view: View, { cause, at, to, fromMs, prices }: Subject): Grounds {
  const { group, now, by } = view;
  const [tally, other] = [view.tallyOf(at.name), to === null ? newTally() : view.tallyOf(to.name)];
  const apartBy = (weight: Weight): Apart | null =>
    apartOf(tally.answers[weight], other.answers[weight], {
      sinceMs: fromMs ?? Number.NEGATIVE_INFINITY,
      nearMs: weight === 'light' ? view.nearMs : Number.POSITIVE_INFINITY,
      most: comparedMost[fromMs === null ? 'undated' : weight],
    });
  const heavy = apartBy('heavy');
  const light = cause === 'throughput' ? null : apartBy('light');
  const apart = cause === 'throughput' ? heavy : light;
  const fetchMsAt = (mirror: Mirror | null, ms: (one: Apart) => number): number | null => {
    const lately = { light: light === null ? null : ms(light), heavy: heavy === null ? null : ms(heavy) };
    return fetchTimeMs(group.contest.records.get(mirror?.name ?? ''), by, lately);
  };
  return {
    now,
    upstream: group.upstream,
    awayMs: now.monotonicMs - (group.moves.lastMs ?? now.monotonicMs),
    throttledUntilMs: view.standingOf(at.name)?.throttledUntilMs ?? 0,
    trouble: troubleOf(tally),
    alert: view.evidenceOf(at.name)[0] ?? null,
    here: () => measuredOf(lastCanaryOf(view, at.name)),
    there: measuredOf(to === null ? [] : lastCanaryOf(view, to.name)),
    apart,
    usualMs: usualMs(tally.answers.light, fromMs ?? apart?.fromMs ?? now.monotonicMs),
    fetchMs:
      prices === null
        ? { here: fetchMsAt(at, (one) => one.hereMs), there: fetchMsAt(to, (one) => one.thereMs) }
        : { here: prices.from.timeMs, there: prices.to.timeMs },
    usualFetchMs: () =>
      prices?.to.timeMs ?? fetchTimeMs(group.contest.records.get(to?.name ?? ''), by, { light: null, heavy: null }),
    last: to === null ? null : lastChoiceOf(view, to.name),
    rest: () => restOf(view),
  };
}

function restOf({ group, config, now }: View): ReturnType<Grounds['rest']> {
  const { departures, lastMs } = group.moves;
  const dueMs = (lastMs ?? now.monotonicMs) + waitMs(departures, config.advise.holdMs, now.monotonicMs);
  return { ms: Math.max(0, dueMs - now.monotonicMs), good: countGoodLeft(group.contest.health) };
}

function usualMs(light: readonly Answered[], beforeMs: number): number | null {
  const times = light.filter((one) => one.tag === 'ok' && !one.cold && one.atMs < beforeMs).map((one) => one.tookMs);
  return times.length < usualMin ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

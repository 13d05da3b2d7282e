import type { AdviceCause, CauseKind } from '../core/advice.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { type Finding, kindTraits } from '../core/finding.ts';
import { type Mirror, questionOf, type Weight } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { BypassDecision } from './bypass.ts';
import { fetchTimeMs } from './comparison/costs.ts';
import { countGoodLeft, waitMs } from './comparison/home.ts';
import { noiseMs } from './comparison/rank.ts';
import type { Composed, Refused } from './decision.ts';
import { homeOf } from './group.ts';
import { type LastChoice, lastChoiceOf } from './last-choice.ts';
import { lastCanaryOf, type Measured, measuredOf } from './observed.ts';
import type { Prices } from './prices.ts';
import { newTally, type TallySample } from './tally.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import type { View } from './view.ts';

/**
 * Mean times of two mirrors in milliseconds, over `rounds` pairs of responses to the same request since `fromMs`
 * (monotonic).
 */
export interface Apart {
  readonly rounds: number;
  readonly hereMs: number;
  readonly thereMs: number;
  readonly fromMs: number;
}

/** A mirror is clearly slower than another one if it takes at least this many times as long. */
const slowerFactor = 1.2;

/** True if the mirror to leave (`hereMs`) is clearly slower than the other mirror (`thereMs`). */
export function isClearlySlower({ hereMs, thereMs }: Apart): boolean {
  return hereMs >= slowerFactor * thereMs && hereMs - thereMs > noiseMs;
}

/** Compares the newest good responses of two mirrors to the same requests; `null`: there is no pair of responses. */
function apartOf(
  here: readonly TallySample[],
  there: readonly TallySample[],
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

/** Responses are stored when they are judged. So their starts are out of order by at most about this time. Milliseconds. */
const disorderMs = 120_000;

/**
 * The good response to the same request that is nearest in time. Of two equally near ones, the older is returned. The
 * search starts at the newest response, because this function runs in each turn of the main loop for each compared
 * response of an open advice.
 */
function nearest(one: TallySample, others: readonly TallySample[]): TallySample | null {
  const question = questionOf(one.target);
  let best: TallySample | null = null;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = others.length - 1; i >= 0; i -= 1) {
    const other = others[i];
    if (other === undefined || other.tag !== 'ok' || other.cold) continue;
    if (one.atMs - other.atMs > leastMs + disorderMs) break;
    const apartMs = Math.abs(other.atMs - one.atMs);
    if (apartMs > leastMs || questionOf(other.target) !== question) continue;
    [best, leastMs] = [other, apartMs];
  }
  return best;
}

/**
 * The maximum number of newest pairs compared, per kind of request. `undated` is used for both kinds if the start of
 * the evidence (`fromMs`) is not known.
 */
const comparedMost = { light: 10, heavy: 4, undated: 4 } as const;
const usualMin = 3;

export interface Subject {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  /** `at` is the mirror to leave. `to` is the advised mirror; `null`: none is advised. */
  readonly at: Mirror;
  readonly to: Mirror | null;
  /**
   * When the evidence of the time test starts, monotonic milliseconds; `null`: no time test, or unknown after a
   * restart.
   */
  readonly fromMs: number | null;
  /** The times that the test of this decision compared; absent or `null`: earlier advice, or no test of times. */
  readonly tested?: Apart | null;
  /** The decision if it is not a switch to another mirror; `null` for a switch. */
  readonly stay: Refused | BypassDecision | null;
  /** What the measurements said before (`Advice.causeNow`); `null`: nothing, or this is a new decision. */
  readonly before: CauseKind | null;
  /** The costs that the current decision compared; `null`: earlier advice is updated with newer measurements. */
  readonly prices: Prices | null;
}

/** What the sentence about a decision is about. */
export function subjectOf(decision: Composed): Subject {
  const { cause, findings, at } = decision;
  if (decision.kind !== 'move')
    return { cause, findings, at, to: null, fromMs: null, stay: decision, before: null, prices: null };
  const { to, tested, prices } = decision;
  return {
    cause,
    findings,
    at,
    to: to.mirror,
    fromMs: tested?.fromMs ?? null,
    tested,
    stay: null,
    before: null,
    prices,
  };
}

/** The measurements that the sentence of an advice contains. Times are milliseconds. */
export interface Grounds {
  readonly now: Now;
  readonly upstream: string;
  /** When the accepted advice to leave home (the first declared mirror) was issued, wall clock; `null`: none. */
  readonly leftAtMs: number | null;
  /** When the last wait after `Retry-After` or 429 at the mirror to leave ends, wall clock; 0: no such wait. */
  readonly throttledUntilMs: number;
  readonly trouble: Trouble | null;
  /** True if the mirror to leave responds, but its outages repeat: its finding stays open. */
  readonly isRepeating: boolean;
  readonly alert: AlertEvidence | null;
  readonly here: () => Measured;
  readonly there: Measured;
  /**
   * The times of both mirrors: of downloads if the cause is `throughput`, else of light steps; `null`: not comparable.
   */
  readonly apart: Apart | null;
  /**
   * The usual mean time of light steps at the mirror to leave, from responses before the compared ones; `null`: too few
   * are stored, or they may be slow too.
   */
  readonly usualMs: number | null;
  /** The time of a client fetch: `here` at the mirror to leave, `there` at the advised mirror; `null`: not measured. */
  readonly fetchMs: { readonly here: number | null; readonly there: number | null };
  /** The usual time of a client fetch at the advised mirror; `null`: not measured. */
  readonly usualFetchMs: () => number | null;
  /** The wrong bytes that the advised mirror serves; `null`: none. */
  readonly last: LastChoice | null;
  /**
   * What a return to the mirror to leave still requires: a wait of `ms` milliseconds, and `good` good responses in a
   * row.
   */
  readonly rest: () => { readonly ms: number; readonly good: number };
}

export function groundsOf(view: View, { cause, at, to, fromMs, tested = null, prices }: Subject): Grounds {
  const { group, now, by } = view;
  const accepted = group.accepted?.advice;
  const [tally, other] = [view.tallyOf(at.name), to === null ? newTally() : view.tallyOf(to.name)];
  const apartBy = (weight: Weight): Apart | null =>
    apartOf(tally.samples[weight], other.samples[weight], {
      sinceMs: fromMs ?? Number.NEGATIVE_INFINITY,
      nearMs: weight === 'light' ? view.nearMs : Number.POSITIVE_INFINITY,
      most: comparedMost[fromMs === null ? 'undated' : weight],
    });
  // Earlier responses may be as slow if the start of the evidence is unknown, or if the slowness is a finding.
  const isUsualKnown = fromMs !== null && !(view.standingOf(at.name)?.findings ?? []).some(isOfSlowness);
  const heavy = apartBy('heavy');
  const light = cause === 'throughput' ? null : apartBy('light');
  const newest = cause === 'throughput' ? heavy : light;
  // The newest responses may be as fast as elsewhere while the test has passed its bound. A new decision states what the
  // test compared.
  const apart = tested !== null && (newest === null || !isClearlySlower(newest)) ? tested : newest;
  const fetchMsAt = (mirror: Mirror | null, ms: (one: Apart) => number): number | null => {
    const lately = { light: light === null ? null : ms(light), heavy: heavy === null ? null : ms(heavy) };
    return fetchTimeMs(group.contest.records.get(mirror?.name ?? ''), by, lately);
  };
  return {
    now,
    upstream: group.upstream,
    leftAtMs: accepted !== undefined && accepted.from === homeOf(group)?.name ? accepted.issuedAtMs : null,
    throttledUntilMs: view.standingOf(at.name)?.throttledUntilMs ?? 0,
    trouble: troubleOf(tally),
    isRepeating: view.standingOf(at.name)?.isBack === true,
    alert: view.evidenceOf(at.name)[0] ?? null,
    here: () => measuredOf(lastCanaryOf(view, at.name)),
    there: measuredOf(to === null ? [] : lastCanaryOf(view, to.name)),
    apart,
    usualMs: isUsualKnown ? usualMs(tally.samples.light, fromMs) : null,
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

/** True for a finding that the mirror became slower than usual. */
function isOfSlowness({ kind, state }: Finding): boolean {
  return state === 'open' && kindTraits[kind].advice?.costs === 'time';
}

function restOf({ group, config, now }: View): ReturnType<Grounds['rest']> {
  const { departures, lastMs } = group.moves;
  const dueMs = (lastMs ?? now.monotonicMs) + waitMs(departures, config.advise.holdMs, now.monotonicMs);
  return { ms: Math.max(0, dueMs - now.monotonicMs), good: countGoodLeft(group.contest.health) };
}

function usualMs(light: readonly TallySample[], beforeMs: number): number | null {
  const times = light.filter((one) => one.tag === 'ok' && !one.cold && one.atMs < beforeMs).map((one) => one.tookMs);
  return times.length < usualMin ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

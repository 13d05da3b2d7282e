import type { Advice, AdviceCause, CauseKind, Refusal } from '../core/advice.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { type Finding, kindTraits } from '../core/finding.ts';
import type { Mirror, Weight } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Bypass, Chain } from '../ecosystems/client.ts';
import { type Apart, apartOf, isClearlySlower } from './apart.ts';
import { fetchTimeMs, usualMeans } from './comparison/costs.ts';
import { countGoodLeft, waitMs } from './comparison/home.ts';
import type { Alarm } from './comparison/pair.ts';
import { homeOf } from './group.ts';
import { type LastChoice, lastChoiceOf } from './last-choice.ts';
import { lastCanaryOf, type Measured, measuredOf } from './observed.ts';
import type { Prices } from './prices.ts';
import { Tally, type TallySample } from './tally.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import type { View } from './view.ts';
import type { Weighed } from './weigh.ts';

export interface Decided {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  readonly at: Mirror;
  readonly weighed: readonly Weighed[];
}

export interface MoveDecision extends Decided {
  readonly kind: 'move';
  readonly alarm: Alarm | null;
  /** The times that the test compared which chose the switch; `null`: no test of times chose it. */
  readonly tested: Apart | null;
  readonly to: Weighed;
  readonly after: Chain;
  /** The costs at both mirrors, as in `weighed`; `null`: the switch was not chosen by cost. */
  readonly prices: Prices | null;
  /** The confidence of the proposal that this switch corrects, which the correction keeps; absent: no correction. */
  readonly before?: Advice['confidence'];
}

/** The fields of a switch that no test of times or failures chose. */
export const untested = { kind: 'move', alarm: null, tested: null, prices: null } as const;

/** A refusal: no mirror can be advised although a switch is needed, or our own network is suspect. */
export interface Refused extends Decided {
  readonly kind: 'refuse';
  readonly refusal: Refusal;
  /** The mirrors that fail only because they pass on failures of the upstream. */
  readonly faults: readonly string[];
  readonly stranded: readonly string[];
}

/**
 * A decision to set a client setting that avoids HTTP/2, or to remove that setting.
 * @see docs/decisions/0051-http1-setting-as-a-bypass.md
 */
export interface BypassDecision extends Decided {
  readonly kind: 'bypass';
  /** `outage` sets the client setting, `failback` removes it. */
  readonly cause: 'outage' | 'failback';
  readonly bypass: Bypass;
  readonly after: Chain;
  /** Why a setting is advised instead of another mirror; `null` if the decision removes the setting. */
  readonly refusal: Refusal | null;
  readonly faults: readonly string[];
}

/**
 * `none`: there is no reason to leave the head, or the head is not monitored. `wait`: there is a reason, but no advice
 * now.
 */
export type Decision = { readonly kind: 'none' } | { readonly kind: 'wait' } | MoveDecision | BypassDecision | Refused;

/** A decision from which advice is composed. */
export type Composed = MoveDecision | Refused | BypassDecision;

/**
 * The maximum number of newest pairs compared, per kind of request. `undated` is used for both kinds if the start of
 * the evidence (`fromMs`) is not known.
 */
const comparedMost = { light: 10, heavy: 4, undated: 4 } as const;
const usualMin = 3;

/** What a sentence about a decision is about. `at` is the mirror to leave. */
export interface Subject extends Omit<Decided, 'weighed'> {
  /** The advised mirror; `null`: none is advised. */
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

/** The fields of a subject without a switch and without a decision. */
export const noSwitch = { to: null, fromMs: null, stay: null, before: null, prices: null } as const;

/** What the sentence about a decision is about. */
export function subjectOf(decision: Composed): Subject {
  const { cause, findings, at } = decision;
  if (decision.kind !== 'move') return { ...noSwitch, cause, findings, at, stay: decision };
  const { to, tested, prices } = decision;
  return { ...noSwitch, cause, findings, at, to: to.mirror, fromMs: tested?.fromMs ?? null, tested, prices };
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
  const [tally, other] = [view.tallyOf(at.name), to === null ? new Tally() : view.tallyOf(to.name)];
  const apartBy = (weight: Weight): Apart | null =>
    apartOf(tally.samples[weight], other.samples[weight], {
      sinceMs: fromMs ?? Number.NEGATIVE_INFINITY,
      nearMs: weight === 'light' ? view.nearMs : Number.POSITIVE_INFINITY,
      most: comparedMost[fromMs === null ? 'undated' : weight],
    });
  // Earlier responses may be as slow if the start of the evidence is unknown, or if the slowness is a finding.
  const isOfTime = ({ kind, state }: Finding): boolean => state === 'open' && kindTraits[kind].advice?.costs === 'time';
  const isUsualKnown = fromMs !== null && view.standingOf(at.name)?.findings.some(isOfTime) !== true;
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
    usualFetchMs: () => prices?.to.timeMs ?? fetchTimeMs(group.contest.records.get(to?.name ?? ''), by, usualMeans),
    last: to === null ? null : lastChoiceOf(view, to),
    rest: () => {
      const { departures, lastMs } = group.moves;
      const dueMs = (lastMs ?? now.monotonicMs) + waitMs(departures, view.config.advise.holdMs, now.monotonicMs);
      return { ms: Math.max(0, dueMs - now.monotonicMs), good: countGoodLeft(group.contest.health) };
    },
  };
}

function usualMs(light: readonly TallySample[], beforeMs: number): number | null {
  const times = light.filter((one) => one.tag === 'ok' && !one.cold && one.atMs < beforeMs).map((one) => one.tookMs);
  return times.length < usualMin ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

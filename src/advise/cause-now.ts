import { type CauseKind, isSlowness } from '../core/advice.ts';
import { type Apart, isClearlySlower } from './apart.ts';
import { gain } from './comparison/rank.ts';
import type { Grounds, Subject } from './grounds.ts';
import type { Prepared } from './prepare.ts';
import type { Trouble } from './trouble.ts';

/** What the measurements say now about the cause of an advice. Times are milliseconds. */
export type CauseNow =
  /** The cause alone says what is wrong (wrong bytes, lag, a wait that the mirror set), or an alert of others does. */
  | { readonly kind: 'given' | 'objective' }
  /** Requests fail. */
  | { readonly kind: FailingKind; readonly trouble: Failing }
  /** The mirror to leave is slower than the advised one: `slow` if it became slower, else `faster`. */
  | { readonly kind: 'slow' | 'faster' | 'throughput'; readonly apart: Apart }
  /** It is not slower any more; the times of a fetch if they were compared, else of a request. */
  | { readonly kind: 'as_fast'; readonly hereMs: number; readonly thereMs: number }
  /** It responds again: `count` good responses since `fromMs`, monotonic. */
  | { readonly kind: 'recovered'; readonly count: number; readonly fromMs: number };

type FailingKind = Exclude<Trouble['kind'], 'none'>;
export type Failing = Extract<Trouble, { kind: FailingKind }>;

/**
 * If the switch of an earlier decision saves a smaller share of the time of a fetch, the mirror to leave is no longer
 * slow. `again`: after it was found no longer slow.
 */
const leastGains = { first: 0.05, again: 0.1 } as const;

/** With fewer compared responses, a mirror is not found as fast as the other. */
const roundsMin = 3;

/** A mirror became slower if it takes more than `becameSlower` × its usual time. */
const becameSlower = 1.5;

/**
 * True if the newest responses show no slowness any more: neither the requests nor a whole fetch. A test of times lags
 * behind them.
 */
export function isOverNow(view: Pick<Prepared, 'groundsOf'>, decided: Subject): boolean {
  const subject = { ...decided, tested: null, prices: null };
  const on = view.groundsOf(subject);
  const { here, there } = on.fetchMs;
  const isAsCheap = here === null || there === null || gain(here, there) < leastGains.first;
  return isAsCheap && causeNowOf(subject, on)?.kind === 'as_fast';
}

/** What the measurements say about the cause of an advice; `null`: too little is measured. */
export function causeNowOf(subject: Subject, on: Grounds): CauseNow | null {
  const { cause } = subject;
  const { trouble } = on;
  if (isGiven(subject, on)) return { kind: 'given' };
  if (trouble === null) return null;
  if (cause === 'slo' && trouble.kind !== 'all') return { kind: 'objective' };
  const failing = trouble.kind === 'none' ? null : { kind: trouble.kind, trouble };
  if (failing !== null && !(trouble.kind === 'share' && isSlowness(cause))) return failing;
  const slow = slowNowOf(subject, on);
  if (slow !== null || failing !== null) return slow ?? failing;
  if (isSlowness(cause) || trouble.kind !== 'none') return null;
  return { kind: 'recovered', count: trouble.count, fromMs: trouble.fromMs };
}

/** True if requests to the mirror to leave do not fail and are not slow now, although its outages may repeat. */
export function isGone({ kind }: CauseNow): boolean {
  return kind === 'as_fast' || kind === 'recovered';
}

/** True if no measurement is needed to say what is wrong. */
function isGiven({ cause, stay, findings: [finding] }: Subject, on: Grounds): boolean {
  if (cause === 'mismatch' || cause === 'lag' || cause === 'failback') return true;
  if (stay !== null && cause === 'outage' && finding === undefined) return true;
  return cause === 'refusal' && on.throttledUntilMs > on.now.wallMs;
}

function slowNowOf({ cause, to, tested, before, prices }: Subject, on: Grounds): CauseNow | null {
  const { apart, usualMs, fetchMs } = on;
  if (apart === null || to === null) return null;
  const { here, there } = fetchMs;
  const leastGain = before === 'as_fast' ? leastGains.again : leastGains.first;
  const isAsCheap = prices === null && here !== null && there !== null && gain(here, there) < leastGain;
  const isSlower = apart === tested || isClearlySlower(apart);
  if (isAsCheap || !isSlower) {
    if (!isSlower && apart.rounds < roundsMin) return null;
    const [hereMs, thereMs] = isAsCheap && isSlower ? [here, there] : [apart.hereMs, apart.thereMs];
    return isSlowness(cause) ? { kind: 'as_fast', hereMs, thereMs } : null;
  }
  return { kind: cause === 'throughput' ? cause : slowKindOf(before, apart, usualMs), apart };
}

function slowKindOf(before: CauseKind | null, { hereMs }: Apart, usualMs: number | null): 'slow' | 'faster' {
  const hasChanged = usualMs === null ? before !== 'faster' : hereMs > becameSlower * usualMs;
  return hasChanged ? 'slow' : 'faster';
}

import { isNamedBefore, isTimeout, type Reason } from '../core/failure.ts';
import { isHeavy, refTextOf, type Step, type Target, type Weight } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import { quantileOf } from '../core/statistics.ts';
import type { RelayState } from '../ecosystems/client.ts';
import { clientTimeOf } from './comparison/walk.ts';

/** The number of canary samples kept: enough for `limits.measuredPaces` intervals and several confirming rounds. */
const entriesKept = 160;
const samplesKept = { light: 120, heavy: 30 } as const;

/** One settled sample. `atMs`: its start, monotonic milliseconds. `tookMs` of a timeout is the limit. */
export interface TallyEntry {
  readonly atMs: number;
  readonly tag: 'ok' | 'failed';
  readonly reason: Reason | null;
  readonly status: number | null;
  readonly tookMs: number;
  /** True for a time above the spike threshold, and for a timeout. */
  readonly slow: boolean;
  /** True for the first fetch of a pull-through cache, which takes longer. */
  readonly cold: boolean;
  /** The confirming round of the sample, as `<round>/<moment>`; `null`: it was in no such round. */
  readonly round: string | null;
}

export interface TallySample extends TallyEntry {
  readonly target: Target;
}

/** Failures in a row. */
export interface TallyRow {
  count: number;
  readonly fromMs: number;
  /** The reason of the failure that names the trouble, and the HTTP status of its response; `null`: no response. */
  reason: Reason;
  status: number | null;
  /** `timeouts`: the number of timeouts. `waitedMs`: the longest of them, milliseconds. */
  timeouts: number;
  waitedMs: number;
  hasCanary: boolean;
  readonly targets: Set<string>;
}

const noFailures = { count: 0, timeouts: 0, waitedMs: 0, hasCanary: false } as const;

/**
 * Whether a mirror offers the relay, which passes requests on to another service (Go: the checksum database). `before`:
 * the state to restore if not only the relay but the whole mirror failed at `failedAtMs`.
 */
interface Relay {
  state: RelayState;
  before: RelayState;
  failedAtMs: number | null;
}

/** The samples of one mirror. Lists are bounded. */
export class Tally {
  /** `module@version` of the canary. If it changes, `canary` is emptied. */
  module: string | null = null;
  canary: TallyEntry[] = [];
  readonly relay: Relay = { state: 'unknown', before: 'unknown', failedAtMs: null };
  readonly samples: Readonly<Record<Weight, TallySample[]>> = { light: [], heavy: [] };
  readonly rows: Record<Weight, TallyRow | null> = { light: null, heavy: null };
}

type TallyRule = { readonly nearMs: number; readonly relayStep: Step | undefined; readonly fetch: readonly Step[] };

/**
 * Records a settled sample of the canary, of the relay or of a step of a fetch, if it is over a fresh connection. A
 * relay is a mirror's offer to pass on requests to the checksum database.
 * @param by.nearMs     failures of canary and relay within this time are one failure of the mirror, milliseconds
 * @param by.relayStep  the step that probes the relay; absent: clients need no relay
 * @param by.fetch      the steps of a fetch
 */
export function recordTally(tally: Tally, sample: SettledSample, by: TallyRule): void {
  const { target, connection, purpose } = sample.due;
  if (sample.outcome.tag === 'unknown' || connection !== 'cold' || purpose === 'peek') return;
  if (target.step === by.relayStep) recordRelay(tally, sample, by.nearMs);
  const entry: TallySample = { ...entryOf(sample), target };
  if (target.canary) recordCanary(tally, entry, by.nearMs);
  if (purpose !== 'once' && by.fetch.includes(target.step)) recordOfFetch(tally, entry);
}

function recordCanary(tally: Tally, entry: TallySample, nearMs: number): void {
  const { relay } = tally;
  const module = refTextOf(entry.target);
  if (tally.module !== module) {
    tally.module = module;
    tally.canary = [];
  }
  insert(tally.canary, entry);
  const isWhole = relay.failedAtMs !== null && Math.abs(relay.failedAtMs - entry.atMs) <= nearMs;
  if (isWhole && entry.tag === 'failed') relay.state = relay.before;
}

function recordOfFetch(tally: Tally, entry: TallySample): void {
  const { target } = entry;
  const weight = isHeavy(target) ? 'heavy' : 'light';
  const samples = tally.samples[weight];
  samples.push(entry);
  if (samples.length > samplesKept[weight]) samples.shift();
  const { reason, status } = entry;
  if (reason === null) {
    tally.rows[weight] = null;
    return;
  }
  tally.rows[weight] ??= { ...noFailures, fromMs: entry.atMs, reason, status, targets: new Set() };
  const row = tally.rows[weight];
  row.count += 1;
  if (!isNamedBefore(row.reason, { reason, isConfirm: entry.round !== null })) {
    row.reason = reason;
    row.status = status;
  }
  row.hasCanary ||= target.canary;
  row.targets.add(target.id);
  if (!isTimeout(reason)) return;
  row.timeouts += 1;
  row.waitedMs = Math.max(row.waitedMs, entry.tookMs);
}

/** Since when all samples of a mirror are stored, monotonic milliseconds: a full list has dropped its oldest ones. */
export function completeFromMs(samples: Tally['samples']): number {
  const weights = ['light', 'heavy'] as const;
  const full = weights.filter((weight) => samples[weight].length >= samplesKept[weight]);
  return Math.max(...full.map((weight) => samples[weight][0]?.atMs ?? Number.NEGATIVE_INFINITY));
}

function entryOf(sample: SettledSample): TallyEntry {
  const { outcome, due } = sample;
  const failure = outcome.tag === 'failed' ? outcome.failure : null;
  const timedOut = failure !== null && isTimeout(failure.kind);
  const elapsed = clientTimeOf(sample);
  const tookMs = failure !== null && 'limitMs' in failure ? failure.limitMs : elapsed;
  const overThreshold =
    outcome.tag === 'ok' && !sample.cold && sample.thresholdMs !== null && tookMs > sample.thresholdMs;
  return {
    atMs: sample.startedMonotonicMs,
    tag: outcome.tag === 'ok' ? 'ok' : 'failed',
    reason: failure?.kind ?? null,
    status: sample.status,
    tookMs,
    slow: timedOut || overThreshold,
    cold: sample.cold,
    round: due.round === null || due.purpose !== 'confirm' ? null : `${due.round.id}/${due.round.moment}`,
  };
}

function insert(series: TallyEntry[], entry: TallyEntry): void {
  series.splice(series.findLastIndex(({ atMs }) => atMs <= entry.atMs) + 1, 0, entry);
  if (series.length > entriesKept) series.splice(0, series.length - entriesKept);
}

function recordRelay(tally: Tally, sample: SettledSample, nearMs: number): void {
  const { relay } = tally;
  if (sample.outcome.tag === 'ok') {
    relay.state = sample.facts.notOffered === true ? 'none' : 'offers';
    relay.failedAtMs = null;
    return;
  }
  const last = tally.canary.at(-1);
  const whole = last !== undefined && last.tag === 'failed' && sample.startedMonotonicMs - last.atMs <= nearMs;
  if (whole) return;
  if (relay.failedAtMs === null) relay.before = relay.state;
  relay.state = 'broken';
  relay.failedAtMs = sample.startedMonotonicMs;
}

/**
 * A quantile of the times of successes and timeouts, without first fetches of pull-through caches, milliseconds;
 * `null`: no such time.
 */
export function timeMsOf(entries: readonly TallyEntry[], q: 0.5 | 0.95): number | null {
  const times = entries.filter(({ cold, tag, slow }) => !cold && (tag === 'ok' || slow)).map(({ tookMs }) => tookMs);
  return quantileOf(times, q);
}

/** True for a failure that a mirror passes on from its upstream. */
export function isUpstreamFault(entry: TallyEntry): boolean {
  if (entry.reason === 'masked_upstream') return true;
  return entry.reason === 'server' && (entry.status === 502 || entry.status === 504);
}

import { reasonWeight } from '../../core/failure.ts';
import type { Without } from '../../core/judge-rules.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

const minuteMs = 60_000;

/** The rate of our requests to a mirror, and the 429s that this rate caused. Times are monotonic milliseconds. */
export class Density {
  /**
   * The probes of the last minute by their start. Older probes are removed when a probe is added. `isExtra`: the probe
   * is part of a confirming round or of a build (several probes at once over one HTTP/2 connection).
   */
  requests: { readonly atMs: number; readonly isExtra: boolean; readonly isConfirm: boolean }[] = [];
  /**
   * Confirming rounds probe the mirror only if it got fewer probes than this in the last minute; `null`: our rate has
   * caused no 429 yet.
   */
  most: number | null = null;
  /**
   * The highest number of requests in one minute after which a request succeeded, since the last 429 that our rate
   * caused.
   */
  tolerated: number = 0;
  /**
   * The end of the last wait that the mirror requested (`Retry-After`), at most `limits.throttleMsMax` after the
   * response.
   */
  waitUntilMs: number = Number.NEGATIVE_INFINITY;
  /** A 429 before this time counts as caused by our rate. */
  oursUntilMs: number = Number.NEGATIVE_INFINITY;
  /** True if our rate caused the last 429 and no ok response came after the wait that followed. */
  isOurs: boolean = false;
  /** When the mirror last served a request, monotonic milliseconds. */
  servedMs: number = Number.NEGATIVE_INFINITY;
  /** Whose request rate explains the 503 with `Retry-After` that it has sent since; `null`: it has sent none. */
  busyBy: 'us' | 'others' | null = null;
  /** When the mirror last refused a request at the usual rate, without a word about the rate. */
  refusedMs: number = Number.NEGATIVE_INFINITY;
}

interface Dense {
  readonly density: Density;
}

export function mayBeProbedMore({ density }: Dense, nowMs: number): boolean {
  const { most, requests } = density;
  return most === null || requests.filter(({ atMs }) => atMs > nowMs - minuteMs).length < most;
}

/**
 * Ends the time in which each 429 counts as caused by our rate, for example because a real client failed at the mirror.
 */
export function clearPaceWait({ density }: Dense): void {
  density.isOurs = false;
  density.oursUntilMs = Number.NEGATIVE_INFINITY;
}

/**
 * Our request rate explains a 429 only if at least this many probes of rounds and builds started in the minute before.
 */
const extraMin = 3;
const toleratedShare = 0.9;
/** After a 429 that our request rate caused, later 429s count as caused by our rate for at most this long. */
const oursMsMax = 20 * minuteMs;
/** The time in which later refusals count as caused by our rate, if the response has no `Retry-After`. */
const unstatedWaitMs = 30_000;
/**
 * After a 429 that our request rate caused, confirming rounds get a new limit of probes per minute for this mirror. The
 * limit is this fraction of the requests in the minute before the 429, but at least `restMin`.
 */
const restShare = 0.5;
const restMin = 6;

export function recordRequest({ density }: Dense, { due, outcome, startedMonotonicMs }: Sample): void {
  density.requests = density.requests.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  if (isServed(outcome)) density.tolerated = Math.max(density.tolerated, density.requests.length);
  const isConfirm = due.purpose === 'confirm';
  density.requests.push({ atMs: startedMonotonicMs, isExtra: isConfirm || due.purpose === 'build', isConfirm });
}

/** True if the mirror accepted the request. Wrong bytes show too that it did not refuse our rate. */
function isServed(outcome: Sample['outcome']): boolean {
  return outcome.tag === 'ok' || (outcome.tag === 'failed' && reasonWeight[outcome.failure.kind] === 'content');
}

/**
 * True for a refusal that our own request rate explains. Also updates the record of this rate.
 * @see docs/detection.md#rules-of-findings
 */
export function isRefusedForPace({ density }: Dense, sample: Sample, nowMs: number, without: Without): boolean {
  const { outcome, startedMonotonicMs } = sample;
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') {
    if (isServed(outcome) && !isWaiting(density, nowMs)) density.isOurs = false;
    return false;
  }
  if (isWaiting(density, nowMs)) return true;
  const before = requestsBefore(density, startedMonotonicMs);
  const isOurs = isDense(density, startedMonotonicMs);
  const waitMs = outcome.failure.retryAfterMs ?? (isOurs && !without.has('own-burst') ? unstatedWaitMs : 0);
  density.isOurs = waitMs > 0 && isOurs;
  density.waitUntilMs = Math.max(density.waitUntilMs, nowMs + Math.min(waitMs, limits.throttleMsMax));
  if (!density.isOurs) return false;
  density.oursUntilMs = nowMs + Math.min(waitMs, oursMsMax);
  density.most = Math.max(restMin, Math.floor(restShare * before.length));
  density.tolerated = 0;
  return true;
}

/**
 * A mirror that has refused a request at the usual rate in this time, milliseconds, fails by itself. So our confirming
 * probes do not explain its later refusals, unless they say that they are about the rate.
 */
const refusedMsKept = 30 * minuteMs;

/** The statuses by which a server refuses requests for their rate; nginx sends 503 without `Retry-After`. */
const paceStatuses: ReadonlySet<number> = new Set([429, 503]);

/** The status of a refusal that a request rate may explain; `null`: the outcome is another one. */
function refusalStatusOf({ outcome }: Sample): number | null {
  if (outcome.tag !== 'failed' || !('status' in outcome.failure)) return null;
  return paceStatuses.has(outcome.failure.status) ? outcome.failure.status : null;
}

/**
 * Returns a sample as it counts if its status can be a refusal for the request rate:
 * - If our own request rate explains the refusal, it is a throttling response.
 * - Else, a 503 with `Retry-After` is a failure of the server, unless the mirror has served another request since its
 *   last such 503, and in the last minute. A cache whose server is dead sends 503 with `Retry-After` to every request.
 * @see docs/decisions/0217-refusals-after-our-own-burst.md
 */
export function withServerFailure({ density }: Dense, sample: Sample, without: Without): Sample {
  const { outcome, startedMonotonicMs, endedMonotonicMs } = sample;
  if (isServed(outcome)) {
    density.servedMs = endedMonotonicMs;
    density.busyBy = null;
  }
  const status = refusalStatusOf(sample);
  if (outcome.tag !== 'failed' || status === null) return sample;
  const isFirst = density.busyBy === null && endedMonotonicMs - density.servedMs <= minuteMs;
  // Probes of rounds that follow a refusal do not explain it.
  const { kind } = outcome.failure;
  const isStated = kind === 'throttled';
  if (!isStated && without.has('own-burst')) return sample;
  const isByItself =
    density.busyBy === 'others' || (!isStated && startedMonotonicMs - density.refusedMs <= refusedMsKept);
  const isOurs =
    (!isByItself && isDense(density, startedMonotonicMs, isStated)) || isWaiting(density, endedMonotonicMs);
  density.busyBy = isOurs ? 'us' : 'others';
  const isUsual = !isStated && !requestsBefore(density, startedMonotonicMs).some(({ isConfirm }) => isConfirm);
  if (!isOurs && isUsual) density.refusedMs = endedMonotonicMs;
  if (density.busyBy === 'us') {
    const failure = { kind: 'throttled', status, retryAfterMs: sample.retryAfterMs } as const;
    return isStated ? sample : { ...sample, outcome: { tag: 'failed', failure } };
  }
  if (isFirst || !isStated || status !== 503) return sample;
  return { ...sample, outcome: { tag: 'failed', failure: { kind: 'server', status } } };
}

/**
 * Our requests in the minute before `startedMs`. Requests before a wait do not explain a 429 after the wait: the mirror
 * knew of these requests when it sent the `Retry-After` of that wait.
 */
function requestsBefore({ requests, waitUntilMs }: Density, startedMs: number) {
  const fromMs = Math.max(startedMs - minuteMs, waitUntilMs);
  return requests.filter(({ atMs }) => atMs >= fromMs && atMs < startedMs);
}

/**
 * True if our request rate explains a refusal: it has many probes of rounds, and the mirror accepted no higher rate
 * before.
 * @param isStated  the response says that it is about the rate (429, `Retry-After`). Else only confirming probes explain
 *                  it, and only at a higher rate than any that the mirror accepted
 */
function isDense(density: Density, startedMs: number, isStated = true): boolean {
  const before = requestsBefore(density, startedMs);
  const isMore = isStated ? before.length >= toleratedShare * density.tolerated : before.length > density.tolerated;
  return isMore && before.filter((one) => (isStated ? one.isExtra : one.isConfirm)).length >= extraMin;
}

function isWaiting({ oursUntilMs }: Density, nowMs: number): boolean {
  return nowMs < oursUntilMs;
}

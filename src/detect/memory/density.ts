import { reasonWeight } from '../../core/failure.ts';
import type { Without } from '../../core/judge-rules.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';

const minuteMs = 60_000;

/** The rate of our requests to a mirror, and the refusals that this rate caused. Times are monotonic milliseconds. */
export class Density {
  /**
   * The probes of the last minute by their start. Older probes are removed when a probe is added. `isExtra`: the probe
   * is part of a confirming round or of a build (several probes at once over one HTTP/2 connection). `isServed`: the
   * mirror accepted it, and not slowly.
   */
  requests: {
    readonly atMs: number;
    readonly isExtra: boolean;
    readonly isConfirm: boolean;
    readonly isServed: boolean;
  }[] = [];
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
  /** True if our rate caused the last refusal and no ok response came after the wait that followed. */
  isOurs: boolean = false;
  /** When the mirror last served a request, monotonic milliseconds. */
  servedMs: number = Number.NEGATIVE_INFINITY;
  /** Whose request rate explains the 503 with `Retry-After` that it has sent since; `null`: it has sent none. */
  busyBy: 'us' | 'others' | null = null;
  /** When the mirror last refused a request at the usual rate, without a word about the rate, by the form of the refusal. */
  readonly refusedMs = new Map<string, number>();
  /** Refusals before this time count as caused by our rate, although they do not say that they are about the rate. */
  burstUntilMs: number = Number.NEGATIVE_INFINITY;
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
  density.burstUntilMs = Number.NEGATIVE_INFINITY;
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
/** The same after refusals by which a server bans an address: some ban for a minute. */
const banWaitMs = 75_000;
/** Refusals that end once fewer requests come: those of nginx's bucket. */
const bucketForms: ReadonlySet<string> = new Set(['503', 'reset', 'cut', 'slow']);
/**
 * After a 429 that our request rate caused, confirming rounds get a new limit of probes per minute for this mirror. The
 * limit is this fraction of the requests in the minute before the 429, but at least `restMin`.
 */
const restShare = 0.5;
const restMin = 6;

/**
 * Records a probe in the rate of our requests.
 * @param isSlow  the response took much longer than usual, so the mirror may have delayed it for its rate
 */
export function recordRequest({ density }: Dense, { due, outcome, startedMonotonicMs }: Sample, isSlow: boolean): void {
  density.requests = density.requests.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  const isGood = isServed(outcome) && !isSlow;
  if (isGood) density.tolerated = Math.max(density.tolerated, density.requests.length);
  const isConfirm = due.purpose === 'confirm';
  const isExtra = isConfirm || due.purpose === 'build';
  density.requests.push({ atMs: startedMonotonicMs, isExtra, isConfirm, isServed: isGood });
}

/** True if the mirror accepted the request. Wrong bytes show too that it did not refuse our rate. */
function isServed(outcome: Sample['outcome']): boolean {
  return outcome.tag === 'ok' || (outcome.tag === 'failed' && reasonWeight[outcome.failure.kind] === 'content');
}

/**
 * True for a refusal or a delay that our own request rate explains. Also updates the record of this rate.
 * @see docs/detection.md#rules-of-findings
 */
export function isRefusedForPace(
  { density }: Dense,
  sample: Sample,
  { nowMs, isSlow, without }: { readonly nowMs: number; readonly isSlow: boolean; readonly without: Without },
): boolean {
  const { outcome, startedMonotonicMs } = sample;
  if (sample.isOfPace === true) return true;
  if (isSlow && isServed(outcome) && isOfOwnBurst(density, sample, 'slow', without)) return true;
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
  slowDown(density, before.length);
  return true;
}

/**
 * A mirror that has refused a request in some form at the usual rate in this time, milliseconds, does so by itself. So
 * our confirming probes do not explain its later refusals of this form, unless they say that they are about the rate.
 * Each of these later refusals starts this time again.
 */
const refusedMsKept = 30 * minuteMs;

/**
 * The statuses by which servers refuse requests for their rate without a word about it: nginx sends 503, or what
 * `limit_req_status` says; firewalls for web servers send 403; 420, 509 and 529 are of some services.
 */
const paceStatuses: ReadonlySet<number> = new Set([403, 418, 420, 503, 509, 529]);

/**
 * Failures without a complete response by which servers refuse requests for their rate (nginx: 444). Without a connection
 * or any response, the mirror is more probably down.
 */
const paceReasons: ReadonlySet<string> = new Set(['reset', 'cut']);

/** The form of a refusal that does not say that it is about the rate; `null`: the outcome is another one. */
function formOf({ outcome }: Sample): string | null {
  if (outcome.tag !== 'failed') return null;
  const { failure } = outcome;
  if (failure.kind === 'policy') return null;
  if ('status' in failure) return paceStatuses.has(failure.status) ? String(failure.status) : null;
  // A limiter may delay a response beyond the time limit of the probe.
  if (failure.kind === 'timeout_processing') return 'slow';
  return paceReasons.has(failure.kind) ? failure.kind : null;
}

/**
 * Returns a sample as it counts:
 * - A refusal that our own confirming probes explain is no evidence. With a status, it is a throttling response.
 * - A 503 with `Retry-After` that our own request rate does not explain is a failure of the server, unless the mirror has
 *   served another request since its last such 503, and in the last minute. A cache whose server is dead sends 503 with
 *   `Retry-After` to every request.
 * @see docs/decisions/0217-refusals-after-our-own-burst.md
 */
export function asOfPace({ density }: Dense, sample: Sample, without: Without): Sample {
  const { outcome, endedMonotonicMs, status, retryAfterMs } = sample;
  if (isServed(outcome)) {
    density.servedMs = endedMonotonicMs;
    density.busyBy = null;
  }
  if (outcome.tag === 'failed' && outcome.failure.kind === 'throttled')
    return asServerFailure(density, sample, without);
  const form = formOf(sample);
  if (form === null || !isOfOwnBurst(density, sample, form, without)) return sample;
  if (status === null || !paceStatuses.has(status)) return { ...sample, isOfPace: true };
  return { ...sample, outcome: { tag: 'failed', failure: { kind: 'throttled', status, retryAfterMs } } };
}

function asServerFailure(density: Density, sample: Sample, without: Without): Sample {
  const { startedMonotonicMs, endedMonotonicMs, status } = sample;
  const isFirst = density.busyBy === null && endedMonotonicMs - density.servedMs <= minuteMs;
  // Probes of rounds that follow a refusal do not explain it.
  const mayBeOurs = density.busyBy !== 'others' && isDense(density, startedMonotonicMs);
  density.busyBy = mayBeOurs || isWaiting(density, endedMonotonicMs) ? 'us' : 'others';
  if (density.busyBy === 'us' || isFirst || status !== 503 || without.has('busy-503')) return sample;
  return { ...sample, outcome: { tag: 'failed', failure: { kind: 'server', status } } };
}

/**
 * True for a refusal or a delay that does not say that it is about the rate, but that our own confirming probes explain.
 * Rounds at this mirror then become slower.
 */
function isOfOwnBurst(density: Density, sample: Sample, form: string, without: Without): boolean {
  const { startedMonotonicMs: startMs, endedMonotonicMs: endMs } = sample;
  if (without.has('own-burst')) return false;
  const isByItself = startMs - (density.refusedMs.get(form) ?? Number.NEGATIVE_INFINITY) <= refusedMsKept;
  if (!isByItself && endMs < density.burstUntilMs) return true;
  const before = requestsBefore(density, startMs);
  const isMore = before.length > density.tolerated;
  const isUsual = !before.some(({ isConfirm }) => isConfirm) || (form === 'slow' && !isMore);
  if (isByItself || isUsual) density.refusedMs.set(form, endMs);
  // A single late response may be chance: a limiter delays the next one too.
  if (form === 'slow' && before.at(-1)?.isServed === true) return false;
  if (isByItself || !isMore || before.filter((one) => one.isConfirm && one.isServed).length < extraMin) return false;
  density.isOurs = true;
  density.burstUntilMs = endMs + (bucketForms.has(form) ? unstatedWaitMs : banWaitMs);
  density.oursUntilMs = Math.max(density.oursUntilMs, density.burstUntilMs);
  density.waitUntilMs = Math.max(density.waitUntilMs, density.burstUntilMs);
  slowDown(density, before.length);
  return true;
}

/** Makes rounds at the mirror slower than `requests` a minute. */
function slowDown(density: Density, requests: number): void {
  density.most = Math.max(restMin, Math.floor(restShare * requests));
  density.tolerated = 0;
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
 * True if our request rate explains a refusal that says that it is about the rate: many of our requests were those of
 * rounds or builds, and the mirror accepted no clearly higher rate before.
 */
function isDense(density: Density, startedMs: number): boolean {
  const before = requestsBefore(density, startedMs);
  const extra = before.filter(({ isExtra }) => isExtra).length;
  return extra >= extraMin && before.length >= toleratedShare * density.tolerated;
}

function isWaiting({ oursUntilMs }: Density, nowMs: number): boolean {
  return nowMs < oursUntilMs;
}

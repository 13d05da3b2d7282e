import type { Asked, Ground } from './answer.ts';
import { failingMs } from './answer.ts';
import { type Effect, levelOf, openShare } from './effect.ts';
import { dailyFactor, retransmitMeanMs, stepNumber, stepOrder } from './mirror-model.ts';
import { normalShareBelow } from './normal.ts';
import type { Felt } from './places.ts';

/** The expected result of one fetch from one mirror. Each share is of all fetches, 0 to 1. */
export interface FetchTruth {
  good: number;
  /** The share that fails with 404 or 410: clients then try the next member, also after `,`. */
  absent: number;
  /** The share with wrong bytes: clients then try no other member. */
  poisoned: number;
  /** The mean time of a fetch, good or failed, milliseconds. */
  meanMs: number;
}

/** A client gives up a fetch that takes longer, milliseconds. */
export const fetchLimitMs = 60_000;
/** The time that a client loses by a fetch without a response, milliseconds. */
export const hangMs = 30_000;
/** The time that a client loses when it tries the other address family, milliseconds. */
const familyFallbackMs = 300;
/** The share of random failures (`byChance`) that never get a response. */
const hangingByChance = 0.2;

const branchLimit = 16;
const odds = new Float64Array(branchLimit);
const factors = new Float64Array(branchLimit);
const adds = new Float64Array(branchLimit);
const rates = new Float64Array(branchLimit);
let branches = 0;

/**
 * Sets `into` to the expected result of a fetch at `atMs`, without faults of the daemon's own network. `place` is the
 * number of the question, `bytes` the size of its body.
 */
export function fetchTruth(asked: Asked, place: number, bytes: number, ground: Ground, atMs: number, into: FetchTruth) {
  const mirror = asked.mirror;
  into.good = 0;
  into.absent = 0;
  into.poisoned = 0;
  into.meanMs = 0;
  branches = 1;
  odds[0] = 1;
  factors[0] = dailyFactor(mirror, atMs);
  adds[0] = mirror.missShare * mirror.missMs + mirror.retransmitShare * retransmitMeanMs;
  rates[0] = mirror.bytesPerSecond;
  const usualFactor = (factors[0] ?? 1) * Math.exp((mirror.sigma * mirror.sigma) / 2);
  let alive = 1;
  for (let i = 0; i < asked.felt.length; i += 1) {
    const felt = asked.felt[i];
    if (felt === undefined || atMs < felt.fromMs || atMs >= felt.toMs || felt.covers[place] === 0) continue;
    const failing = felt.effect.failing;
    const share = shareOf(felt, atMs);
    if (share <= 0) continue;
    if (failing === undefined) {
      delay(felt.effect, share, levelOf(felt.effect, atMs));
    } else if (failing.family !== null && mirror.families === 'both') {
      for (let b = 0; b < branches; b += 1) adds[b] = (adds[b] ?? 0) + familyFallbackMs * share;
    } else {
      const lost = alive * share;
      alive -= lost;
      if (failing.status === 404 || failing.status === 410) into.absent += lost;
      if (failing.reason === 'mismatch') into.poisoned += lost;
      into.meanMs += lost * Math.min(hangMs, failingMs(mirror, failing) * usualFactor);
    }
  }
  const byChance = alive * mirror.failureShare;
  into.meanMs += byChance * (hangingByChance * hangMs + (1 - hangingByChance) * 3 * mirror.rttMs * usualFactor);
  alive -= byChance;
  const step = stepOrder[Math.floor(place / (ground.places.moduleNumbers.size + 1))] ?? 'mod';
  const headMs = 3 * mirror.rttMs + mirror.processingMs[step];
  const zipBytes = step === stepOrder[stepNumber.zip] ? bytes : 0;
  for (let b = 0; b < branches; b += 1) answered(b, headMs, zipBytes, alive, mirror.sigma, into);
}

function shareOf(felt: Felt, atMs: number): number {
  const effect = felt.effect;
  let share = effect.share ?? 1;
  if (effect.failing !== undefined && effect.shape !== undefined) share *= levelOf(effect, atMs);
  if (effect.gate !== undefined) share *= openShare(effect.gate, atMs - felt.fromMs, felt.salt);
  return Math.min(1, share);
}

/** Splits every branch of responses into those with the delay and those without it. */
function delay(effect: Effect, share: number, level: number) {
  const count = branches;
  if (share < 1 && count * 2 > branchLimit) throw new RangeError('too many partial delays at once');
  for (let b = 0; b < count; b += 1) {
    const felt = share < 1 ? count + b : b;
    if (felt !== b) {
      odds[felt] = (odds[b] ?? 0) * share;
      odds[b] = (odds[b] ?? 0) * (1 - share);
    }
    factors[felt] = (factors[b] ?? 1) * (effect.factor ?? 1) ** level;
    adds[felt] = (adds[b] ?? 0) + (effect.addMs ?? 0) * level;
    rates[felt] = Math.min(rates[b] ?? 1, effect.bytesPerSecond ?? Number.POSITIVE_INFINITY);
  }
  if (share < 1) branches = count * 2;
}

/** Adds the responses of branch `b` to `into`. Responses later than the client's limit are failures at the limit. */
function answered(b: number, headMs: number, bytes: number, alive: number, sigma: number, into: FetchTruth) {
  const weight = alive * (odds[b] ?? 0);
  const medianMs = (headMs + (bytes / (rates[b] ?? 1)) * 1000) * (factors[b] ?? 1);
  const addMs = adds[b] ?? 0;
  const meanMs = medianMs * Math.exp((sigma * sigma) / 2);
  const leftMs = fetchLimitMs - addMs;
  // Only one response in 30 000 is more than four standard deviations above the median, so those are ignored here.
  if (medianMs * Math.exp(4 * sigma) <= leftMs) {
    into.good += weight;
    into.meanMs += weight * (meanMs + addMs);
    return;
  }
  const z = leftMs <= 0 ? -100 : Math.log(leftMs / medianMs) / Math.max(sigma, 1e-6);
  const inTime = normalShareBelow(z);
  into.good += weight * inTime;
  into.meanMs += weight * (meanMs * normalShareBelow(z - sigma) + addMs * inTime + fetchLimitMs * (1 - inTime));
}

import { questionOf } from '../core/mirror.ts';
import { noiseMs } from './comparison/rank.ts';
import type { TallySample } from './tally.ts';

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

type ApartRule = { readonly sinceMs: number; readonly nearMs: number; readonly most: number };

/** Compares the newest good responses of two mirrors to the same requests; `null`: there is no pair of responses. */
export function apartOf(here: readonly TallySample[], there: readonly TallySample[], rule: ApartRule): Apart | null {
  let [rounds, hereMs, thereMs, fromMs] = [0, 0, 0, 0];
  for (let i = here.length - 1; i >= 0 && rounds < rule.most; i -= 1) {
    const one = here[i];
    if (one === undefined || one.atMs < rule.sinceMs) break;
    if (one.tag !== 'ok' || one.cold) continue;
    const other = nearest(one, there);
    if (other === null || Math.abs(other.atMs - one.atMs) > rule.nearMs) continue;
    rounds += 1;
    hereMs += one.tookMs;
    thereMs += other.tookMs;
    fromMs = one.atMs;
  }
  return rounds === 0 ? null : { rounds, hereMs: hereMs / rounds, thereMs: thereMs / rounds, fromMs };
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

import type { Due } from '../core/due.ts';
import { isHeavy, questionOf } from '../core/mirror.ts';
import { nothingReceived, type SettledSample } from '../core/sample.ts';
import { type Group, headOf, type LateProbes } from './group.ts';
import { placeOf } from './observe.ts';
import { slowPeekMsOf } from './probing.ts';
import { dropEvidence, dropFailures } from './tests/contest.ts';
import { momentOf } from './tests/moments.ts';
import { besideMs } from './tests/patience.ts';
import type { View } from './view.ts';

/** Network time, added to the assumed patience of clients. Milliseconds. */
const wayMs = 250;
/** Requests before the timed one (a token, resolving a tag) may take this many times their last duration. */
const asideFactor = 2;

/** The minimum number of siblings that a pending download is compared with, and the interval in milliseconds. */
const siblingsMin = 2;
const siblingsMs = 1_000;

/** The maximum number of probes remembered per upstream as counted late. */
const countedKept = 100;

/**
 * When a pending probe of the head counts as bad without a response: once clients would have given up. This does not apply
 * to a target that never had a response, which may be a cache's first fetch, nor to light probes before the separator `|`.
 * @returns milliseconds from now; `null`: the probe is judged by its response only
 * @see docs/decisions/0056-long-waits.md
 */
export function lateInMs(view: View, due: Due, outMs: number): number | null {
  const { group, vantage } = view;
  const { probing, contest, late } = group;
  const { target, connection, purpose } = due;
  const { registry } = target;
  if (connection !== 'cold' || purpose === 'once' || purpose === 'build' || vantage.suspect === true) return null;
  if (headOf(group)?.name !== registry) return null;
  if (purpose === 'peek') {
    const slowMs = probing.peeks.head === registry && isHeavy(target) ? slowPeekMsOf(probing.peeks) : null;
    return slowMs === null ? null : slowMs + wayMs - outMs;
  }
  const weight = isHeavy(target) ? 'heavy' : 'light';
  if (!group.kind.fetch.includes(target.step)) return null;
  if (weight === 'light' && group.declared?.separators[0] === '|') return null;
  const question = questionOf(target);
  const wasAnswered =
    contest.moments.latest.get(question)?.has(registry) === true || probing.served.has(`${registry} ${question}`);
  const patience = contest.patience.get(registry);
  if (!wasAnswered || patience === undefined) return null;
  const asideMs = late.asides.get(`${registry} ${target.step}`) ?? 0;
  const moreMs = asideFactor * asideMs + wayMs - outMs;
  if (weight === 'light') return patience.light.limitMs + moreMs;
  const lateMs = Math.min(patience.heavy.limitMs, besideSiblings(group, due)) + moreMs;
  // A sibling's response may shorten the wait, so the caller computes it again after this interval.
  return Math.min(lateMs, siblingsMs);
}

/**
 * The maximum duration of a download, from the siblings' durations for the same artifact; infinity: too few siblings have
 * finished it. Milliseconds.
 */
function besideSiblings({ contest, roster }: Group, due: Due): number {
  const place = placeOf(due);
  const { around } = contest;
  const moment = around === null ? null : momentOf(contest.moments, place, around.paceMs(place.question));
  const took: number[] = [];
  let scatterMs = 0;
  for (const [name, reply] of moment?.replies ?? []) {
    if (name === place.registry || reply.tag !== 'ok') continue;
    took.push(reply.tookMs);
    const pair = contest.pairs.get(name);
    if (pair !== undefined) scatterMs = Math.max(scatterMs, Math.sqrt(pair.time.heavy.variance));
  }
  const enough = Math.min(siblingsMin, roster.mirrors.length - 1);
  return took.length === 0 || took.length < enough ? Number.POSITIVE_INFINITY : besideMs(took, scatterMs);
}

/** Drops recent evidence and held late probes: to be called when our network becomes suspect, and when that ends. */
export function clearEvidence({ contest, late }: Group): void {
  dropEvidence(contest);
  late.held.clear();
}

/** Once a mirror is found to work over one address family only, failures this recent belong to the other. Milliseconds. */
const otherFamilyMs = 30_000;

/**
 * Drops failures over a broken address family, once the mirror is found to work over the other. Held late
 * probes of that mirror are dropped too.
 */
export function dropFamilyFailures(view: View): void {
  const { now, mirrors } = view;
  const { contest, late } = view.group;
  for (const { name } of mirrors) {
    if (view.standingOf(name)?.oneFamily !== 'known') {
      late.oneFamily.delete(name);
      continue;
    }
    if (late.oneFamily.has(name)) continue;
    late.oneFamily.set(name, now.monotonicMs);
    dropFailures(contest, name, now.monotonicMs - otherFamilyMs);
    for (const [id, { due }] of late.held) if (due.target.registry === name) late.held.delete(id);
  }
}

/** True for a probe sent over either address family, before its mirror was found to work over one family only. */
export function isOfOtherFamily({ oneFamily }: LateProbes, { target, family }: Due, sentMs: number): boolean {
  const foundMs = oneFamily.get(target.registry);
  return foundMs !== undefined && family === undefined && sentMs < foundMs;
}

/** Marks a probe as counted late: no test will count its response again. */
export function recordHeardLate({ counted }: LateProbes, { probeId }: Due): void {
  counted.add(probeId);
  for (const id of counted) if (counted.size > countedKept) counted.delete(id);
}

/** Records how long the requests before the timed part of a probe took. */
export function recordAside(
  { asides }: LateProbes,
  { due, rttMs, startedMonotonicMs, endedMonotonicMs }: SettledSample,
): void {
  if (rttMs === null) return;
  const { registry, step } = due.target;
  asides.set(`${registry} ${step}`, Math.max(0, endedMonotonicMs - startedMonotonicMs - rttMs));
}

/** The sample of a late probe now: a timeout after `outMs`. */
export function sampleOfLate({ now }: View, due: Due, outMs: number): SettledSample {
  return {
    due,
    startedAtMs: now.wallMs - outMs,
    startedMonotonicMs: now.monotonicMs - outMs,
    endedMonotonicMs: now.monotonicMs,
    outcome: { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: Math.round(outMs) } },
    rttMs: outMs,
    ...nothingReceived,
    requests: 1,
    worker: 0,
    cold: false,
    thresholdMs: null,
    baselineMs: null,
  };
}

/**
 * Late light probes are held until our own network is known to be up: by a failure that detect has settled, or by a
 * sibling's response to a request sent since. Returns the held samples that a settled sample releases, oldest first.
 */
export function releaseLate({ held }: LateProbes, sample: SettledSample): readonly SettledSample[] {
  held.delete(sample.due.probeId);
  if (held.size === 0 || sample.outcome.tag === 'unknown') return [];
  const { registry } = sample.due.target;
  const out = [...held.values()].filter((one) =>
    one.due.target.registry === registry
      ? sample.outcome.tag === 'failed'
      : sample.outcome.tag === 'ok' && sample.startedMonotonicMs >= one.endedMonotonicMs,
  );
  for (const { due } of out) held.delete(due.probeId);
  return out;
}

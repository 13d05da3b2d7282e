import type { Due } from '../core/due.ts';
import { isHeavy, questionOf } from '../core/mirror.ts';
import { nothingReceived, type SettledSample } from '../core/sample.ts';
import { slowPeekMsOf } from './first-bytes.ts';
import { type Group, headOf } from './group.ts';
import { placeOf } from './observe.ts';
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

/** Probes of one upstream that were counted as late and are still pending. */
const heardLateKept = 100;

/**
 * When a pending probe of the head counts as bad without a response: once clients would have given up. This does not apply
 * to a target that never had a response, which may be a cache's first fetch, nor to light probes before the separator `|`.
 * @returns milliseconds from now; `null`: the probe is judged by its response only
 * @see docs/decisions/0056-long-waits.md
 */
export function lateInMs(view: View, due: Due, outMs: number): number | null {
  const { group, vantage } = view;
  const { target, connection, purpose } = due;
  const { registry } = target;
  if (connection !== 'cold' || purpose === 'once' || purpose === 'build' || vantage.suspect === true) return null;
  if (headOf(group)?.name !== registry) return null;
  if (purpose === 'peek') {
    const slowMs = group.peeks.head === registry ? slowPeekMsOf(group.peeks) : null;
    return slowMs === null ? null : slowMs + wayMs - outMs;
  }
  const weight = isHeavy(target) ? 'heavy' : 'light';
  if (!group.kind.fetch.includes(target.step)) return null;
  if (weight === 'light' && group.declared?.separators[0] === '|') return null;
  const { contest } = group;
  const question = questionOf(target);
  const wasAnswered =
    contest.moments.latest.get(question)?.has(registry) === true || group.served.has(`${registry} ${question}`);
  const patience = contest.patience.get(registry);
  if (!wasAnswered || patience === undefined) return null;
  const asideMs = group.asides.get(`${registry} ${target.step}`) ?? 0;
  const moreMs = asideFactor * asideMs + wayMs - outMs;
  if (weight === 'light') return patience.light.limitMs + moreMs;
  const lateMs = Math.min(patience.heavy.limitMs, besideSiblings(group, due)) + moreMs;
  // A sibling's response before then may make it late sooner.
  return Math.min(lateMs, siblingsMs);
}

/**
 * The maximum duration of a download, from its siblings' durations for the same artifact; infinity: too few siblings have
 * one. Milliseconds.
 */
function besideSiblings({ contest, around, roster }: Group, due: Due): number {
  const place = placeOf(due);
  const moment = around === null ? null : momentOf(contest.moments, place, around.paceMs(place.question));
  const took: number[] = [];
  for (const [name, reply] of moment?.replies ?? [])
    if (name !== place.registry && reply.tag === 'ok') took.push(reply.tookMs);
  const enough = Math.min(siblingsMin, roster.mirrors.length - 1);
  return took.length === 0 || took.length < enough ? Number.POSITIVE_INFINITY : besideMs(took);
}

/** When our network becomes suspect or healthy again, neither recent samples nor pending probes are evidence. */
export function clearEvidence({ contest, late }: Group): void {
  dropEvidence(contest);
  late.clear();
}

/** When a mirror is found to work over one address family only, failures of this last time belong to the other. Milliseconds. */
const otherFamilyMs = 30_000;

/**
 * Drops failures over a broken address family, once the mirror is found to work over the other. Pending probes over the
 * broken family are dropped too.
 */
export function dropFamilyFailures(view: View): void {
  const { group, now } = view;
  for (const { name } of group.roster.mirrors) {
    if (view.standingOf(name)?.oneFamily !== 'known') {
      group.oneFamily.delete(name);
      continue;
    }
    if (group.oneFamily.has(name)) continue;
    group.oneFamily.set(name, now.monotonicMs);
    dropFailures(group.contest, name, now.monotonicMs - otherFamilyMs);
    group.heard = group.heard.filter(({ outcome }) => !outcome.bad);
    for (const [id, { due }] of group.late) if (due.target.registry === name) group.late.delete(id);
  }
}

/** True for a probe sent over either address family, before its mirror was found to work over one family only. */
export function isOfOtherFamily(group: Group, { target, family }: Due, sentMs: number): boolean {
  const foundMs = group.oneFamily.get(target.registry);
  return foundMs !== undefined && family === undefined && sentMs < foundMs;
}

/** Marks a probe as counted late: its response will be ignored. */
export function recordHeardLate({ heardLate }: Group, { probeId }: Due): void {
  heardLate.add(probeId);
  for (const id of heardLate) if (heardLate.size > heardLateKept) heardLate.delete(id);
}

/** Records the duration of the parts before the timed one. */
export function recordAside(group: Group, { due, rttMs, startedMonotonicMs, endedMonotonicMs }: SettledSample): void {
  if (rttMs === null) return;
  const { registry, step } = due.target;
  group.asides.set(`${registry} ${step}`, Math.max(0, endedMonotonicMs - startedMonotonicMs - rttMs));
}

/** The sample of a late probe now: a timeout after this time. */
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
 * sibling's response to a request sent since. Returns those that a settled sample releases, oldest first.
 */
export function releaseLate(group: Group, sample: SettledSample): readonly SettledSample[] {
  const { late } = group;
  late.delete(sample.due.probeId);
  if (late.size === 0 || sample.outcome.tag === 'unknown') return [];
  const { registry } = sample.due.target;
  const out = [...late.values()].filter((one) =>
    one.due.target.registry === registry
      ? sample.outcome.tag === 'failed'
      : sample.outcome.tag === 'ok' && sample.startedMonotonicMs >= one.endedMonotonicMs,
  );
  for (const { due } of out) late.delete(due.probeId);
  return out;
}

import type { Due } from '../core/due.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { isHeavy, questionOf } from '../core/mirror.ts';
import { nothingReceived, type SettledSample } from '../core/sample.ts';
import { isPassedOver } from './chain.ts';
import { dropEvidence, dropFailures } from './comparison/contest.ts';
import { recordOf } from './comparison/costs.ts';
import { momentOf } from './comparison/moments.ts';
import { besideMs, limitMsOf } from './comparison/patience.ts';
import { leftBecauseOfDownloads } from './downloads.ts';
import { type Group, headOf, type LateProbes } from './group.ts';
import { momentPlaceOf, recordLatePeek, recordLateResponse, recordSample } from './observe.ts';
import { slowPeekMsOf } from './probing.ts';
import { recordTally, Tally } from './tally.ts';
import type { View } from './view.ts';

/** The tallies of all mirrors, by name. */
type Tallies = Map<string, Tally>;

/** Processes a settled sample. Returns true if it may change a decision. */
export function receiveSample(view: View, tallies: Tallies, settled: SettledSample): boolean {
  const { group } = view;
  const { late } = group;
  // A mirror whose bytes only an editable file calls wrong has responded.
  const sample: SettledSample = settled.isUnproven ? { ...settled, outcome: { tag: 'ok' } } : settled;
  const { due, isOfPace, isObsolete, isTooShort, isWithdrawn, isWithheld } = sample;
  if ([isOfPace, isObsolete, isTooShort, isWithdrawn, isWithheld].includes(true)) {
    late.held.delete(due.probeId);
    late.counted.delete(due.probeId);
    return false;
  }
  if (sample.outcome.tag === 'failed' && isOfOtherFamily(late, due, sample.startedMonotonicMs)) return false;
  recordAside(late, sample);
  const before = releaseLate(late, sample);
  for (const one of before) receiveLate(view, tallies, one);
  const isAgain = late.counted.delete(due.probeId);
  if (isAgain) recordLateResponse(group, sample);
  const isChange = !isAgain && receiveOne(view, tallies, sample);
  return isChange || before.length > 0;
}

/** Records a pending probe as late, `outMs` milliseconds after it was sent. */
export function receivePending(view: View, tallies: Tallies, due: Due, outMs: number): void {
  const { group, now } = view;
  if (isOfOtherFamily(group.late, due, now.monotonicMs - outMs)) return;
  if (due.purpose === 'peek') {
    recordLatePeek(group, due);
    recordLate(group.late, due);
    return;
  }
  const sample = sampleOfLate(view, due, outMs);
  if (isHeavy(due.target)) receiveLate(view, tallies, sample);
  else group.late.held.set(due.probeId, sample);
}

function receiveLate(view: View, tallies: Tallies, sample: SettledSample): void {
  receiveOne(view, tallies, sample);
  recordLate(view.group.late, sample.due);
}

function receiveOne(view: View, tallies: Tallies, sample: SettledSample): boolean {
  const { kind, client } = view.group;
  const tally = getOrMake(tallies, sample.due.target.registry, () => new Tally());
  recordTally(tally, sample, { nearMs: view.nearMs, relayStep: client.relay?.step, fetch: kind.fetch });
  return recordSample(view, sample);
}

/** Added to each time limit of a pending probe, because the network delays responses. Milliseconds. */
const wayMs = 250;
const asideFactor = 2;

const siblingsMin = 2;
const siblingsMs = 1_000;

const countedKept = 100;

/**
 * When a pending probe of the head counts as bad, although it has no response yet. A light probe has no limit if clients
 * try another mirror after the first one of the declared chain (`isPassedOver`).
 * @param outMs  milliseconds since the probe was sent
 * @returns      milliseconds until the next check; 0 or less: it is bad now; `null`: it counts only once it has a
 * response
 * @see docs/decisions/0177-pending-probes-cause-doubt.md
 */
function lateInMs(view: View, due: Due, outMs: number): number | null {
  const { group } = view;
  const { target, purpose } = due;
  const weight = isHeavy(target) ? 'heavy' : 'light';
  const isOfLeft = weight === 'heavy' && leftBecauseOfDownloads(group)?.from === target.registry;
  if (isOfLeft ? !isCounted(view, due) : !isOfHead(view, due)) return null;
  if (purpose === 'peek') return slowPeekInMs(group, due, outMs);
  if (!group.kind.fetch.includes(target.step)) return null;
  if (weight === 'light' && isPassedOver(group.declared)) return null;
  const times = group.contest.records.get(target.registry)?.times;
  if (!hasResponded(group, due) || times === undefined) return null;
  const moreMs = usualMoreMs(group, due) - outMs;
  if (weight === 'light') return limitMsOf(times.light, weight) + moreMs;
  const lateMs = Math.min(limitMsOf(times.heavy, weight), besideSiblings(group, due)) + moreMs;
  return Math.min(lateMs, siblingsMs);
}

/**
 * When a pending probe of the head puts the mirror in doubt: the canary is then probed at once. Any light probe and any
 * peek (a probe of first bytes) can show that the whole mirror hangs. The limit is half of that of a late light probe. It
 * is the whole one for a peek as long as too few times of peeks are known.
 * @param outMs  milliseconds since the probe was sent
 * @returns      milliseconds until the next check; 0 or less: the mirror is in doubt now; `null`: never
 * @see docs/decisions/0177-pending-probes-cause-doubt.md
 */
function doubtInMs(view: View, due: Due, outMs: number): number | null {
  const { group } = view;
  const { target, purpose } = due;
  const times = group.contest.records.get(target.registry)?.times;
  if (!isOfHead(view, due) || purpose === 'confirm' || times === undefined) return null;
  const moreMs = usualMoreMs(group, due) - outMs;
  const limitMs = limitMsOf(times.light, 'light');
  const doubtMs = limitMs / 2 + moreMs;
  if (!isHeavy(target)) return doubtMs;
  if (purpose !== 'peek') return null;
  const slowMs = slowPeekInMs(group, due, outMs);
  return slowMs === null ? limitMs + moreMs : Math.max(doubtMs, slowMs);
}

/**
 * How long the confirming probes of a mirror in doubt have to wait at least, milliseconds: until the pending probe is a
 * late light probe. With a shorter timeout, a mirror that is only slow would seem to hang.
 */
export function confirmWaitMsFor({ group }: View, due: Due, outMs: number): number {
  const limitMs = limitMsOf(recordOf(group.contest, due.target.registry).times.light, 'light');
  return Math.max(0, limitMs + usualMoreMs(group, due) - outMs);
}

function isOfHead(view: View, due: Due): boolean {
  return isCounted(view, due) && headOf(view.group)?.name === due.target.registry;
}

/** True if a pending probe can count: its response would count too, and our network is not suspect. */
function isCounted({ vantage }: View, { connection, purpose }: Due): boolean {
  return connection === 'cold' && purpose !== 'once' && purpose !== 'build' && vantage.suspect !== true;
}

/** Milliseconds until a pending peek of the head is slow; `null`: it never is. */
function slowPeekInMs({ probing }: Group, { target }: Due, outMs: number): number | null {
  const slowMs = probing.peeks.head === target.registry && isHeavy(target) ? slowPeekMsOf(probing.peeks) : null;
  return slowMs === null ? null : slowMs + wayMs - outMs;
}

/** The time that a probe of this step usually needs in addition to its round trip, milliseconds. */
function usualMoreMs({ late }: Group, { target }: Due): number {
  return asideFactor * (late.asides.get(`${target.registry} ${target.step}`) ?? 0) + wayMs;
}

/**
 * True if the mirror has responded to this request before, or has served the artifact's first bytes. A first request
 * may take long: the mirror may fetch it from its upstream.
 */
function hasResponded({ contest, probing }: Group, { target }: Due): boolean {
  const question = questionOf(target);
  const { registry } = target;
  return contest.records.get(registry)?.latest.has(question) === true || probing.served.has(`${registry} ${question}`);
}

/**
 * How long clients wait for the next byte, milliseconds: `minMs` is the limit of pip, `maxMs` that of uv, apt and
 * cargo.
 */
const idle = { minMs: 15_000, maxMs: 30_000 };

/**
 * The longest wait for the next byte of a download. For the head it depends on how fast the first bytes of its
 * artifacts usually arrive.
 * @returns milliseconds; `null`: only the timeout of the probe applies
 */
export function idleMsOf(group: Group, due: Due): number | null {
  const { target, purpose } = due;
  if (!isHeavy(target) || purpose === 'peek' || !hasResponded(group, due)) return null;
  const { peeks } = group.probing;
  const slowMs = peeks.head === target.registry ? slowPeekMsOf(peeks) : null;
  return slowMs === null ? idle.maxMs : Math.min(idle.maxMs, Math.max(idle.minMs, slowMs));
}

/**
 * The longest wait for a download that other mirrors have finished, milliseconds. Infinity if too few other mirrors
 * have finished it.
 */
function besideSiblings({ contest, roster }: Group, due: Due): number {
  const place = momentPlaceOf(due);
  const { around } = contest;
  const moment = around === null ? null : momentOf(contest.moments, place, around().paceMs(place.question));
  const took: number[] = [];
  let scatterMs = 0;
  for (const [name, { reply }] of moment?.responses ?? []) {
    if (name === place.registry || reply.tag !== 'ok') continue;
    took.push(reply.tookMs);
    const pair = contest.pairs.get(name);
    if (pair !== undefined) scatterMs = Math.max(scatterMs, Math.sqrt(pair.time.heavy.variance));
  }
  const enough = Math.min(siblingsMin, roster.mirrors.length - 1);
  return took.length === 0 || took.length < enough ? Number.POSITIVE_INFINITY : besideMs(took, scatterMs);
}

/**
 * The discovery of a broken address family takes some failures. So failures up to this long before the discovery are
 * dropped. Milliseconds.
 */
const otherFamilyMs = 30_000;

/** By limit: milliseconds until a pending probe must be checked again for it. */
export const pendingInMs = { late: lateInMs, doubt: doubtInMs } as const;

/**
 * Drops evidence that the mirrors may not have caused. If our network became suspect or recovered (`isTurned`): all
 * evidence against the head, and late probes that do not count as failures yet. When a mirror is found to work over one
 * address family only: its recent failures and late probes.
 */
export function dropOutdated(view: View, isTurned: boolean): void {
  const { now, mirrors } = view;
  const { contest, late } = view.group;
  if (isTurned) {
    dropEvidence(contest);
    late.held.clear();
  }
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

/**
 * True if the probe may have failed over the broken address family: it was sent before the discovery, and no family was
 * set for it.
 */
function isOfOtherFamily({ oneFamily }: LateProbes, { target, family }: Due, sentMs: number): boolean {
  const foundMs = oneFamily.get(target.registry);
  return foundMs !== undefined && family === undefined && sentMs < foundMs;
}

function recordLate({ counted }: LateProbes, { probeId }: Due): void {
  counted.add(probeId);
  for (const id of counted) if (counted.size > countedKept) counted.delete(id);
}

function recordAside({ asides }: LateProbes, sample: SettledSample): void {
  const { due, rttMs, startedMonotonicMs, endedMonotonicMs } = sample;
  if (rttMs === null) return;
  const { registry, step } = due.target;
  asides.set(`${registry} ${step}`, Math.max(0, endedMonotonicMs - startedMonotonicMs - rttMs));
}

/** Makes a sample of a pending probe: a timeout after `outMs` milliseconds. */
export function sampleOfLate({ now }: View, due: Due, outMs: number): SettledSample {
  return {
    due,
    startedAtMs: now.wallMs - outMs,
    startedMonotonicMs: now.monotonicMs - outMs,
    endedMonotonicMs: now.monotonicMs,
    outcome: {
      tag: 'failed',
      failure: { kind: isHeavy(due.target) ? 'timeout_transfer' : 'timeout_processing', limitMs: Math.round(outMs) },
    },
    rttMs: outMs,
    ...nothingReceived,
    requests: 1,
    worker: 0,
    cold: false,
    thresholdMs: null,
    baselineMs: null,
  };
}

/** Removes and returns the late probes that this sample confirms: from now on they count as failures. */
function releaseLate({ held }: LateProbes, sample: SettledSample): readonly SettledSample[] {
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

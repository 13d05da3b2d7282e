import type { Declined, RecheckOrder } from '../core/due.ts';
import { type Mirror, questionOf, type Target } from '../core/mirror.ts';
import { isAnyDisputed, isAnyPast, listUnsure } from './comparison/choose.ts';
import type { Contest, LeftComparison } from './comparison/contest.ts';
import { buildMsOf, meanMsOf, recordOf, usualHeavyMsOf } from './comparison/costs.ts';
import { failureBound, failureSumOf } from './comparison/failures.ts';
import { healthBound, isDelayedByDownloads, lastTroubleOf } from './comparison/home.ts';
import { isHeavyClean } from './comparison/record.ts';
import { timeBound } from './comparison/time.ts';
import { type Group, homeOf, Peeks } from './group.ts';
import { timesMsOf } from './obstacles.ts';
import { artifactsOf, canaryOf, isPeekDue, nextInRota, recordTurn, rotaOf, targetOf } from './probing.ts';
import type { View } from './view.ts';
import { listCandidates, listOpenChoices, weighRuleOf } from './weigh.ts';

/**
 * The usual minimum intervals between downloads from the head, and between downloads from other mirrors for comparison.
 * Milliseconds.
 */
const everyMs = 150_000;
const besideEveryMs = 2 * everyMs;
/**
 * The minimum interval between downloads from home while downloads must show whether the advised mirror was the right
 * choice. It is no multiple of `soonEveryMs`, so that small delays of an order do not decide whether home is included.
 */
const homeEveryMs = 0.9 * besideEveryMs;
/** The share of `schedule.bytesPerHour` that downloads ordered by advice may use at the head, 0 to 1. */
const budgetShare = 0.5;
const hourMs = 3_600_000;
/**
 * The minimum interval between downloads, milliseconds, while a failback waits for good downloads, another mirror may
 * build faster, or few downloads of an advised mirror are known.
 */
const soonEveryMs = 60_000;
/**
 * The minimum interval between downloads, milliseconds, while a switch because of slow light requests waits for
 * downloads.
 */
const unsureEveryMs = 5_000;
/** The maximum number of downloads in an hour that are ordered only because a test and the table disagree. */
const disputedMost = 12;
const siblings = 2;
/** Another mirror may build faster if its estimated build time is below this share of the head's build time. */
const promisingShare = 0.85;

/**
 * Returns the order of a download from the head, sometimes also from other mirrors, if a download is due; else an empty
 * list. Scheduled downloads are rare. They alone would find too late that a mirror serves no artifacts, or serves them
 * faster.
 * @see docs/decisions/0010-downloads-and-first-bytes.md
 * @see docs/decisions/0102-downloads-for-comparison.md
 */
export function requestDownload(view: View, at: Mirror): readonly RecheckOrder[] {
  const { group, now, config } = view;
  const { contest } = group;
  if (now.monotonicMs < contest.downloadMs + unsureEveryMs) return [];
  const unsure = unsureAt(view, at);
  if (now.monotonicMs < contest.downloadMs + (unsure.length > 0 ? unsureEveryMs : soonEveryMs)) return [];
  const preferred = homeOf(group);
  const home = preferred === at ? null : preferred;
  const isOpen = listOpenChoices(view, at).length > 0;
  const isHomeAwaited = home !== null && waitsForDownload(view, at, home);
  const isWanted = unsure.length > 0 || contest.hasPromise || isOpen || isHomeAwaited;
  const isSoon = isWanted || (home === null && isDisputed(view, at));
  const lastMs = Math.max(contest.records.get(at.name)?.heavy.at(-1)?.atMs ?? contest.downloadMs, contest.downloadMs);
  if (!isSoon && now.monotonicMs < lastMs + everyMs) return [];
  const isBeside = isSoon || now.monotonicMs - contest.besideMs >= besideEveryMs;
  const artifact = artifactFor(view, at, isSoon);
  if (artifact === null) return [];
  for (const name of unsure) if (!contest.awaited.has(name)) contest.awaited.set(name, now.monotonicMs);
  if (now.monotonicMs < (isSoon ? contest.besideMs : lastMs) + affordableMsOf(config, artifact.bytes)) return [];
  contest.downloadMs = now.monotonicMs;
  if (isSoon && !isWanted) contest.disputedMs = [...contest.disputedMs, now.monotonicMs].slice(-disputedMost);
  if (isBeside) contest.besideMs = now.monotonicMs;
  // Frequent downloads from a home that is slow now would delay the failback after it has recovered.
  const homeMs = contest.records.get(home?.name ?? '')?.heavy.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const isSkipped = isOpen && !isHomeAwaited && now.monotonicMs - homeMs < homeEveryMs;
  const skipped = isSkipped ? home?.name : undefined;
  const registries = isBeside ? listBeside(view, at, home, unsure).filter((name) => name !== skipped) : [];
  return [downloadOrderOf(at.name, artifact.target, registries)];
}

/** The order of one download from a mirror (`registry`), and at the same time from other mirrors (`registries`). */
function downloadOrderOf(registry: string, target: Target, registries: readonly string[]): RecheckOrder {
  return { registry, target, registries, forMs: 0, stepMs: everyMs, isUrgent: false, isPeek: false };
}

/** How long after a download the next one of so many bytes fits in `schedule.bytesPerHour`, milliseconds. */
function affordableMsOf({ schedule: { bytesPerHour } }: View['config'], bytes: number): number {
  return bytesPerHour === null ? 0 : (bytes / (budgetShare * bytesPerHour)) * hourMs;
}

/**
 * True if more downloads from home must show whether a test or the table of candidates is right. If home serves only
 * some downloads slowly, few of them are known.
 */
function isDisputed(view: View, at: Mirror): boolean {
  const { contest } = view.group;
  const oldestMs = contest.disputedMs.at(-disputedMost) ?? Number.NEGATIVE_INFINITY;
  return view.now.monotonicMs >= oldestMs + hourMs && isAnyDisputed(contest, weighRuleOf(view, at));
}

function unsureAt(view: View, at: Mirror): readonly string[] {
  const { contest } = view.group;
  const rule = weighRuleOf(view, at);
  if (!isAnyPast(contest, rule)) return [];
  const names = listCandidates(view, at).map(({ name }) => name);
  return listUnsure(contest, names, rule);
}

/**
 * The mirrors from which an artifact is downloaded together with the head, for comparison. Home comes first, because
 * its result decides on the failback.
 */
function listBeside(view: View, at: Mirror, home: Mirror | null, unsure: readonly string[]): readonly string[] {
  const { group, now } = view;
  const { contest } = group;
  const { triedMs } = contest;
  const lastOf = (name: string): number =>
    Math.max(
      contest.records.get(name)?.heavy.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY,
      triedMs.get(name) ?? Number.NEGATIVE_INFINITY,
    );
  const others = view.mirrors
    .filter((mirror) => mirror !== at && mirror !== home)
    .map(({ name }) => ({ name, ...buildTimesOf(contest, name, now.monotonicMs) }))
    .toSorted((a, b) => a.leastMs - b.leastMs || 0);
  // Skips a mirror from which a download was requested without a result, so that it does not block the others.
  const promising = others.find(({ name, ms }) => ms !== null || !triedMs.has(name));
  const wished = [
    ...unsure,
    ...(promising === undefined ? [] : [promising.name]),
    ...others.map(({ name }) => name).toSorted((a, b) => lastOf(a) - lastOf(b) || 0),
  ];
  const some = [...new Set(wished)].filter((name) => name !== home?.name).slice(0, siblings);
  for (const name of some) triedMs.set(name, now.monotonicMs);
  const headMs = buildTimesOf(contest, at.name, now.monotonicMs).ms ?? 0;
  const untried = others.find(({ name, ms }) => ms === null && !triedMs.has(name));
  const soonest = Math.min(promising?.ms ?? Number.POSITIVE_INFINITY, untried?.leastMs ?? Number.POSITIVE_INFINITY);
  contest.hasPromise = soonest < promisingShare * headMs;
  return home === null ? some : [home.name, ...some];
}

/**
 * The time of a build at a mirror, milliseconds. `ms` is the measured time, `null` before the first download. `leastMs`
 * assumes the fastest plausible downloads.
 */
function buildTimesOf(contest: Contest, name: string, nowMs: number) {
  const record = recordOf(contest, name);
  const lightMs = meanMsOf(record, 'light', nowMs, 0);
  if (lightMs === null) return { ms: null, leastMs: Number.POSITIVE_INFINITY };
  const heavyMs = meanMsOf(record, 'heavy', nowMs, 0);
  const leastMs = buildMsOf(lightMs, meanMsOf(record, 'heavy', nowMs, -1) ?? 0.5 * usualHeavyMsOf(contest, nowMs));
  return { ms: heavyMs === null ? null : buildMsOf(lightMs, heavyMs), leastMs };
}

/** True if a failback waits for good downloads of home, after failed ones or slow ones. */
function waitsForDownload(view: View, at: Mirror, home: Mirror): boolean {
  const { group, config, now } = view;
  const { contest } = group;
  const record = contest.records.get(home.name);
  if (record === undefined || contest.health < healthBound) return false;
  // Most often no download failed. The first check avoids sorting all outcomes in that case.
  if (record.heavy.some(({ bad }) => bad) && !isHeavyClean(record, lastTroubleOf(record))) return true;
  // After repeated departures, a failback may take longer.
  const timesMs = timesMsOf(view);
  if (timesMs > config.advise.holdMs) return false;
  return isDelayedByDownloads(record, recordOf(contest, at.name), timesMs, now.monotonicMs);
}

/**
 * The smallest artifact of known size. With `isUsual`: the one of median size, which also shows bandwidth. Without
 * known sizes: the artifact of the canary's module.
 */
function artifactFor(view: View, at: Mirror, isUsual: boolean) {
  const { sizes, targets } = view.group.probing;
  const known = [...sizes]
    .flatMap(([question, bytes]) => {
      const target = targets.get(question)?.get(at.name);
      return target === undefined ? [] : [{ target, bytes }];
    })
    .toSorted((a, b) => a.bytes - b.bytes);
  return known[isUsual ? Math.floor(known.length / 2) : 0] ?? firstOf(view, at);
}

function firstOf({ group }: View, at: Mirror) {
  const canary = canaryOf(group.probing, at.name);
  const module = canary === null ? null : group.probing.targets.get(canary)?.get(at.name)?.module;
  const target = artifactsOf(group, at.name).find((one) => one.module === module);
  return target === undefined ? null : { target, bytes: 0 };
}

const stepMs = 1_000;

/**
 * Returns the order of a peek at the head if one is due, else an empty list. A peek probes the first bytes of an
 * artifact. It is a cheap test for slow or failing artifacts.
 * @see docs/decisions/0010-downloads-and-first-bytes.md
 */
export function requestPeek(view: View, at: Mirror): readonly RecheckOrder[] {
  const { group, now } = view;
  const { probing } = group;
  if (probing.peeks.head !== at.name) probing.peeks = new Peeks(at.name);
  const { peeks } = probing;
  if (!isPeekDue(peeks, view.canaryEveryMs, now.monotonicMs)) return [];
  const artifacts = artifactsOf(group, at.name);
  if (artifacts.length === 0) return [];
  peeks.beforeMs = peeks.lastMs;
  peeks.lastMs = now.monotonicMs;
  const byQuestion = new Map(artifacts.map((target) => [questionOf(target), target]));
  const question = nextInRota(rotaOf(probing, at.name), [...byQuestion.keys()]);
  const target = question === null ? undefined : byQuestion.get(question);
  if (target === undefined) return [];
  return [{ registry: at.name, target, registries: [], forMs: 0, stepMs, isUrgent: false, isPeek: true }];
}

/**
 * Records that an order was not sent. A download of `requestAfterAdvice` then does not count. After a peek (a probe of an
 * artifact's first bytes), the same artifact is probed next. If its target is unknown, no peek at it can be sent, so
 * another artifact is due at once.
 */
export function recordDeclined({ probing, contest: { left } }: Group, { order, isKnown }: Declined): void {
  const { peeks } = probing;
  if (!order.isPeek) {
    // Only `requestAfterAdvice` orders from the mirror to leave; other orders are of the head.
    if (isKnown && left?.from === order.registry) left.downloads = Math.max(0, left.downloads - 1);
    return;
  }
  const rota = rotaOf(probing, order.registry);
  if (isKnown) {
    rota.orders = Math.max(0, rota.orders - 1);
    return;
  }
  recordTurn(rota, questionOf(order.target));
  if (peeks.head === order.registry) peeks.lastMs = peeks.beforeMs;
}

/**
 * Downloads that can raise the confidence of advice: their minimum interval, the longest wait for the last one, and
 * their maximum number. Times in milliseconds.
 */
const afterEveryMs = 15_000;
const afterWaitMs = 45_000;
const afterMost = 8;

/**
 * The comparison that led to the proposed advice, if it is about downloads and the confidence is still `low`; else
 * `null`. Clients still use its mirror `from`.
 */
export function leftBecauseOfDownloads({ open, contest: { left } }: Group): LeftComparison | null {
  if (left === null || open?.advice.state !== 'proposed' || open.advice.confidence !== 'low') return null;
  return isAboutDownloads(left) ? left : null;
}

/** True unless a test that compares light steps too is nearer to its bound than the tests of downloads. */
function isAboutDownloads({ pair: { failures, time } }: LeftComparison): boolean {
  const light = Math.max(time.light.sum, time.steady.sum) / timeBound.usual;
  const heavy = Math.max(failureSumOf(failures.heavy) / failureBound, time.heavy.sum / timeBound.usual);
  return heavy >= light && heavy >= failureSumOf(failures.all) / failureBound;
}

/**
 * Returns the order of a download from the mirror to leave and from the advised one, if it can raise the confidence of
 * the advice; else an empty list. Actions wait for a higher confidence, and other downloads from the mirror to leave are
 * rare.
 * @see docs/decisions/0102-downloads-for-comparison.md
 */
export function requestAfterAdvice({ group, config, now }: View, at: Mirror): readonly RecheckOrder[] {
  const left = leftBecauseOfDownloads(group);
  if (left?.artifact == null || left.to !== at.name) return [];
  const bytes = group.probing.sizes.get(left.artifact) ?? 0;
  const leastMs = Math.max(afterEveryMs, affordableMsOf(config, bytes));
  if (left.downloads >= afterMost || now.monotonicMs < left.downloadMs + leastMs) return [];
  const moments = group.contest.moments.open.get(left.artifact) ?? [];
  const isAwaited = moments.some((one) => one.openedAtMs >= left.downloadMs && !one.outcomes.has(left.from));
  if (isAwaited && now.monotonicMs < left.downloadMs + afterWaitMs) return [];
  const target = targetOf(group, left.from, left.artifact);
  if (target === undefined) return [];
  left.downloads += 1;
  left.downloadMs = now.monotonicMs;
  return [downloadOrderOf(left.from, target, [at.name])];
}

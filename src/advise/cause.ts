import type { AdviceCause } from '../core/advice.ts';
import { isCertificateFailure, type Reason, reasonWeight } from '../core/failure.ts';
import {
  type Confidence,
  type Finding,
  type FindingKind,
  findingKinds,
  highestConfidenceOf,
  isDisputed,
  type KindTraits,
  kindTraits,
} from '../core/finding.ts';
import { isHeavy, type Mirror } from '../core/mirror.ts';
import type { Standing } from '../core/standing.ts';
import { isPassedOver } from './chain.ts';
import type { Alarm } from './comparison/pair.ts';
import { advisedChainOf } from './group.ts';
import { completeFromMs, type Tally, type TallyRow, type TallySample } from './tally.ts';
import type { View } from './view.ts';

/**
 * Why clients should leave a mirror. `findings` is empty if only a statistical test or an alert of another system
 * supports the cause.
 */
export interface Cause {
  readonly kind: Exclude<AdviceCause, 'failback'>;
  readonly findings: readonly Finding[];
}

type Named = Exclude<FindingKind, 'vantage' | 'self'>;

/** The kinds of findings that are a reason to switch to another mirror, the gravest first. */
const order = findingKinds
  .filter((kind): kind is Named => kindTraits[kind].advice !== undefined)
  .sort((a, b) => (kindTraits[a].advice?.rank ?? 0) - (kindTraits[b].advice?.rank ?? 0));

function traitsOf(cause: AdviceCause): KindTraits['advice'] {
  const kind = order.find((one) => one === cause);
  return kind === undefined ? undefined : kindTraits[kind].advice;
}

/** True for a cause that is published as a `refused` advice if no mirror can be advised. */
export function isForced(cause: AdviceCause): boolean {
  return traitsOf(cause)?.isForced === true;
}

/** True if there is a cause to leave a mirror. An open outage is none while the mirror serves again. */
export function isPresent(cause: Cause | null, standing: Standing | null): cause is Cause {
  return cause !== null && !(cause.kind === 'outage' && standing?.isBack === true);
}

export function isAgainst(finding: Finding): boolean {
  if (finding.state === 'closed') return false;
  return kindTraits[finding.kind].isAgainst?.(finding) ?? finding.actionable;
}

export interface Causes {
  /**
   * The findings of the gravest kind against the mirror. Findings about disputed bytes (nothing shows which mirror is
   * right) do not count. Without findings, it is the cause `slo` if alerts of other systems fire, else `null`.
   */
  readonly gravest: Cause | null;
  /**
   * The findings that the mirror lags behind its upstream, even if `gravest` is another cause; `null`: no such finding.
   */
  readonly lag: Cause | null;
}

export function findCauses(view: View, { name }: Mirror): Causes {
  const against = view.standingOf(name)?.findings.filter(isAgainst) ?? [];
  const sure = against.filter((one) => !isDisputed(one));
  const isAccused = view.evidenceOf(name).length > 0;
  const gravest = firstCauseOf(order, sure) ?? (isAccused ? { kind: 'slo', findings: [] } : null);
  return { gravest, lag: firstCauseOf(['lag'], against) };
}

function firstCauseOf(kinds: readonly Named[], all: readonly Finding[]): Cause | null {
  const kind = kinds.find((one) => all.some((finding) => finding.kind === one));
  return kind === undefined ? null : { kind, findings: all.filter((finding) => finding.kind === kind) };
}

/** True for a cause that only a statistical test supports: slowness, or a share of failures. */
export function isTested(cause: AdviceCause): boolean {
  return cause === 'slower' || order.some((kind) => kind === cause && manner(kind) === 'tested');
}

function manner(kind: Named): KindTraits['confidence'] {
  return kindTraits[kind].confidence;
}

/**
 * The confidence of advice: `high` for a failback; `low` if `by.isLast`, `by.isSuspect` or a finding is from a suspect
 * vantage. Otherwise it is the highest confidence of the findings, or `by.before` (at first `medium`) without findings.
 * For a cause that only a test supports, `by.before` and `by.isSure` count too.
 * @param by.isLast    the advised mirror serves wrong bytes, and no other mirror is left
 * @param by.isSure    the evidence of the test is at least twice its bound
 * @param by.isSuspect our network is suspect
 * @param by.before    the confidence so far, which more evidence does not lower; absent: new advice
 */
export function confidenceOf(
  { kind: cause, findings }: { readonly kind: AdviceCause; readonly findings: readonly Finding[] },
  by: {
    readonly isLast: boolean;
    readonly isSure: boolean;
    readonly isSuspect: boolean;
    readonly before?: Confidence;
  },
): Confidence {
  if (cause === 'failback') return 'high';
  if (by.isLast || by.isSuspect || findings.some((finding) => finding.vantage === 'suspect')) return 'low';
  const found = findings.map(({ confidence }) => confidence);
  if (isTested(cause)) return highestConfidenceOf([by.isSure ? 'medium' : 'low', by.before ?? 'low', ...found]);
  return found.length === 0 ? (by.before ?? 'medium') : highestConfidenceOf(found);
}

/** True for a cause that means slower responses, not failures. */
export function isAboutTime(kind: AdviceCause): boolean {
  return kind === 'slower' || traitsOf(kind)?.costs === 'time';
}

/**
 * Returns a graver cause in place of slowness or unreliability, if the last light requests (metadata) all failed; else
 * `kind`.
 */
export function gravestCauseOf(tally: Tally, kind: Cause['kind']): Cause['kind'] {
  if (!isAboutTime(kind) && kind !== 'unreliable') return kind;
  const row = allFailedOf(tally);
  if (row === null) return kind;
  const { reason } = row;
  if (isCertificateFailure(reason)) return 'certificate';
  return reasonWeight[reason] === 'refusal' ? 'refusal' : 'outage';
}

const costly = (costs: 'failures' | 'time'): readonly Named[] =>
  order.filter((kind) => traitsOf(kind)?.costs === costs);
const isLight = (kind: Named): number => Number(traitsOf(kind)?.isHeavy !== true);

/**
 * For each test that can trigger: the kinds of findings that can explain it. The first kind with an open finding is the
 * cause. `else` is the cause if no finding or alert explains the test.
 */
const explained: Readonly<Record<Alarm, { readonly by: readonly Named[]; readonly else: Cause['kind'] }>> = {
  failures: { by: costly('failures'), else: 'unreliable' },
  heavy_failures: { by: costly('failures'), else: 'unreliable' },
  time: { by: costly('time'), else: 'slower' },
  heavy_time: { by: costly('time').toSorted((a, b) => isLight(a) - isLight(b)), else: 'throughput' },
};

/** Why a test triggered: a finding that explains it, else an alert of another system, else the test itself. */
export function causeOfAlarm(alarm: Alarm, standing: Standing | null, isAccused: boolean): Cause {
  const open = (standing?.findings ?? []).filter((finding) => finding.state === 'open' && !isDisputed(finding));
  return firstCauseOf(explained[alarm].by, open) ?? { kind: isAccused ? 'slo' : explained[alarm].else, findings: [] };
}

/** The pattern of a mirror's last responses. Times are monotonic milliseconds. */
export type Trouble =
  /** Every light request since `row.fromMs` failed. */
  | { readonly kind: 'all'; readonly row: TallyRow }
  /** Every download since `row.fromMs` failed, of two artifacts or more. */
  | { readonly kind: 'downloads'; readonly row: TallyRow }
  /**
   * Only some targets fail: each target in `failing` failed at its last two or more requests. `targets` is the number
   * of all targets.
   */
  | { readonly kind: 'targets'; readonly failing: readonly FailingTarget[]; readonly targets: number }
  /**
   * `failed` of `all` requests since `fromMs` failed; `reason` and `status` are those of the last failure. If only downloads fail
   * (`isOfDownloads`), only downloads are counted, because many good light requests would hide how often.
   */
  | {
      readonly kind: 'share';
      readonly isOfDownloads: boolean;
      readonly failed: number;
      readonly all: number;
      readonly fromMs: number;
      readonly reason: Reason;
      readonly status: number | null;
    }
  | { readonly kind: 'none'; readonly count: number; readonly fromMs: number };

interface FailingTarget {
  readonly target: TallySample['target'];
  readonly count: number;
  readonly fromMs: number;
  readonly reason: Reason;
  readonly status: number | null;
}

/**
 * Minimum numbers of failures in a row: of light requests, of downloads (fewer, as they are rare), and of one target.
 */
const failuresMin = { all: 3, downloads: 2, target: 2 } as const;
/**
 * The period of a failure rate begins at the failure from which on failures outweigh successes most, if one failure
 * weighs as much as this many successes. The second weight is for rare failures: of fewer than one in twelve, the first
 * finds only the last one.
 */
const failureWeights = [12, 40] as const;
const gapsOfEnd = 4;

/** The pattern of the last responses of a mirror; `null`: no response is stored. */
export function troubleOf(tally: Pick<Tally, 'samples' | 'rows'>): Trouble | null {
  const { samples, rows } = tally;
  const failed = allFailedOf(tally);
  if (failed !== null) return { kind: 'all', row: failed };
  const backMs = backFromOutageMs(samples.light);
  const isOfOutage = ({ tag, atMs }: TallySample): boolean => tag === 'failed' && atMs < backMs;
  const all = [...samples.light, ...samples.heavy.filter((one) => !isOfOutage(one))].sort((a, b) => a.atMs - b.atMs);
  if (all.length === 0) return null;
  const failing = failingOf(all);
  const targets = new Set([...samples.light, ...samples.heavy].map(idOf)).size;
  const ofTargets: Trouble = { kind: 'targets', failing, targets };
  const last = samples.heavy.at(-1);
  const heavy = last === undefined || isOfOutage(last) ? null : rows.heavy;
  if (heavy !== null && heavy.count >= failuresMin.downloads) {
    const isOfDownloads = heavy.targets.size > 1 && failing.every(({ target }) => isHeavy(target));
    return isOfDownloads || failing.length === 0 ? { kind: 'downloads', row: heavy } : ofTargets;
  }
  const downloads = all.filter((one) => isHeavy(one.target) && one.atMs >= completeFromMs(samples));
  const share = shareOf(all, downloads);
  if (share === null) return noTrouble(all, samples);
  const known = failing.reduce((sum, one) => sum + one.count, 0);
  if (known > share.failed / 2) return ofTargets;
  const end = sinceFailure(share.isOfDownloads ? downloads : all);
  const gap = (share.all - end.length) / share.failed;
  return end.length >= gapsOfEnd * gap ? noTrouble(sinceFailure(all), samples) : share;
}

/**
 * When the mirror responded again after its last outage (a row of failures of light requests, with the canary), monotonic
 * milliseconds; −∞: no outage. Downloads that failed before belong to the outage: the next one may be hours later.
 */
function backFromOutageMs(light: readonly TallySample[]): number {
  let [row, hasCanary, backMs] = [0, false, Number.NEGATIVE_INFINITY];
  for (const { tag, target, atMs } of light.toSorted((a, b) => a.atMs - b.atMs)) {
    if (tag === 'ok' && row >= failuresMin.all && hasCanary) backMs = atMs;
    hasCanary = tag === 'failed' && (hasCanary || target.canary);
    row = tag === 'failed' ? row + 1 : 0;
  }
  return backMs;
}

/**
 * Since when a head is down that clients pass over (`isPassedOver`), and all its light requests fail; monotonic
 * milliseconds. `null`: it is not so.
 */
export function passedOverFromMs(view: View, at: Mirror): number | null {
  if (!isPassedOver(advisedChainOf(view.group)) || view.standingOf(at.name)?.state !== 'down') return null;
  const trouble = troubleOf(view.tallyOf(at.name));
  return trouble?.kind === 'all' ? trouble.row.fromMs : null;
}

function sinceFailure(samples: readonly TallySample[]): readonly TallySample[] {
  return samples.slice(samples.findLastIndex((one) => one.tag === 'failed') + 1);
}

function noTrouble(good: readonly TallySample[], samples: Tally['samples']): Trouble {
  const counted = good.filter(({ atMs }) => atMs >= completeFromMs(samples));
  return { kind: 'none', count: counted.length, fromMs: counted[0]?.atMs ?? 0 };
}

/** The failures of light requests since the last success; `null`: too few, or only some targets of the mirror fail. */
function allFailedOf({ samples, rows: { light } }: Pick<Tally, 'samples' | 'rows'>): TallyRow | null {
  return light !== null && light.count >= failuresMin.all && isOfMirror(light, samples.light) ? light : null;
}

/**
 * True if the failures concern the whole mirror. False if the canary (the probe that decides whether a mirror is up)
 * works: then only single targets fail.
 */
function isOfMirror(row: TallyRow, light: readonly TallySample[]): boolean {
  return row.hasCanary || new Set(light.map(idOf)).size === 1 || !light.some(({ target }) => target.canary);
}

function idOf({ target }: TallySample): string {
  return target.id;
}

type Share = Extract<Trouble, { kind: 'share' }>;

/** @param downloads  those of the period of which all light requests are known too */
function shareOf(all: readonly TallySample[], downloads: readonly TallySample[]): Share | null {
  const ofDownloads = longestShareOf(downloads);
  if (ofDownloads === null || ofDownloads.failed < failuresMin.all) return longestShareOf(all);
  const isLight = all.some((one) => one.tag === 'failed' && one.atMs >= ofDownloads.fromMs && !isHeavy(one.target));
  return isLight ? longestShareOf(all) : { ...ofDownloads, isOfDownloads: true };
}

function longestShareOf(all: readonly TallySample[]): Share | null {
  const [often, rare] = failureWeights.map((weight) => shareBy(all, weight));
  return often != null && rare != null && often.failed < failuresMin.all ? rare : (often ?? null);
}

function shareBy(all: readonly TallySample[], weight: number): Share | null {
  let [sum, best, from] = [0, Number.NEGATIVE_INFINITY, -1];
  for (let i = all.length - 1; i >= 0; i -= 1) {
    const isFailed = all[i]?.tag === 'failed';
    sum += isFailed ? weight : -1;
    if (isFailed && sum > best) [best, from] = [sum, i];
  }
  const since = all.slice(from);
  const failed = since.filter((one) => one.tag === 'failed');
  const { reason = null, status = null } = failed.at(-1) ?? {};
  if (from < 0 || reason === null) return null;
  const fromMs = since[0]?.atMs ?? 0;
  return { kind: 'share', isOfDownloads: false, failed: failed.length, all: since.length, fromMs, reason, status };
}

function failingOf(all: readonly TallySample[]): FailingTarget[] {
  const rows = new Map<string, FailingTarget>();
  for (const { target, reason, status, atMs } of all) {
    const known = rows.get(target.id);
    if (reason === null) rows.delete(target.id);
    else rows.set(target.id, { target, reason, status, count: (known?.count ?? 0) + 1, fromMs: known?.fromMs ?? atMs });
  }
  return [...rows.values()].filter(({ count }) => count >= failuresMin.target);
}

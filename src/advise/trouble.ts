import type { Reason } from '../core/failure.ts';
import { isHeavy, type Mirror } from '../core/mirror.ts';
import { isPassedOver } from './chain.ts';
import { advisedChainOf } from './group.ts';
import { completeFromMs, type Tally, type TallyRow, type TallySample } from './tally.ts';
import type { View } from './view.ts';

/** The pattern of a mirror's last responses. Times are monotonic milliseconds. */
export type Trouble =
  /** Every light request since `row.fromMs` failed. */
  | { readonly kind: 'all'; readonly row: TallyRow }
  /**
   * Every download since `row.fromMs` failed, of two artifacts or more. `share`: the mirror rather fails a share of its
   * requests, and the row is chance; `null`: it is not so.
   */
  | { readonly kind: 'downloads'; readonly row: TallyRow; readonly share: Share | null }
  /**
   * Only some targets fail: each target in `failing` failed at its last two or more requests. `targets` is the number
   * of all targets.
   */
  | { readonly kind: 'targets'; readonly failing: readonly FailingTarget[]; readonly targets: number }
  /**
   * `failed` of `all` requests since `fromMs` failed; `reason` and `status` are those of the last failure. If only
   * downloads fail (`isOfDownloads`), only downloads are counted, because many good light requests would hide how often.
   */
  | Share
  | { readonly kind: 'none'; readonly count: number; readonly fromMs: number };

interface Share {
  readonly kind: 'share';
  readonly isOfDownloads: boolean;
  readonly failed: number;
  readonly all: number;
  readonly fromMs: number;
  readonly reason: Reason;
  readonly status: number | null;
}

interface FailingTarget extends Pick<Share, 'fromMs' | 'reason' | 'status'> {
  readonly target: TallySample['target'];
  readonly count: number;
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
/**
 * An outage is over if this many light requests that started after its last failure succeeded; a row of failed downloads,
 * if this many downloads did.
 */
const goodMin = 2;

/** The pattern of the last responses of a mirror; `null`: no response is stored. */
export function troubleOf(tally: Pick<Tally, 'samples' | 'rows'>): Trouble | null {
  const { samples, rows } = tally;
  const failed = allFailedOf(tally);
  if (failed !== null) return { kind: 'all', row: failed };
  const { backMs, overMs } = lastOutageIn(samples.light);
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
    if (!isOfDownloads && failing.length > 0) return ofTargets;
    return { kind: 'downloads', row: heavy, share: shareBeside(heavy, all, backMs) };
  }
  const downloads = all.filter((one) => isHeavy(one.target) && one.atMs >= completeFromMs(samples));
  const share = shareOf(all, downloads);
  if (share === null) return noTrouble(all, samples);
  const known = failing.reduce((sum, one) => sum + one.count, 0);
  if (known > share.failed / 2) return ofTargets;
  const sinceOutage = overMs === null ? [] : all.filter(({ atMs }) => atMs >= overMs);
  if (sinceOutage.length > 0 && sinceOutage.every(({ tag }) => tag === 'ok')) return noTrouble(sinceOutage, samples);
  const inShare = all.filter(({ atMs }) => atMs >= share.fromMs);
  if (!failing.some(({ target }) => isHeavy(target)) && isRowOver(inShare))
    return noTrouble(sinceFailure(all), samples);
  const end = sinceFailure(share.isOfDownloads ? downloads : all);
  const gap = (share.all - end.length) / share.failed;
  return end.length >= gapsOfEnd * gap ? noTrouble(sinceFailure(all), samples) : share;
}

/**
 * The last outage of a mirror: a row of failures of light requests, with the canary. Responses count in the order of
 * their ends: a request that waits through the end of an outage succeeds, although later ones timed out before it.
 *
 * `backMs`: when the mirror responded again; −∞: no outage. Downloads that failed before belong to the outage: the next
 * one may be hours later. `overMs`: when the last failure ended, if the mirror has responded well since, and no light
 * request failed outside this outage; `null`: it is not so. Its failures are then no trouble any more. Monotonic
 * milliseconds.
 */
function lastOutageIn(light: readonly TallySample[]): { readonly backMs: number; readonly overMs: number | null } {
  let [row, hasCanary, backMs, failedMs] = [0, false, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [failed, ofOutage] = [0, 0];
  for (const one of light.toSorted((a, b) => endOf(a) - endOf(b))) {
    const isFailed = one.tag === 'failed';
    if (!isFailed && row >= failuresMin.all && hasCanary) [backMs, ofOutage] = [endOf(one), row];
    hasCanary = isFailed && (hasCanary || one.target.canary);
    row = isFailed ? row + 1 : 0;
    if (isFailed) [failed, failedMs] = [failed + 1, endOf(one)];
  }
  const isOver = failed > 0 && failed === ofOutage && light.filter(({ atMs }) => atMs >= failedMs).length >= goodMin;
  return { backMs, overMs: isOver ? failedMs : null };
}

/**
 * True if all failures are one row of downloads, and downloads have succeeded since, one of them of an artifact that
 * failed. Responses count in the order of their ends.
 */
function isRowOver(since: readonly TallySample[]): boolean {
  const failed = since.filter(({ tag }) => tag === 'failed');
  if (failed.length < failuresMin.downloads || !failed.every(({ target }) => isHeavy(target))) return false;
  const downloads = since.filter(({ target }) => isHeavy(target)).sort((a, b) => endOf(a) - endOf(b));
  const first = downloads.findIndex(({ tag }) => tag === 'failed');
  const last = downloads.findLastIndex(({ tag }) => tag === 'failed');
  if (last - first + 1 !== failed.length) return false;
  const failedMs = Math.max(...failed.map(endOf));
  const good = downloads.filter(({ atMs }) => atMs >= failedMs);
  const artifacts = new Set(failed.map(idOf));
  return good.length >= goodMin && good.some((one) => artifacts.has(idOf(one)));
}

function endOf({ atMs, tookMs }: TallySample): number {
  return atMs + tookMs;
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
export function allFailedOf({ samples, rows: { light } }: Pick<Tally, 'samples' | 'rows'>): TallyRow | null {
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

/** @param downloads  those of the period of which all light requests are known too */
function shareOf(all: readonly TallySample[], downloads: readonly TallySample[]): Share | null {
  const ofDownloads = longestShareOf(downloads);
  if (ofDownloads === null || ofDownloads.failed < failuresMin.all) return longestShareOf(all);
  const isLight = all.some((one) => one.tag === 'failed' && one.atMs >= ofDownloads.fromMs && !isHeavy(one.target));
  return isLight ? longestShareOf(all) : { ...ofDownloads, isOfDownloads: true };
}

/**
 * A row of failed downloads may be chance if the mirror fails a share of its requests. It counts as chance if light
 * requests from `nearMs` before it on fail too: `lightMin` of them, and `lightShareMin` of all. It also counts as chance
 * if it has fewer than `sureMin` downloads and one succeeded in that time.
 */
const chance = { nearMs: 300_000, lightMin: 2, lightShareMin: 0.1, sureMin: 4 } as const;

/** @param backMs  when the last outage ended; light requests that failed before are no sign of chance */
function shareBeside(row: TallyRow, all: readonly TallySample[], backMs: number): Share | null {
  const near = all.filter(({ atMs }) => atMs >= row.fromMs - chance.nearMs);
  const light = near.filter(({ target, atMs }) => !isHeavy(target) && atMs >= backMs);
  const failed = light.filter(({ tag }) => tag === 'failed').length;
  if (failed >= chance.lightMin && failed >= chance.lightShareMin * light.length) return longestShareOf(all);
  const downloads = near.filter(({ target }) => isHeavy(target));
  if (row.count >= chance.sureMin || !downloads.some(({ tag }) => tag === 'ok')) return null;
  const share = shareSince(downloads);
  return share === null ? null : { ...share, isOfDownloads: true };
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
  return from < 0 ? null : shareSince(all.slice(from));
}

function shareSince(since: readonly TallySample[]): Share | null {
  const failed = since.filter((one) => one.tag === 'failed');
  const { reason = null, status = null } = failed.at(-1) ?? {};
  if (reason === null) return null;
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

import type { SpikeRule } from '../../core/config.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, questionOf, seriesId } from '../../core/mirror.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { isNumber, monotonicOf, openFinding, paceOfCanary, timeoutOf } from '../memory/lookups.ts';
import {
  type MirrorMemory,
  mirrorsOf,
  primaryConnectionOf,
  roundKeyOf,
  type SeriesMemory,
  stateOf,
} from '../memory/mirror-memory.ts';
import type { About, FindingRule, Request, RuleView, StoredRow } from '../memory/rule.ts';
import { sortByCanary } from '../memory/says.ts';
import { type OtherSpeed, otherSpeedOf, requestOther } from '../outage/http-versions.ts';
import { isCanaryOut } from '../outage/state.ts';
import { baselineForVersion, newBaseline } from '../rules/baseline.ts';
import {
  clearSpeed,
  isSpikingOrShifted,
  noSpeed,
  noSpike,
  type SpeedState,
  speedOf,
  speedPlace,
  type Usual,
  updateSpeed,
  usualOf,
} from '../rules/speed.ts';
import { isSlow } from '../rules/threshold.ts';
import { explainSpike, type SpeedSeries } from './spike-says.ts';
import { isSlowEverywhere } from './vantage.ts';

/** A spike that is held is looked at again after this time, milliseconds. The main loop turns much more often. */
const heldForMs = 1_000;

interface SpikeOwn {
  /** True if the spike is not reported, because other mirrors are slow too or the mirror is in outage. */
  readonly isHeld: boolean;
  /** The time of the last call of `refresh`, monotonic milliseconds. */
  readonly refreshedMs: number;
  /** The evidence of the open spike finding at the last call of `refresh`; `null`: no spike finding was open. */
  readonly reportedEvidence: Finding['evidence'] | null;
  readonly other: OtherSpeed | null;
}

/** Finds mirrors that are slower than usual. The state of a series is its baseline and its recent slow samples. */
export const spike: FindingRule<SpikeOwn, SpeedState> = {
  ...speedPlace,
  kind: 'spike',
  none: () => ({ isHeld: false, refreshedMs: 0, reportedEvidence: null, other: null }),
  gravity: 100,
  /** If `latest` resolves to another version, the baseline starts again, because earlier times are of another file. */
  settle(_, { series, sample }, speed) {
    const baseline = baselineForVersion(speed.baseline, sample.facts.resolvedVersion);
    if (baseline === speed.baseline) return null;
    const isAnew = baseline.window.length === 0 && speed.baseline.window.length > 0;
    const next = { ...speed, baseline };
    const isChange = isAnew && isSpikingOrShifted(speed);
    return { series: [[series, isAnew ? clearSpeed(next) : next]], dirty: series, isChange };
  },
  judge(own, { view, mirror, series, sample, isCold }, before) {
    const { purpose, target } = sample.due;
    if (purpose !== 'scheduled' || isHeavy(target) || isCold) return null;
    const byPeers = usualByPeers(view, mirror, series);
    const context = { rule: view.config.detect.spike, nowMs: view.now.monotonicMs, byPeers };
    const { state, isChange } = updateSpeed(before, sample, context);
    const isFirst = before.spike.slow === 0 && before.spike.sinceMs === null && !before.isLastSlow && state.isLastSlow;
    const compared = otherSpeedOf(own.other, mirror, sample, state.isLastSlow, view.now.monotonicMs);
    const requests: readonly Request[] = [
      ...(isFirst ? [{ kind: 'slow', sample } as const] : []),
      ...(compared.isRequested ? requestOther(sample) : []),
    ];
    // True if a failure ended the spike because of the spike's age, so the latency may still be high.
    const isOld = before.spike.sinceMs !== null && state.spike.sinceMs === null && sample.outcome.tag === 'failed';
    const others = () => mirror.series.values().filter((one) => one !== series);
    return {
      mirror: compared.known === own.other ? undefined : { ...own, other: compared.known },
      series: [[series, state]],
      dirty: series,
      isUrgent: isChange,
      requests,
      ...(isOld && before.shift === null && !others().some(isSpiking)
        ? { statement: { tag: 'well', ...messageFor('found.slow.failing', { name: mirror.mirror.name }) } }
        : { isChange }),
    };
  },
  peek(own, { view, mirror, sample: { due, outcome, rttMs } }) {
    const { target, protocol } = due;
    if (protocol === undefined) return null;
    const atMs = view.now.monotonicMs;
    const isChange = openFinding(view, 'spike', mirror.mirror.name) !== null;
    if (outcome.tag !== 'ok' || rttMs === null || mirror.mirror.speaks === undefined) return { isChange };
    return { mirror: { ...own, other: { targetId: target.id, protocol, rttMs, atMs } }, isChange };
  },
  // A new spike is not reported while other mirrors are slow too, because then our own network is the cause. After that,
  // it needs as many new slow samples as any spike. During an outage, no new spike is reported, because timeouts belong to
  // the outage.
  refresh(own, { view, mirror }) {
    const { name } = mirror.mirror;
    const reportedEvidence = openFinding(view, 'spike', name)?.evidence ?? null;
    const statement = explainSpike(name, seriesOfSpeed(mirror), view.config.detect.spike, {
      timeoutOf: (target) => timeoutOf(view.config, target),
      other: own.other,
    });
    const isNew = statement?.tag === 'trouble' && reportedEvidence === null;
    const spiking = isNew ? [...mirror.series.values()].filter(isSpiking) : [];
    const isShared = isNew && isSlowEverywhere(view, mirror);
    const isOwn = spiking.some((series) => isSlowAlone(speedOf(series), view.config.detect.spike));
    const isHeld = isNew && (isCanaryOut(mirror) || isShared || !isOwn);
    return {
      mirror: { ...own, reportedEvidence, isHeld, refreshedMs: view.now.monotonicMs },
      series: [
        ...(isShared ? spiking.map((series) => [series, sharedSlowness(speedOf(series))] as const) : []),
        ...sharedShifts(view, mirror),
      ],
      statement: isHeld ? null : statement,
    };
  },
  tick({ isHeld, refreshedMs }, { view }) {
    return isHeld && view.now.monotonicMs - refreshedMs >= heldForMs ? { isChange: true } : null;
  },
  /** When the canary's outage ends, spikes that were not reported because of the outage end too. */
  back({ isHeld }, { mirror }) {
    if (!isHeld) return null;
    const slow = [...mirror.series.values()].filter(isSpiking);
    return { series: slow.map((series) => [series, clearSpeed(speedOf(series))]), isChange: true };
  },
  startAnew(_, { series }, speed) {
    return speed.spike.sinceMs === null ? { series: [[series, { ...speed, spike: noSpike, pending: [] }]] } : null;
  },
  drop: (_, { dropped }) => ({ isChange: [...dropped].some((series) => isSpikingOrShifted(speedOf(series))) }),
  /** Ends a spike whose baseline is warming up again because a longer `warmup` was configured. */
  adopt(_, { view, mirror }) {
    const rule = view.config.detect.spike;
    let isChange = false;
    const series = [...mirror.series.values()].map((one): readonly [SeriesMemory, SpeedState] => {
      const { window, resolvedVersion } = speedOf(one).baseline;
      const speed = { ...speedOf(one), baseline: newBaseline(window, resolvedVersion, rule) };
      if (usualOf(speed).medianMs !== null || speed.spike.sinceMs === null) return [one, speed];
      isChange = true;
      return [one, clearSpeed(speed)];
    });
    return { series, isChange };
  },
  /** An acknowledgement ends the level shift, because its latency becomes the usual one. */
  acknowledge(_, { kind }, { mirror }) {
    if (kind === 'spike') return null;
    const shifted = [...mirror.series.values()].filter((series) => speedOf(series).shift !== null);
    return { series: shifted.map((series) => [series, { ...speedOf(series), shift: null }]), isUrgent: true };
  },
  cites: (_, { spike: { sinceMs }, slow }) =>
    sinceMs === null ? null : { probeId: slow.probeIds.at(-1), isTimed: true },
  isSure(_, { view, mirror }) {
    const { consecutive } = view.config.detect.spike;
    return mirror.series.values().some((series) => speedOf(series).spike.slow >= 2 * consecutive);
  },
  degrades: (_, findings) =>
    findings.some(({ kind, actionable }) => kind === 'spike' && actionable) ? phrase('why.slow') : null,
  /** Restores the counts of slow samples from the finding, because samples before a restart still count. */
  resume(_, { evidence }, { mirror }) {
    const { samples, failures: slowSamples, observedSeconds, probeIds, slowest } = evidence;
    const [first] = sortByCanary([...mirror.series.values()].filter(isSpiking));
    if (first === undefined) return 'gone';
    const observedMs = observedSeconds === null ? null : observedSeconds * 1_000;
    const slow = { samples, slowSamples, observedMs, probeIds, slowest };
    return { series: [[first, { ...speedOf(first), slow }]] };
  },
  writeSeries({ baseline, byPeers, wasWarm, spike: { slow, clear, sinceMs }, shift }, { view: { now } }) {
    // The next process has another monotonic clock, so wall times are stored.
    const wallOf = (monotonicMs: number) => now.wallMs - (now.monotonicMs - monotonicMs);
    return {
      window: baseline.window.map((ms) => Math.round(ms * 10) / 10),
      resolvedVersion: baseline.resolvedVersion,
      ...(byPeers === null ? {} : { byPeersMs: byPeers.medianMs }),
      ...(wasWarm && baseline.medianMs === null ? { wasWarm } : {}),
      slow,
      clear,
      spikeSinceMs: sinceMs === null ? null : wallOf(sinceMs),
      shift: shift === null ? null : { sinceMs: wallOf(shift.sinceMs), fromMs: shift.fromMs, isShared: shift.isShared },
    };
  },
  readSeries(_, row, series, about) {
    const { now, config } = about.view;
    const { window } = row;
    if (!Array.isArray(window) || !window.every((ms) => isNumber(ms) && ms >= 0)) return 'unreadable';
    if (now.wallMs - about.atMs > limits.baselineAgeMsMax) return null;
    const resolvedVersion = typeof row['resolvedVersion'] === 'string' ? row['resolvedVersion'] : null;
    const baseline = newBaseline(window, resolvedVersion, config.detect.spike);
    const streaks = readStreaks(row, about);
    const byPeers = isNumber(row['byPeersMs']) ? { medianMs: row['byPeersMs'], p99Ms: null } : null;
    const wasWarm = row['wasWarm'] === true || baseline.medianMs !== null;
    const spike = baseline.medianMs === null && byPeers === null ? noSpike : streaks.spike;
    return { series: [[series, { ...speedOf(series), baseline, byPeers, wasWarm, ...streaks, spike }]] };
  },
};

/**
 * The maximum age of a stored streak (a count of slow samples in a row), milliseconds. Rows are written rarely, so an
 * older row does not show the last samples before the process was killed.
 */
const streakAgeMsMax = 3 * 60_000;

/**
 * Reads the stored streaks (counts of slow samples in a row). A spike or level shift continues if its finding is open.
 */
function readStreaks(row: StoredRow, { view, mirror, atMs }: About & { readonly atMs: number }) {
  const { name } = mirror.mirror;
  const { slow, clear, spikeSinceMs } = row;
  const numberOf = (value: unknown) => (isNumber(value) ? value : 0);
  const isRecent = view.now.wallMs - atMs <= streakAgeMsMax;
  const isOpen = isNumber(spikeSinceMs) && openFinding(view, 'spike', name) !== null;
  const open = isOpen && { slow: numberOf(slow), clear: numberOf(clear), sinceMs: monotonicOf(view.now, spikeSinceMs) };
  const closed = isNumber(spikeSinceMs) || !isRecent ? noSpike : { ...noSpike, slow: numberOf(slow) };
  const { fromMs, sinceMs, isShared } = (row['shift'] ?? {}) as StoredRow;
  const isKept = isShared === true || openFinding(view, 'level_shift', name) !== null;
  const isShifted = isNumber(fromMs) && isNumber(sinceMs) && isKept;
  const shared = isShared === true ? { isShared } : {};
  const shift = isShifted ? { sinceMs: monotonicOf(view.now, sinceMs), fromMs, clear: 0, ...shared } : null;
  return { spike: open || closed, shift };
}

function isSpiking(series: SeriesMemory): boolean {
  return speedOf(series).spike.sinceMs !== null;
}

export function seriesOfSpeed(mirror: MirrorMemory): readonly SpeedSeries[] {
  const primary = primaryConnectionOf(mirror.mirror);
  return [...mirror.series.values()].map((series) => ({
    ...speedOf(series),
    target: series.target,
    isJudge: !isHeavy(series.target) && series.connection === primary,
  }));
}

/** The state of a spike while most other mirrors are slow too: its slow samples show nothing about this mirror. */
function sharedSlowness(speed: SpeedState): SpeedState {
  return { ...speed, slow: { ...speed.slow, sharedSamples: speed.slow.slowSamples } };
}

/** The level shifts that begin while most other mirrors are slow too, marked so that they are not reported. */
function sharedShifts(view: RuleView, mirror: MirrorMemory): readonly (readonly [SeriesMemory, SpeedState])[] {
  if (openFinding(view, 'level_shift', mirror.mirror.name) !== null) return [];
  const fresh = [...mirror.series.values()].filter((series) => speedOf(series).shift?.isShared === undefined);
  const shifted = fresh.filter((series) => speedOf(series).shift !== null);
  if (shifted.length === 0 || !isSlowEverywhere(view, mirror)) return [];
  return shifted.map((series) => {
    const { shift, ...speed } = speedOf(series);
    return [series, { ...speed, shift: shift && { ...shift, isShared: true } }];
  });
}

/** True if enough samples were slow since most other mirrors were no longer slow. */
function isSlowAlone({ slow: { slowSamples, sharedSamples = 0 } }: SpeedState, rule: SpikeRule): boolean {
  return sharedSamples === 0 || slowSamples - sharedSamples >= rule.consecutive;
}

/** The evidence of a mirror's open spike finding at the last call of `refresh`; `null`: no spike finding was open. */
export function spikeEvidenceOf(mirror: MirrorMemory): Finding['evidence'] | null {
  return stateOf(spike, mirror).reportedEvidence;
}

/** A peer counts if its canary was judged within this many of its intervals. */
const recentPaces = 3;

/**
 * The usual latency of a canary whose baseline warms up, from its own first samples and those of the fastest peer
 * (another mirror of the upstream, same item). `null`: no peer is known, there are too few samples, or the mirror has
 * been slower than its peers from the start. The latter may be by nature, so it counts only for the preferred mirror.
 * @see docs/decisions/0172-slow-mirrors-are-compared-with-others.md
 */
function usualByPeers(view: RuleView, mirror: MirrorMemory, series: SeriesMemory): Usual | null {
  const rule = view.config.detect.spike;
  const { baseline, shift, wasWarm } = speedOf(series);
  const isJudged = series.target.canary && baseline.medianMs === null && shift === null;
  if (!isJudged || view.without.has('slow-start')) return null;
  const own = firstUsualOf(baseline.window, rule);
  const peer = own === null ? null : fastestPeerOf(view, mirror, series);
  if (own === null || peer === null) return null;
  if (isSlow(own.medianMs, peer, rule, Number.POSITIVE_INFINITY) !== true)
    return { medianMs: Math.max(own.medianMs, peer.medianMs), p99Ms: Math.max(own.p99Ms ?? 0, peer.p99Ms ?? 0) };
  return !wasWarm && baseline.window.length >= 2 * rule.consecutive && isPreferred(view, mirror) ? peer : null;
}

/** The median and the p99 of at least `rule.consecutive` round trips; `null`: there are fewer. */
function firstUsualOf(window: readonly number[], rule: SpikeRule): Usual | null {
  const { medianMs, p99Ms } = newBaseline(window.slice(-rule.warmup), null, { ...rule, warmup: rule.consecutive });
  return medianMs === null ? null : { medianMs, p99Ms };
}

function fastestPeerOf(view: RuleView, mirror: MirrorMemory, { target, connection }: SeriesMemory): Usual | null {
  const all = [...mirrorsOf(view, mirror.roundKey)].flatMap((peer): Usual | readonly Usual[] => {
    if (peer === mirror || peer.canary === null || questionOf(peer.canary) !== questionOf(target)) return [];
    const series = peer.series.get(seriesId(peer.canary, connection));
    const speed = series === undefined ? noSpeed : speedOf(series);
    const sinceMs = view.now.monotonicMs - (peer.sight.judgedMonotonicMs ?? Number.NEGATIVE_INFINITY);
    const isAway = isCanaryOut(peer) || sinceMs > recentPaces * paceOfCanary(peer, view.config);
    if (isAway || isSpikingOrShifted(speed) || speed.spike.slow > 0) return [];
    return firstUsualOf(speed.baseline.window, view.config.detect.spike) ?? [];
  });
  return all.toSorted((a, b) => a.medianMs - b.medianMs)[0] ?? null;
}

/** True for the mirror of its upstream with the highest weight; of equal ones, the first in the configuration. */
function isPreferred({ config }: RuleView, { mirror, roundKey }: MirrorMemory): boolean {
  const all = config.mirrors.filter((one) => one.role === 'mirror' && roundKeyOf(one) === roundKey);
  return all.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0))[0]?.name === mirror.name;
}

import type { Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Speaks } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { Told } from '../../core/sentence.ts';
import { isHeavy, seriesId, type Target } from '../../core/target.ts';
import { told } from '../../words/tell.ts';
import { seriesStateOf } from '../mirror-memory.ts';
import { formatTime, type Says, scopeOf, seconds } from '../rules/says.ts';
import { isContaminated } from '../rules/threshold.ts';
import { failedOverHttp } from './http-versions.ts';
import { isCanaryOut, outagesOf } from './outage-state.ts';
import type { FindingRule, Received } from './rule.ts';

/** One request of a build beside its first, as it ended. */
export interface BuildAnswer {
  readonly target: Target;
  readonly probeId: string;
  /** `null`: it was ok. */
  readonly reason: Reason | null;
  /** The server closed the connection (GOAWAY) before it took the request, which was then sent over another one. */
  readonly isMoved: boolean;
  /** To the first byte of its response; `null`: not known. */
  readonly ms: number | null;
  /** The same of the same request alone; `null`: not known. */
  readonly aloneMs: number | null;
  readonly bytes: number;
}

/** What goes wrong with several requests at once: some fail, some need another connection, or each waits for the one before. */
type BuildTrouble = 'fails' | 'closes' | 'slow';

/** The trouble of builds in a row. */
interface BuildFault {
  readonly trouble: BuildTrouble;
  /** Answered requests of the newest build with it. */
  readonly requests: number;
  /** Of what failed; `null`: nothing did. */
  readonly reason: Reason | null;
  readonly samples: number;
  readonly failures: number;
  readonly slowestMs: number;
  readonly aloneMs: number;
  readonly targets: readonly Target[];
  readonly probeIds: readonly string[];
}

/** What builds of one mirror showed of late. */
export interface BuildState {
  /** The newest build, and what came of it so far. */
  readonly id: string;
  readonly answers: readonly BuildAnswer[];
  /** How many of its requests are still to end. */
  readonly left: number;
  /** Builds in a row with trouble; while that is open, without it. */
  readonly inRow: number;
  readonly fault: BuildFault | null;
  readonly isOpen: boolean;
}

/** Builds in a row that open and close. */
const buildsInRow = 2;
/** Fewer requests do not tell one at a time from one slow response, nor that a limit of streams is gone. */
const requestsMin = 4;
/** Where requests wait for one another, the last begins to be answered after so much of the sum of what each takes alone. */
const inTurnShare = 0.6;
/** And so many times later than the slowest of them alone. */
const inTurnFactor = 3;
/** Larger responses wait for the line, not for the server. */
const inTurnBytesMax = 64 * 1024;

const none: BuildState = { id: '', answers: [], left: 0, inRow: 0, fault: null, isOpen: false };

/** What a request of a build came to; `null`: it says nothing of the connection. */
function buildAnswer(sample: Sample, aloneMs: number | null): BuildAnswer | null {
  const { outcome, due, phases, bytes } = sample;
  const { target, probeId } = due;
  const reason = failedOverHttp(sample);
  if (outcome.tag === 'unknown' || (outcome.tag === 'failed' && reason === null)) return null;
  const isMoved = sample.repeated === 'goaway';
  return { target, probeId, reason, isMoved, ms: phases.processing ?? null, aloneMs, bytes };
}

/**
 * The state with one more request of a build; a build is judged when its last one has ended.
 * @param answer   `null`: one that says nothing
 * @param floorMs  faster is not slow
 */
export function withBuildAnswer(
  state: BuildState | null,
  { id, size }: { readonly id: string; readonly size: number },
  answer: BuildAnswer | null,
  floorMs: number,
): BuildState {
  const before = state ?? none;
  const known = before.id === id ? before : { ...before, id, answers: [], left: size - 1 };
  const answers = answer === null ? known.answers : [...known.answers, answer];
  const next = { ...known, answers, left: known.left - 1 };
  return next.left > 0 || answers.length === 0 ? next : judged(next, floorMs);
}

function judged(state: BuildState, floorMs: number): BuildState {
  const now = faultOf(state.answers, floorMs);
  if (now === null) {
    // Seven of eight targets, then the eighth: the small build does not speak for the large one.
    if (!state.isOpen && state.fault !== null && state.answers.length < Math.min(state.fault.requests, requestsMin))
      return state;
    const inRow = state.isOpen ? state.inRow + 1 : 0;
    return state.isOpen && inRow < buildsInRow ? { ...state, inRow } : none;
  }
  const fault = joined(state.fault, now);
  if (state.isOpen) return { ...state, inRow: 0, fault };
  const inRow = state.inRow + 1;
  return { ...state, inRow: inRow % buildsInRow, fault, isOpen: inRow >= buildsInRow };
}

function faultOf(answers: readonly BuildAnswer[], floorMs: number): BuildFault | null {
  const failed = answers.filter(({ reason }) => reason !== null);
  const moved = answers.filter(({ isMoved }) => isMoved);
  const times = answers.flatMap(({ ms, aloneMs }) => (ms === null || aloneMs === null ? [] : [{ ms, aloneMs }]));
  const slowestMs = Math.max(0, ...times.map(({ ms }) => ms));
  const aloneMs = Math.max(0, ...times.map((one) => one.aloneMs));
  const sumMs = times.reduce((sum, one) => sum + one.aloneMs, 0);
  const isInTurn =
    times.length >= requestsMin &&
    slowestMs >= Math.max(floorMs, inTurnFactor * aloneMs, inTurnShare * sumMs) &&
    answers.reduce((sum, { bytes }) => sum + bytes, 0) <= inTurnBytesMax;
  const odd = failed.length > 0 ? failed : moved.length > 0 ? moved : isInTurn ? answers : [];
  if (odd.length === 0) return null;
  return {
    trouble: failed.length > 0 ? 'fails' : moved.length > 0 ? 'closes' : 'slow',
    requests: answers.length,
    reason: failed[0]?.reason ?? null,
    samples: answers.length,
    failures: odd.length,
    slowestMs,
    aloneMs,
    targets: odd.map(({ target }) => target),
    probeIds: odd.map(({ probeId }) => probeId),
  };
}

function joined(before: BuildFault | null, now: BuildFault): BuildFault {
  if (before === null || before.trouble !== now.trouble) return now;
  return {
    ...now,
    reason: before.reason,
    samples: before.samples + now.samples,
    failures: before.failures + now.failures,
    probeIds: [...before.probeIds, ...now.probeIds].slice(-limits.findingProbes),
  };
}

/** What builds say of a mirror. @param speaks  who speaks HTTP/2 to it, and how they avoid it */
function buildSays(name: string, { fault, isOpen }: BuildState, speaks: readonly Speaks[] | undefined): Says {
  if (!isOpen || fault === null) return { tag: 'well', ...told('found.build.well', { name }), of: 'many_requests' };
  const { trouble, samples, failures, slowestMs, aloneMs, probeIds } = fault;
  const slow = { observedSeconds: seconds(slowestMs), baselineSeconds: seconds(aloneMs) };
  return {
    tag: 'trouble',
    scope: scopeOf(fault.targets).map((item) => ({ ...item, protocol: '2' as const })),
    cause: 'many_requests',
    evidence: { samples, failures, probeIds, ...(trouble === 'slow' ? slow : {}) },
    actionable: false,
    ...textOf(name, fault, speaks),
  };
}

function textOf(name: string, fault: BuildFault, speaks: readonly Speaks[] | undefined): Told {
  const { trouble, reason: cause, samples, failures, slowestMs, aloneMs } = fault;
  const { clients = [], bypass = null } = speaks?.find(({ protocol }) => protocol === '2') ?? {};
  const values = { name, failures, samples, clients: [...clients] };
  if (trouble === 'closes') return told('found.build.closes', values);
  if (trouble === 'slow')
    return told('found.build.slow', { name, time: formatTime(slowestMs), alone: formatTime(aloneMs) });
  if (bypass === null) return told('found.build', { ...values, cause: cause ?? 'reset' });
  return told('found.buildBypass', { ...values, cause: cause ?? 'reset', bypass });
}

/**
 * Several requests at once over one connection: they fail, need another connection, or wait for one another. Of a series it
 * keeps how long the first byte took alone last, over HTTP/2: milliseconds.
 */
export const builds: FindingRule<BuildState | null, number | null> = {
  name: 'builds',
  kind: 'unreliable',
  story: 'many_requests',
  none: () => null,
  noneOfSeries: null,
  receive(before, received) {
    const { view, mirror, sample } = received;
    const { build, target, purpose } = sample.due;
    // Its first request is a due one, and no other is under way yet.
    if (purpose !== 'build' || build === undefined) return null;
    const series = mirror.series.get(seriesId(target, 'cold'));
    const aloneMs = series === undefined ? null : seriesStateOf(builds, series);
    const answer = speaksForBuild(received, series?.serves === true) ? buildAnswer(sample, aloneMs) : null;
    const state = withBuildAnswer(before, build, answer, view.config.detect.spike.floorMs);
    const says = buildSays(mirror.mirror.name, state, mirror.mirror.speaks);
    return { mirror: state, says: before?.isOpen === true || state.isOpen ? says : null };
  },
  answer(_, { series, sample: { due, outcome, protocol, phases } }) {
    const { processing } = phases;
    if (due.connection !== 'cold' || due.build !== undefined || isHeavy(due.target)) return null;
    if (outcome.tag !== 'ok' || protocol !== '2' || processing === undefined) return null;
    return { series: [[series, processing]] };
  },
  resume: () => 'gone',
};

/** Where the mirror fails single requests too, that is told already. */
function speaksForBuild({ mirror, sample }: Received, isServed: boolean): boolean {
  const isAlone = isServed && outagesOf(mirror).fault === null;
  return isAlone && mirror.doubt === null && !isCanaryOut(mirror) && !isContaminated(sample, null);
}

import type { Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, type Mirror, type Speaks, seriesId, type Target } from '../../core/mirror.ts';
import type { Message } from '../../core/result.ts';
import { isDisturbed, type Sample } from '../../core/sample.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { seriesStateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, Received } from '../memory/rule.ts';
import { type FindingStatement, formatTime, scopeOf, secondsIn } from '../memory/says.ts';
import { httpFailureOf } from '../outage/http-versions.ts';
import { isCanaryOut, outagesOf } from '../outage/state.ts';
import { isContaminated } from '../rules/threshold.ts';

/**
 * The result of one request of a build (concurrent light probes over one HTTP/2 connection), other than the first
 * request.
 */
export interface BuildResponse {
  readonly target: Target;
  readonly probeId: string;
  readonly reason: Reason | null;
  /**
   * True if the server closed the connection (GOAWAY) before it processed the request. The request was then sent over
   * another connection.
   */
  readonly isMoved: boolean;
  /** The time to the first byte, milliseconds; `null`: not known. */
  readonly ms: number | null;
  /** The time to the first byte of a single request of the target, milliseconds; `null`: not known. */
  readonly aloneMs: number | null;
  readonly bytes: number;
}

/**
 * What goes wrong in a build. `fails`: some requests fail; `closes`: some need another connection; `slow`: each request
 * waits for the one before.
 */
type BuildTrouble = 'fails' | 'closes' | 'slow';

interface BuildFault {
  readonly trouble: BuildTrouble;
  readonly requests: number;
  readonly reason: Reason | null;
  readonly samples: number;
  readonly failures: number;
  readonly slowestMs: number;
  readonly aloneMs: number;
  readonly targets: readonly Target[];
  readonly probeIds: readonly string[];
}

export interface BuildState {
  readonly id: string;
  readonly responses: readonly BuildResponse[];
  readonly left: number;
  /** Number of builds in a row with trouble. While the finding is open: number of builds in a row without trouble. */
  readonly inRow: number;
  readonly fault: BuildFault | null;
  readonly isOpen: boolean;
}

/** This many builds in a row with trouble open the finding, and this many without trouble close it. */
const buildsInRow = 2;
/**
 * A build needs at least this many requests to show that the server handles requests one after the other. Before the
 * finding opens, a build without trouble resets the count only if it has as many requests, or as many as the build with
 * trouble.
 */
const requestsMin = 4;
/**
 * The server handles the requests of a build one after the other only if the slowest request takes at least this
 * fraction of the sum of the times of single requests.
 */
const inTurnShare = 0.6;
/**
 * In addition, the slowest request of a build must take at least this many times the slowest single request. Only then
 * did the requests wait for each other.
 */
const inTurnFactor = 3;
/**
 * The maximum number of bytes in all responses of a build that may show that requests wait for each other. With more
 * bytes, the times depend on bandwidth.
 */
const inTurnBytesMax = 64 * 1024;

const none: BuildState = { id: '', responses: [], left: 0, inRow: 0, fault: null, isOpen: false };

/** The result of a build's request; `null`: the request shows nothing about the connection. */
function buildResponseOf(sample: Sample, aloneMs: number | null): BuildResponse | null {
  const { outcome, due, phases, bytes } = sample;
  const { target, probeId } = due;
  const reason = httpFailureOf(sample);
  if (outcome.tag === 'unknown' || (outcome.tag === 'failed' && reason === null)) return null;
  const isMoved = sample.repeated === 'goaway';
  return { target, probeId, reason, isMoved, ms: phases.processing ?? null, aloneMs, bytes };
}

/**
 * Adds the result of one request of a build. After the last request, judges the build.
 * @param response   `null`: the request shows nothing about the connection
 * @param floorMs  a response faster than this is never slow
 */
export function updateBuilds(
  state: BuildState | null,
  { id, size }: { readonly id: string; readonly size: number },
  response: BuildResponse | null,
  floorMs: number,
): BuildState {
  const before = state ?? none;
  const known = before.id === id ? before : { ...before, id, responses: [], left: size - 1 };
  const responses = response === null ? known.responses : [...known.responses, response];
  const next = { ...known, responses, left: known.left - 1 };
  return next.left > 0 || responses.length === 0 ? next : judged(next, floorMs);
}

function judged(state: BuildState, floorMs: number): BuildState {
  const now = faultOf(state.responses, floorMs);
  if (now === null) {
    // A smaller build does not show that the trouble of a larger one is over.
    if (!state.isOpen && state.fault !== null && state.responses.length < Math.min(state.fault.requests, requestsMin))
      return state;
    const inRow = state.isOpen ? state.inRow + 1 : 0;
    return state.isOpen && inRow < buildsInRow ? { ...state, inRow } : none;
  }
  const fault = joined(state.fault, now);
  if (state.isOpen) return { ...state, inRow: 0, fault };
  const inRow = state.inRow + 1;
  return { ...state, inRow: inRow % buildsInRow, fault, isOpen: inRow >= buildsInRow };
}

function faultOf(responses: readonly BuildResponse[], floorMs: number): BuildFault | null {
  const failed = responses.filter(({ reason }) => reason !== null);
  const moved = responses.filter(({ isMoved }) => isMoved);
  const times = responses.flatMap(({ ms, aloneMs }) => (ms === null || aloneMs === null ? [] : [{ ms, aloneMs }]));
  const slowestMs = Math.max(0, ...times.map(({ ms }) => ms));
  const aloneMs = Math.max(0, ...times.map((one) => one.aloneMs));
  const sumMs = times.reduce((sum, one) => sum + one.aloneMs, 0);
  const isInTurn =
    times.length >= requestsMin &&
    slowestMs >= Math.max(floorMs, inTurnFactor * aloneMs, inTurnShare * sumMs) &&
    responses.reduce((sum, { bytes }) => sum + bytes, 0) <= inTurnBytesMax;
  const odd = failed.length > 0 ? failed : moved.length > 0 ? moved : isInTurn ? responses : [];
  if (odd.length === 0) return null;
  return {
    trouble: failed.length > 0 ? 'fails' : moved.length > 0 ? 'closes' : 'slow',
    requests: responses.length,
    reason: failed[0]?.reason ?? null,
    samples: responses.length,
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

function buildStatement({ name, speaks }: Mirror, { fault, isOpen }: BuildState): FindingStatement {
  if (!isOpen || fault === null)
    return { tag: 'well', ...messageFor('found.build.well', { name }), of: 'many_requests' };
  const { trouble, samples, failures, slowestMs, aloneMs, probeIds } = fault;
  const slow = { observedSeconds: secondsIn(slowestMs), baselineSeconds: secondsIn(aloneMs) };
  return {
    tag: 'trouble',
    scope: scopeOf(fault.targets).map((item) => ({ ...item, protocol: '2' as const })),
    cause: 'many_requests',
    evidence: { samples, failures, probeIds, ...(trouble === 'slow' ? slow : {}) },
    ...textOf(name, fault, speaks),
  };
}

function textOf(name: string, fault: BuildFault, speaks: readonly Speaks[] | undefined): Message {
  const { trouble, reason: cause, samples, failures, slowestMs, aloneMs } = fault;
  const { clients = [], bypass = null } = speaks?.find(({ protocol }) => protocol === '2') ?? {};
  const values = { name, failures, samples, clients: clients.length === 0 ? phrase('found.anyHttp2') : [...clients] };
  if (trouble === 'closes') return messageFor('found.build.closes', values);
  if (trouble === 'slow')
    return messageFor('found.build.slow', { name, time: formatTime(slowestMs), alone: formatTime(aloneMs) });
  if (bypass === null) return messageFor('found.build', { ...values, cause: cause ?? 'reset' });
  return messageFor('found.buildBypass', { ...values, cause: cause ?? 'reset', bypass });
}

/**
 * Finds mirrors where concurrent requests over one connection fail, need another connection, or wait for each other.
 * The state of a series is the last time to the first byte of a single HTTP/2 request, milliseconds.
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
    // The first request of a build is a scheduled probe, so it has another purpose and is not counted here.
    if (purpose !== 'build' || build === undefined) return null;
    const series = mirror.series.get(seriesId(target, 'cold'));
    const aloneMs = series === undefined ? null : seriesStateOf(builds, series);
    const response = speaksForBuild(received, series?.item === 'served') ? buildResponseOf(sample, aloneMs) : null;
    const state = updateBuilds(before, build, response, view.config.detect.spike.floorMs);
    const statement = buildStatement(mirror.mirror, state);
    return { mirror: state, statement: before?.isOpen === true || state.isOpen ? statement : null };
  },
  observe(before, { mirror, series, sample: { due, outcome, protocol, phases } }) {
    const { processing } = phases;
    if (due.connection !== 'cold' || due.build !== undefined || isHeavy(due.target)) return null;
    // If the server has turned HTTP/2 off, no further build runs that could end the finding. So the finding ends now.
    if (before?.isOpen === true && due.target.canary && outcome.tag === 'ok' && protocol === '1.1')
      return { mirror: null, statement: buildStatement(mirror.mirror, none) };
    if (outcome.tag !== 'ok' || protocol !== '2' || processing === undefined) return null;
    return { series: [[series, processing]] };
  },
  resume: () => 'gone',
};

function speaksForBuild({ mirror, sample }: Received, isServed: boolean): boolean {
  const isAlone = isServed && outagesOf(mirror).fault === null;
  return (
    isAlone && mirror.doubt === null && !isCanaryOut(mirror) && !isDisturbed(sample) && !isContaminated(sample, null)
  );
}

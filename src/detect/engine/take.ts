import type { ControlResponse, Due } from '../../core/due.ts';
import { type Because, isSilent, isTimeout } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, seriesId, type Target, targetId } from '../../core/mirror.ts';
import { isDisturbed, type Sample } from '../../core/sample.ts';
import { isConfirmed } from '../confirm/doubt.ts';
import { isSlowAt } from '../confirm/look.ts';
import { asLacking, isOfWithdrawn } from '../confirm/withdrawn.ts';
import { isLineLossy } from '../confirm/witness.ts';
import { heldThread } from '../findings/held-thread.ts';
import { asResponse, judgeByFile } from '../findings/peers.ts';
import { isWithheldItem } from '../findings/policy.ts';
import { canBeProbed, isLeftAlone } from '../memory/absence.ts';
import { recordRequest } from '../memory/density.ts';
import { roundOf, timeoutOf } from '../memory/lookups.ts';
import { addMark } from '../memory/loss.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesOf, stateOf } from '../memory/mirror-memory.ts';
import { advanceDeadline, controlKeyOf, recordResponse } from '../memory/moments.ts';
import { boundsFor } from '../rules/speed.ts';
import { isContaminated } from '../rules/threshold.ts';
import { mirrorOf, settle, settledSampleOf } from './settle.ts';
import { judgeUs, sendToKinds } from './step.ts';

/**
 * Error codes that mean that this machine has no free file descriptors or memory. A control that could not be probed
 * for this reason shows nothing about the network.
 */
const exhaustedCodes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Processes a new sample. If it shows nothing about the mirror, it is settled (made final) at once. Most other samples
 * wait until `releaseHeld` settles them.
 */
export function take(memory: Memory, taken: Sample): void {
  const { target, connection, purpose } = taken.due;
  const mirror = mirrorOf(memory, taken);
  if (mirror === null) {
    settle(memory, taken, null);
    return;
  }
  const sample = asLacking(memory, mirror, taken);
  if (target.canary && purpose !== 'build') recordPlan(mirror, sample);
  recordRequest(mirror, sample, isSlowAt(seriesOf(mirror, target, connection), sample, memory.config.detect.spike));
  recordSlowness(mirror, sample);
  const isEmpty = isTooShort(mirror, sample);
  followArtifact(memory, mirror, sample);
  const received = { view: memory, mirror, sample };
  sendToKinds(memory, 'receive', received);
  if (purpose === 'build') {
    memory.turn.settled.push(settledSampleOf(sample));
    return;
  }
  const { monotonicMs } = memory.now;
  const series = seriesOf(mirror, target, connection);
  const response = asResponse(sample, judgeByFile(memory, mirror, sample));
  const input = { ...received, series, sample: response };
  const isShort = isShortTimeout(memory, mirror, sample);
  const because = becauseOf(memory, mirror, series, sample);
  const isOurs = because !== null || isEmpty || sample.outcome.tag === 'unknown' || sample.isOfPace === true;
  const isSuspect = memory.confirm.suspicions.has(mirror.egress);
  if (purpose === 'peek' && !isOurs) {
    // The first bytes prove nothing about the rest of an artifact, so a peek is not judged. If packets may be lost in our
    // own network, a failed connection shows nothing about the address family or the HTTP version of the peek either.
    const isLost = isSilent(sample.outcome) && (isSuspect || isLineLossy(memory, mirror.egress));
    if (!isLost) sendToKinds(memory, 'peek', input);
    const isWithdrawn = isOfWithdrawn(memory, mirror, response);
    const isUnproven = response !== sample && !isWithdrawn;
    memory.turn.settled.push({
      ...settledSampleOf(sample),
      isWithdrawn,
      isUnproven,
      isWithheld: isWithheldItem(memory, mirror, sample),
    });
    return;
  }
  const isResponse = !isSilent(sample.outcome);
  recordInRounds(memory, mirror, sample, isOurs ? null : isResponse);
  if (isOurs) {
    if (isEmpty) memory.turn.settled.push({ ...settledSampleOf(sample), isTooShort: true });
    else settle(memory, sample, because);
    return;
  }
  sendToKinds(memory, 'observe', input);
  // A good response counts even while our own network is suspect: it can end an outage.
  const isCounted = !isSuspect || response.outcome.tag === 'ok';
  if (isCounted && !isShort && !isLeftAlone(mirror)) sendToKinds(memory, 'confirm', input);
  recordLine(mirror, sample, isResponse, monotonicMs);
  memory.confirm.held.push({ sample, sinceMs: monotonicMs, isShort });
}

/**
 * Adds a sample to the moments (concurrent probes) that wait for it. While our network over the mirror's egress
 * (network path) is suspect, a response brings the next moment forward.
 * @param isResponse  `null`: the sample says nothing about the mirror
 */
function recordInRounds(memory: Memory, mirror: MirrorMemory, sample: Sample, isResponse: boolean | null): void {
  const { round: place, target } = sample.due;
  const round = place === null ? null : roundOf(memory, place.id);
  if (place !== null && round !== null) {
    const outcome = isResponse === null ? null : isResponse ? 'answered' : 'failed';
    recordResponse(round, place.moment, target.registry, outcome, isResponse === null ? null : sample);
  }
  const suspicion = memory.confirm.suspicions.get(mirror.egress);
  if (suspicion === undefined || isResponse !== true || isLeftAlone(mirror)) return;
  const watching = memory.confirm.rounds.get(suspicion.roundKey);
  if (watching !== undefined) advanceDeadline(watching, memory.now.monotonicMs, limits.roundStepMs);
}

/**
 * True if a confirming probe exceeded its short timeout and the target is not in doubt (has no unconfirmed failure).
 * Such a timeout is no failure.
 */
function isShortTimeout(memory: Memory, mirror: MirrorMemory, { due, outcome }: Sample): boolean {
  if (due.purpose !== 'confirm' || outcome.tag !== 'failed' || !isTimeout(outcome.failure.kind)) return false;
  return due.timeoutMs < timeoutOf(memory.config, due.target) && !isConfirmed(mirror, due.target);
}

/** The cause on our own side that makes a sample unknown; `null`: there is none, or the sample is unknown already. */
function becauseOf(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): Because | null {
  if (sample.outcome.tag === 'unknown') return null;
  const { startedMonotonicMs, endedMonotonicMs, due } = sample;
  const slept = memory.us.asleep.some(({ fromMs, toMs }) => startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs);
  if (slept) return 'local';
  const contaminated = isContaminated(sample, boundsFor(memory.config.detect.spike, series, due.timeoutMs));
  const disturbed = !contaminated && sample.outcome.tag === 'ok' && isDisturbed(sample);
  // A delay of our event loop that the mirror itself causes is no sign of trouble on this machine.
  const isItsOwn = stateOf(heldThread, mirror) !== null;
  if (!isItsOwn) judgeUs(memory, 'count', { contaminated, disturbed });
  return contaminated ? 'contaminated' : null;
}

/**
 * Records the response of a control (a host that is no mirror), and passes the response to the rounds (confirming
 * probes) that wait for it.
 */
export function receiveControl(memory: Memory, response: ControlResponse, place: Due['round']): void {
  const { monotonicMs } = memory.now;
  const isOurs = response.code !== null && exhaustedCodes.has(response.code);
  const known = memory.controls.get(response.name);
  if (!isOurs && known !== undefined) {
    const result = response.answered ? 'responded' : 'silent';
    const marks = addMark(known.marks, { sentMs: response.at.monotonicMs, atMs: monotonicMs, result });
    memory.controls.set(response.name, { up: response.answered, known: known.known || response.answered, marks });
  }
  const outcome = isOurs ? null : response.answered ? 'answered' : 'failed';
  for (const round of memory.confirm.rounds.values()) {
    if (round.id === place?.id) recordResponse(round, place.moment, controlKeyOf(response.name), outcome);
    else if (response.answered && round.watching.size > 0) advanceDeadline(round, monotonicMs, limits.roundStepMs);
  }
}

/** Records that the canary was probed, and when its probe was planned. */
function recordPlan(mirror: MirrorMemory, { due }: Sample): void {
  const { sight } = mirror;
  sight.wasProbed = true;
  if (due.purpose !== 'scheduled' || isLeftAlone(mirror)) return;
  if (sight.lastPlannedMs !== null)
    sight.plannedGapMs = Math.max(sight.plannedGapMs ?? 0, due.plannedAtMs - sight.lastPlannedMs);
  sight.lastPlannedMs = due.plannedAtMs;
}

/**
 * Records how slowly a mirror responds, with any status. Confirming probes of a mirror in doubt then wait longer, so a
 * slow mirror does not seem down.
 */
function recordSlowness({ doubt, sight }: MirrorMemory, sample: Sample): void {
  const { due, outcome, rttMs, endedMonotonicMs } = sample;
  const isQuick = due.purpose === 'peek' || !isHeavy(due.target);
  if (rttMs === null || outcome.tag === 'unknown' || isSilent(outcome) || !isQuick) return;
  if (rttMs >= limits.roundTimeoutMsMin) sight.slow = { endedMs: endedMonotonicMs, rttMs };
  if (doubt !== null) doubt.slowestMs = Math.max(doubt.slowestMs, rttMs);
}

/**
 * True for a confirming probe that timed out, although a response of the mirror meanwhile took longer than its timeout.
 * The mirror is slow then, and the timeout shows nothing.
 */
function isTooShort({ sight: { slow } }: MirrorMemory, { due, outcome, startedMonotonicMs }: Sample): boolean {
  if (due.purpose !== 'confirm' || outcome.tag !== 'failed' || !isTimeout(outcome.failure.kind)) return false;
  return slow !== null && slow.endedMs >= startedMonotonicMs && slow.rttMs >= due.timeoutMs;
}

/** Records what a sample shows about the network between us and a mirror. */
function recordLine({ line }: MirrorMemory, sample: Sample, isResponse: boolean, nowMs: number): void {
  line.address = sample.remoteAddress ?? line.address;
  if (isResponse) line.respondedFromMs = Math.max(line.respondedFromMs ?? 0, sample.startedMonotonicMs);
  const { outcome } = sample;
  const isRefused = outcome.tag === 'failed' && ['refused', 'proxy'].includes(outcome.failure.kind);
  const result = isResponse ? 'responded' : isRefused ? 'refused' : 'silent';
  line.marks = addMark(line.marks, { sentMs: sample.startedMonotonicMs, atMs: nowMs, result });
}

/** The minimum interval between two requests for the first bytes of one artifact whose location changes repeatedly. */
const requestEveryMs = 5 * 60_000;

/**
 * Records the location of a version's artifact, as an index states it. If the location changes, a probe of the
 * artifact's first bytes is requested at once, because the next scheduled download may be an hour later. If that probe
 * fails, the whole artifact is requested.
 * @see docs/decisions/0010-downloads-and-first-bytes.md
 */
function followArtifact(memory: Memory, mirror: MirrorMemory, { due, facts, outcome }: Sample): void {
  if (facts.artifact !== undefined) return recordPlace(memory, mirror, { due, facts });
  if (!isHeavy(due.target)) return;
  const series = mirror.series.get(seriesId(due.target, 'cold'));
  if (series?.artifact?.isUnproven !== true || due.artifactAt !== series.artifact.at) return;
  series.artifact = { ...series.artifact, isUnproven: false };
  if (due.purpose === 'peek' && outcome.tag === 'failed') memory.turn.rechecks.push(due.target);
}

function recordPlace(memory: Memory, mirror: MirrorMemory, { due, facts }: Pick<Sample, 'due' | 'facts'>): void {
  const { registry, module, version } = due.target;
  const { step, at } = facts.artifact ?? {};
  const target = step === undefined ? undefined : memory.targets.get(targetId(registry, module, version, step));
  if (target === undefined || at === undefined) return;
  const series = seriesOf(mirror, target, 'cold');
  const nowMs = memory.now.monotonicMs;
  const resolved = facts.resolvedVersion ?? version ?? '';
  const before = series.artifact;
  // Only a changed location of the same version counts. A new version always has a new path, and may take a while to
  // arrive at a mirror.
  const hasMoved = before !== undefined && before.version === resolved && before.at !== at;
  if (before?.at === at && before.version === resolved) return;
  const movedMs = before?.movedMs ?? Number.NEGATIVE_INFINITY;
  // An index that alternates between locations must not use up the budget of confirming probes.
  const isRequested = hasMoved && nowMs - movedMs >= requestEveryMs && requestFirstBytes(memory, mirror, target);
  series.artifact = { version: resolved, at, isUnproven: isRequested, movedMs: isRequested ? nowMs : movedMs };
}

function requestFirstBytes(memory: Memory, mirror: MirrorMemory, target: Target): boolean {
  if (!canBeProbed(memory, mirror) || !memory.confirm.budget.pay(1, true)) return false;
  memory.turn.peeks.push({ target, family: null });
  return true;
}

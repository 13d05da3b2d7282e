import type { Because } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { certificateSays, hearCertificate, judgeCertificate } from './certificate.ts';
import { isColdFetch, noStepTimes, seenKey, withStepTime } from './cold.ts';
import { closeFinding, openFinding, putFinding, scopeOf } from './findings.ts';
import {
  type Memory,
  type MirrorMemory,
  primaryConnection,
  roundKeyOf,
  type SeriesMemory,
  seriesOf,
  writeSoon,
} from './memory.ts';
import { judgeMismatch, wrongDigest } from './mismatch.ts';
import { opensOutage } from './outage.ts';
import { heardOf, hearOutage, openOutage, vantageWord } from './outages.ts';
import { judgeRefusal, refusalOf } from './refusal.ts';
import { followVersion, hearSpeed } from './speeds.ts';
import { thresholdMs } from './threshold.ts';
import type { TurnDraft } from './turn.ts';

/** What keeps us from seeing a mirror and is ours. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'proxy', 'local']);

/** How old the note "was answered before" may get until it is written again, so that it does not expire in use. */
const seenRewriteMs = 24 * 3_600_000;

/** A series' threshold for a deadline; `null` while warming and for heavy steps. Milliseconds. */
export function thresholdFor(memory: Memory, series: SeriesMemory, timeoutMs: number): number | null {
  if (isHeavy(series.target.step)) return null;
  return thresholdMs(series.baseline.medianMs, memory.config.detect.spike, timeoutMs);
}

/**
 * Settles a sample: fixes its outcome, says whether it was a cold fetch and what was usual, hands it out, and lets the
 * rules that need no round judge it. Called once for each sample.
 * @param because  makes it unknown; `null` leaves its outcome as it is
 */
export function settle(memory: Memory, turn: TurnDraft, taken: Sample, because: Because | null): void {
  const sample: Sample = because === null ? taken : { ...taken, outcome: { tag: 'unknown', because } };
  const { target, connection } = sample.due;
  const mirror = memory.mirrors.get(target.registry);
  if (mirror === undefined || !memory.targets.has(target.id)) {
    // Removed by a reload while it was on its way: handed out as it is, judged by nobody.
    turn.settled.push({ ...sample, cold: false, thresholdMs: null, baselineMs: null });
    return;
  }
  const series = seriesOf(mirror, target, connection);
  if (sample.outcome.tag === 'ok') followVersion(memory, turn, mirror, series, sample);
  const cold = noteAnswer(memory, turn, mirror, sample);
  turn.settled.push({
    ...sample,
    cold,
    thresholdMs: thresholdFor(memory, series, sample.due.timeoutMs),
    baselineMs: isHeavy(target.step) ? null : series.baseline.medianMs,
  });
  noteSight(memory, mirror, sample);
  if (sample.outcome.tag === 'unknown') return;
  noteCanary(memory, mirror, sample);
  if (mirror.paused !== null || mirror.inMaintenance) return;
  if (sample.due.purpose === 'scheduled' && !isHeavy(target.step) && !cold) {
    hearSpeed(memory, turn, mirror, series, sample);
  }
  if (connection === 'cold' && !isCanaryProbe(sample)) judgeOutage(memory, turn, mirror, series, sample);
  if (target.canary && connection === primaryConnection(mirror.mirror) && sample.due.purpose === 'scheduled') {
    judgeCanaryRefusal(memory, turn, mirror, sample);
  }
  judgeHash(memory, turn, mirror, sample);
  judgeTls(memory, turn, mirror, sample);
}

/** True for the probes that the confirming round judges on arrival. */
export function isCanaryProbe(sample: Sample): boolean {
  return sample.due.target.canary && sample.due.connection === 'cold';
}

/** Remembers that something was answered, and says whether this was a pull-through cache's first fetch. */
function noteAnswer(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, sample: Sample): boolean {
  if (sample.outcome.tag !== 'ok') return false;
  mirror.hasOk = true;
  const key = seenKey(sample);
  const seenAtMs = memory.seen.get(key);
  const { step } = sample.due.target;
  const timesKey = `${step}|${sample.due.connection}`;
  const times = mirror.stepTimes.get(timesKey) ?? noStepTimes;
  const cold = isColdFetch(sample, seenAtMs !== undefined, times.medianMs);
  if (!cold && sample.rttMs !== null) mirror.stepTimes.set(timesKey, withStepTime(times, sample.rttMs));
  if (seenAtMs === undefined || memory.now.wallMs - seenAtMs >= seenRewriteMs) {
    memory.seen.set(key, memory.now.wallMs);
    turn.rows.push({ table: 'seen', key, atMs: memory.now.wallMs, value: {} });
  }
  return cold;
}

/** Notes whether the canary can be seen at all from here. */
function noteSight(memory: Memory, mirror: MirrorMemory, { due, outcome }: Sample): void {
  if (!due.target.canary) return;
  if (outcome.tag !== 'unknown') mirror.blindSinceMs = null;
  else if (blinding.has(outcome.because)) mirror.blindSinceMs ??= memory.now.wallMs;
}

function noteCanary(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  if (!sample.due.target.canary) return;
  mirror.lastJudgedAtMs = memory.now.wallMs;
  mirror.judgedMonotonicMs = memory.now.monotonicMs;
  mirror.lastSkip = null;
  mirror.canaryServes = sample.outcome.tag === 'ok';
  mirror.isDirty = true;
  if (sample.outcome.tag !== 'ok') return;
  mirror.lastOkAtMs = memory.now.wallMs;
  if (sample.due.connection === 'cold') mirror.lastOkRttMs = sample.rttMs ?? mirror.lastOkRttMs;
}

function judgeOutage(
  memory: Memory,
  turn: TurnDraft,
  mirror: MirrorMemory,
  series: SeriesMemory,
  sample: Sample,
): void {
  const heard = heardOf(sample);
  if (heard === null) return;
  hearOutage(memory, turn, mirror, series, heard);
  if (opensOutage(series.outage, memory.config.detect.outage) === null) return;
  openOutage(memory, turn, mirror, series, vantageWord(memory, mirror));
}

function judgeCanaryRefusal(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, sample: Sample): void {
  const { name, ecosystem, upstream } = mirror.mirror;
  const refusal = refusalOf(sample.outcome, hasServingSibling(memory, mirror));
  const heard = { outcome: sample.outcome, refusal, probeId: sample.due.probeId };
  const { state, event } = judgeRefusal(mirror.refusal, heard, memory.config.detect.outage);
  mirror.refusal = state;
  if (event === 'closed') closeFinding(memory, turn, 'refusal', name, { text: `${name} serves us again.` });
  if (event !== 'opened' || state.reason === null) return;
  putFinding(memory, turn, {
    kind: 'refusal',
    ecosystem,
    upstream,
    registry: name,
    scope: scopeOf([sample.due.target]),
    cause: state.reason,
    vantage: vantageWord(memory, mirror),
    evidence: {
      samples: state.refusals,
      failures: state.refusals,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: state.probeIds,
    },
    actionable: true,
    text: `${name} answers and refuses (${state.reason}): ${state.refusals} canary probes in a row.`,
  });
}

/** True where another mirror of the upstream last served what this one's canary asks for. */
function hasServingSibling(memory: Memory, mirror: MirrorMemory): boolean {
  const key = roundKeyOf(mirror.mirror);
  const wanted = mirror.canary;
  for (const other of memory.mirrors.values()) {
    if (other === mirror || roundKeyOf(other.mirror) !== key || !other.canaryServes) continue;
    const { canary } = other;
    if (canary?.module === wanted?.module && canary?.version === wanted?.version && canary?.step === wanted?.step) {
      return true;
    }
  }
  return false;
}

function judgeHash(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, sample: Sample): void {
  const { target, connection, purpose, probeId } = sample.due;
  if (sample.outcome.tag === 'ok') {
    mirror.wrongOnce.delete(target.id);
    if (mirror.declaredWrong.delete(target.id)) mirror.isDirty = true;
  }
  if (sample.outcome.tag !== 'failed' || sample.outcome.failure.kind !== 'mismatch') return;
  const { failure } = sample.outcome;
  const { name, ecosystem, upstream } = mirror.mirror;
  const declared = mirror.declaredWrong.get(target.id);
  if (declared?.isAcknowledged === true && declared.digest === wrongDigest(failure)) return;
  const known = openFinding(memory, 'mismatch', name);
  const { module, version, step } = target;
  const isKnown = known?.scope.some((item) => item.module === module && item.version === version && item.step === step);
  if (isKnown === true) return;
  const before = mirror.wrongOnce.get(target.id) ?? null;
  const verdict = judgeMismatch(before, failure, { connection, isRecheck: purpose === 'recheck' });
  if (verdict !== 'declare') {
    mirror.wrongOnce.set(target.id, { failure, probeId });
    if (verdict === 'look_again') turn.rechecks.push(target);
    return;
  }
  mirror.wrongOnce.delete(target.id);
  mirror.declaredWrong.set(target.id, { digest: wrongDigest(failure), isAcknowledged: false });
  writeSoon(mirror);
  const probeIds = [...(known?.evidence.probeIds ?? []), ...(before === null ? [] : [before.probeId]), probeId];
  putFinding(memory, turn, {
    kind: 'mismatch',
    ecosystem,
    upstream,
    registry: name,
    scope: [...(known?.scope ?? []), { module, version, step }].slice(0, limits.scopeItems),
    cause: 'mismatch',
    vantage: known?.vantage ?? vantageWord(memory, mirror),
    evidence: {
      samples: (known?.evidence.samples ?? 0) + 2,
      failures: (known?.evidence.failures ?? 0) + 2,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: probeIds.slice(-limits.findingProbes),
    },
    actionable: true,
    text: `${name} serves other bytes for ${module ?? 'a file'}@${version ?? ''} (${step}) than go.sum or the checksum database names: twice the same ${failure.algorithm}.`,
  });
}

function judgeTls(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, sample: Sample): void {
  const { name, ecosystem, upstream } = mirror.mirror;
  if (sample.tls !== null) {
    const { expiresAtMs, authorizationCode } = sample.tls;
    if (mirror.certificate?.expiresAtMs !== expiresAtMs) mirror.isDirty = true;
    mirror.certificate = { expiresAtMs, authorizationCode };
  }
  const says = certificateSays(sample, memory.now.wallMs);
  mirror.certificateState = hearCertificate(mirror.certificateState, says, sample.due.probeId);
  const verdict = judgeCertificate(mirror.certificateState);
  if (verdict === 'closed')
    closeFinding(memory, turn, 'certificate', name, { text: `${name} has a good certificate.` });
  const cause = mirror.certificateState.says;
  if (verdict !== 'open' || cause === null || cause === 'good') return;
  const days = Math.floor(((sample.tls?.expiresAtMs ?? memory.now.wallMs) - memory.now.wallMs) / 86_400_000);
  const known = openFinding(memory, 'certificate', name);
  putFinding(memory, turn, {
    kind: 'certificate',
    ecosystem,
    upstream,
    registry: name,
    scope: known?.scope ?? scopeOf([sample.due.target]),
    cause,
    vantage: known?.vantage ?? vantageWord(memory, mirror),
    evidence: {
      samples: mirror.certificateState.inRow,
      failures: mirror.certificateState.inRow,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: known?.evidence.probeIds ?? [sample.due.probeId],
    },
    actionable: cause !== 'expires_soon',
    text:
      cause === 'expires_soon'
        ? `The certificate of ${name} expires in ${days} days.`
        : `The certificate of ${name} does not verify (${cause}).`,
  });
}

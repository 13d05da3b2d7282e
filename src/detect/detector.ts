import type { Config } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { clearPaceWait, expireAbsences } from './absence.ts';
import { advanceRounds, releaseHeld, wakeAtMs } from './confirm/advance.ts';
import { closeDoubt, confirmNow, confirmOverdue } from './confirm/doubt.ts';
import { requestLook } from './confirm/look.ts';
import { addMark } from './confirm/loss.ts';
import { advanceDeadline, recordAnswer, recordControl } from './confirm/moments.ts';
import { writeContents } from './contents/freshness.ts';
import { freshnessOf, lagsOf } from './contents/readings.ts';
import { acknowledgeFinding, rewriteFindings, updateConfidence, writeEvidence } from './engine/say.ts';
import { settle } from './engine/settle.ts';
import { acknowledgeKind, judgeUs, runKinds, startStreaksAnew } from './engine/step.ts';
import { take } from './engine/take.ts';
import { familyFor } from './findings/outage.ts';
import { findingRules, ownRules } from './findings/registry.ts';
import type { FindingRule } from './findings/rule.ts';
import { loadOf } from './findings/self.ts';
import { type Memory, newMemory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { applyConfig } from './roster.ts';
import { isTimeToWrite, restore, writeDirty, writeUrgent } from './rows.ts';
import { baselinesOf, recordPass, standingOf, vantageOf } from './standings.ts';
import { type Detector, type DetectTurn, newTurn } from './turn.ts';

export type { Detector, DetectTurn, Peek, RoundAsk, SeriesBaseline } from './turn.ts';

/** Open findings and cold-fetch notes are written again at this interval, so that their rows do not expire in use. */
const rewriteMs = 24 * 3_600_000;
/** Suspend intervals kept, for late samples that overlap one. */
const sleepsKept = 4;

/**
 * Creates the detector: it settles every sample once, opens and closes findings, requests confirming rounds and returns
 * the rows to commit. Plain data, no clock: each call passes `now`, which never goes back.
 * @param input.restored  rows of tables `detector`, `finding` and `seen` as stored; others are ignored
 * @see design.md section 5
 */
export function createDetector(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  /** The kinds of findings; absent: all that are registered. */
  readonly rules?: readonly FindingRule[];
}): Detector {
  // Changes made while restoring go out with the first turn.
  const memory = newMemory(input.config, { rules: input.rules ?? findingRules, ownRules }, input.random, input.now);
  applyConfig(memory, input.config, input.targets);
  restore(memory, input.restored);

  const turnAt = (now: Now, act: () => void): DetectTurn => {
    memory.now = now;
    act();
    recordPass(memory);
    writeUrgent(memory);
    const { turn } = memory;
    memory.turn = newTurn();
    return { ...turn, shed: loadOf(memory.us, now.monotonicMs).shed, wakeAtMs: wakeAtMs(memory) };
  };
  const withMirror = (registry: string, now: Now, act: (mirror: MirrorMemory) => void) =>
    turnAt(now, () => {
      const mirror = memory.mirrors.get(registry);
      if (mirror !== undefined) act(mirror);
      advanceRounds(memory);
    });

  return {
    take: (sample, now) =>
      turnAt(now, () => {
        take(memory, sample);
        advanceRounds(memory);
      }),
    control: (answer, round, now) =>
      turnAt(now, () => {
        const known = memory.controls.get(answer.name);
        if (known !== undefined) {
          memory.controls.set(answer.name, {
            up: answer.answered,
            known: known.known || answer.answered,
            marks: addMark(known.marks, { atMs: now.monotonicMs, answered: answer.answered }),
          });
        }
        for (const each of memory.confirm.rounds.values()) {
          if (each.id === round?.id) recordControl(each, round.moment, answer.name, answer);
          else if (answer.answered && each.watching.size > 0)
            advanceDeadline(each, now.monotonicMs, limits.roundStepMs);
        }
        advanceRounds(memory);
      }),
    unasked: (roundId, moment, name, now) =>
      turnAt(now, () => {
        for (const round of memory.confirm.rounds.values()) {
          if (round.id !== roundId) continue;
          if (!recordAnswer(round, moment, name, null, null)) recordControl(round, moment, name, null);
        }
        advanceRounds(memory);
      }),
    confirm: (registry, now) => withMirror(registry, now, (mirror) => confirmNow(memory, mirror)),
    overdue: (target, now) => withMirror(target.registry, now, (mirror) => confirmOverdue(memory, mirror, target)),
    look: (order, now) =>
      turnAt(now, () => {
        requestLook(memory, order);
        advanceRounds(memory);
      }),
    clientRan: (run, now) =>
      turnAt(now, () => {
        const mirror = memory.mirrors.get(run.registry);
        if (run.outcome === 'failed' && mirror !== undefined) clearPaceWait(mirror);
        judgeUs(memory, 'compare', run);
      }),
    familyFor: (registry) => {
      const mirror = memory.mirrors.get(registry);
      return mirror === undefined ? null : familyFor(mirror);
    },
    skipped: ({ target, because }) => {
      const mirror = memory.mirrors.get(target.registry);
      if (mirror !== undefined && target.canary) mirror.sight.lastSkip = because;
    },
    tick: (now) =>
      turnAt(now, () => {
        expireAbsences(memory);
        advanceRounds(memory);
        judgeUs(memory, 'tick', null);
        runKinds(memory, 'tick');
        updateConfidence(memory);
        keepFresh(memory);
        if (!isTimeToWrite(memory)) return;
        writeEvidence(memory, false);
        writeDirty(memory, false);
        writeContents(memory, false);
      }),
    suspended: (fromMs, toMs, now) =>
      turnAt(now, () => {
        sleep(memory, fromMs, toMs);
        advanceRounds(memory);
      }),
    acknowledge: (findingId, reason, now) => {
      if (!memory.open.has(findingId)) return null;
      return turnAt(now, () => acknowledge(memory, findingId, reason));
    },
    pause: (registry, pause, now) =>
      withMirror(registry, now, (mirror) => {
        mirror.absence.paused = pause;
        if (pause === null) mirror.absence.throttled.clear();
        else leaveRound(memory, mirror);
      }),
    maintenance: (registry, on, now) =>
      withMirror(registry, now, (mirror) => {
        mirror.absence.inMaintenance = on;
        if (on) leaveRound(memory, mirror);
      }),
    throttled: (registry, step, untilMs) => {
      const throttled = memory.mirrors.get(registry)?.absence.throttled;
      if (untilMs === null) throttled?.delete(step);
      else throttled?.set(step, untilMs);
    },
    reconfigure: (config, targets, now) =>
      turnAt(now, () => {
        applyConfig(memory, config, targets);
        advanceRounds(memory);
      }),
    flush: (now) =>
      turnAt(now, () => {
        for (const mirror of memory.mirrors.values()) leaveRound(memory, mirror);
        for (const { sample, isShort } of memory.confirm.held.splice(0)) {
          const egress = memory.mirrors.get(sample.due.target.registry)?.egress;
          settle(
            memory,
            sample,
            egress !== undefined && memory.confirm.suspicions.has(egress) ? 'vantage' : null,
            isShort,
          );
        }
        writeEvidence(memory, true);
        writeDirty(memory, true);
        writeContents(memory, true);
      }),
    standings: () => [...memory.mirrors.values()].map((mirror) => standingOf(memory, mirror)),
    vantage: () => vantageOf(memory),
    findings: (): readonly Finding[] => [...memory.open.values()],
    lags: () => lagsOf(memory),
    freshness: () => freshnessOf(memory),
    baselines: () => baselinesOf(memory),
  };
}

/** Ends a mirror's doubt and removes it from open moments. */
function leaveRound(memory: Memory, mirror: MirrorMemory): void {
  closeDoubt(memory, mirror);
  for (const round of memory.confirm.rounds.values()) {
    const flight = round.flights.get(mirror.mirror.name);
    if (flight !== undefined) recordAnswer(round, flight.moment, mirror.mirror.name, null, null);
  }
}

/**
 * Handles a suspend of the process. Samples that overlap it become unknown, rounds end, and streaks are reset. The
 * interval is stored, so that samples which arrive later are recognized.
 */
function sleep(memory: Memory, fromMs: number, toMs: number): void {
  memory.us.asleep = [...memory.us.asleep, { fromMs, toMs }].slice(-sleepsKept);
  const held = memory.confirm.held.splice(0);
  for (const mirror of memory.mirrors.values()) {
    leaveRound(memory, mirror);
    startStreaksAnew(memory, mirror);
  }
  for (const one of held) {
    const { startedMonotonicMs, endedMonotonicMs } = one.sample;
    if (startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs) settle(memory, one.sample, 'local');
    else memory.confirm.held.push(one);
  }
  releaseHeld(memory);
  for (const [egress, suspicion] of memory.confirm.suspicions) {
    // The time limits of a suspicion count only minutes in which probes ran.
    memory.confirm.suspicions.set(egress, {
      ...suspicion,
      sinceMs: memory.now.monotonicMs,
      patternSinceMs: memory.now.monotonicMs,
    });
  }
  judgeUs(memory, 'sleep', null);
}

function acknowledge(memory: Memory, findingId: string, reason: string): void {
  const finding = acknowledgeFinding(memory, findingId, reason);
  const mirror = finding?.registry === null ? undefined : memory.mirrors.get(finding?.registry ?? '');
  if (finding === null || mirror === undefined) return;
  acknowledgeKind(memory, mirror, finding);
}

function keepFresh(memory: Memory): void {
  if (memory.now.monotonicMs - memory.findingLog.findingsWrittenAtMs < rewriteMs) return;
  memory.findingLog.findingsWrittenAtMs = memory.now.monotonicMs;
  rewriteFindings(memory);
  for (const [key, atMs] of memory.seen) {
    if (memory.now.wallMs - atMs > memory.config.state.keepMs) memory.seen.delete(key);
  }
}

import type { Advice } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { ControlAnswer, LookOrder, Skipped } from '../core/due.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Step, Target } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Pause, Standing } from '../core/standing.ts';
import { closeDoubt, confirmNow, confirmOverdue } from './confirm/doubt.ts';
import { requestLook, sendRequests } from './confirm/look.ts';
import { writeContents } from './contents/freshness.ts';
import { freshnessOf, lagsOf } from './contents/readings.ts';
import { advanceRounds, releaseHeld, wakeAtMs } from './engine/advance.ts';
import { placeOfArtifact } from './engine/artifacts.ts';
import { acknowledgeFinding, rewriteFindings, updateConfidence, writeEvidence } from './engine/say.ts';
import { settle } from './engine/settle.ts';
import { acknowledgeKind, judgeUs, runKinds, startStreaksAnew } from './engine/step.ts';
import { take } from './engine/take.ts';
import { familyFor } from './findings/outage.ts';
import { findingRules, ownRules } from './findings/registry.ts';
import { shedShareOf } from './findings/self.ts';
import { clearPaceWait, expireAbsences } from './memory/absence.ts';
import { addMark } from './memory/loss.ts';
import { Memory } from './memory/memory.ts';
import type { MirrorMemory } from './memory/mirror-memory.ts';
import { advanceDeadline, recordAnswer } from './memory/moments.ts';
import type { FindingRule } from './memory/rule.ts';
import { type DetectTurn, TurnDraft } from './memory/turn.ts';
import { applyConfig } from './roster.ts';
import { isTimeToWrite, restore, writeDirty, writeUrgent } from './rows.ts';
import { baselinesOf, recordPass, standingOf, vantageOf } from './standings.ts';

export type { DetectTurn, Peek, RoundAsk } from './memory/turn.ts';

export type Detector = ReturnType<typeof createDetector>;

/** How often open findings are written again, so that their rows do not expire. */
const rewriteMs = 24 * 3_600_000;
const sleepsKept = 4;
/** Without descriptors or memory, a control that could not be asked shows nothing about the network. */
const exhaustedCodes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Creates the detector: it settles each sample once, opens and closes findings, requests confirming rounds and returns
 * the rows to commit. It reads no clock.
 * @param input.restored  rows of tables `detector`, `finding`, `seen` and `pause` as stored; others are ignored
 * @see docs/how-it-judges.md
 */
export function createDetector(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  readonly rules?: readonly FindingRule[];
}) {
  // Changes made while restoring go out with the first turn.
  const memory = new Memory(input, input.rules ?? findingRules, ownRules);
  applyConfig(memory, input.config, input.targets);
  restore(memory, input.restored);

  /** `null` after each input: derived when it is next read. */
  let standings: readonly Standing[] | null = null;
  const turnAt = (now: Now, act: () => void): DetectTurn => {
    standings = null;
    memory.now = now;
    act();
    recordPass(memory);
    writeUrgent(memory);
    const { turn } = memory;
    memory.turn = new TurnDraft();
    turn.shed = shedShareOf(memory.us);
    turn.wakeAtMs = wakeAtMs(memory);
    return turn;
  };
  const withMirror = (registry: string, now: Now, act: (mirror: MirrorMemory) => void) =>
    turnAt(now, () => {
      const mirror = memory.mirrors.get(registry);
      if (mirror !== undefined) act(mirror);
      advanceRounds(memory);
    });

  return {
    take: (sample: Sample, now: Now) =>
      turnAt(now, () => {
        take(memory, sample);
        advanceRounds(memory);
      }),
    control: (answer: ControlAnswer, round: { readonly id: string; readonly moment: number } | null, now: Now) =>
      turnAt(now, () => {
        const isOurs = answer.code !== null && exhaustedCodes.has(answer.code);
        const known = memory.controls.get(answer.name);
        if (known !== undefined && !isOurs) {
          memory.controls.set(answer.name, {
            up: answer.answered,
            known: known.known || answer.answered,
            marks: addMark(known.marks, { atMs: now.monotonicMs, answered: answer.answered }),
          });
        }
        for (const each of memory.confirm.rounds.values()) {
          if (each.id === round?.id)
            recordAnswer(
              each,
              'controls',
              round.moment,
              answer.name,
              isOurs ? null : answer.answered ? 'answered' : 'failed',
            );
          else if (answer.answered && each.watching.size > 0)
            advanceDeadline(each, now.monotonicMs, limits.roundStepMs);
        }
        advanceRounds(memory);
      }),
    /** A mirror or control of a `RoundAsk` could not be probed. */
    unasked: (roundId: string, moment: number, name: string, now: Now) =>
      turnAt(now, () => {
        for (const round of memory.confirm.rounds.values()) {
          if (round.id !== roundId) continue;
          if (!recordAnswer(round, 'said', moment, name, null)) recordAnswer(round, 'controls', moment, name, null);
        }
        advanceRounds(memory);
      }),
    /** Another system reports trouble with a mirror. */
    confirm: (registry: string, now: Now) => withMirror(registry, now, (mirror) => confirmNow(memory, mirror)),
    /** A probe is pending for too long. */
    overdue: (target: Target, now: Now) =>
      withMirror(target.registry, now, (mirror) => confirmOverdue(memory, mirror, target)),
    /** Starts a look or peek, where the mirror may be probed and the budget allows it. */
    look: (order: LookOrder, now: Now) =>
      turnAt(now, () => {
        requestLook(memory, order);
        advanceRounds(memory);
      }),
    clientRan: (run: ClientRun, now: Now) =>
      turnAt(now, () => {
        const mirror = memory.mirrors.get(run.registry);
        if (run.outcome === 'failed' && mirror !== undefined) clearPaceWait(mirror);
        judgeUs(memory, 'compare', run);
      }),
    /** The address family to probe a mirror over now; `null`: any. */
    familyFor: (registry: string) => {
      const mirror = memory.mirrors.get(registry);
      return mirror === undefined ? null : familyFor(mirror);
    },
    artifactAt: ({ registry, id }: Target): string | null => {
      const mirror = memory.mirrors.get(registry);
      return mirror === undefined ? null : placeOfArtifact(mirror, id);
    },
    skipped: ({ target, because }: Skipped) => {
      const mirror = memory.mirrors.get(target.registry);
      if (mirror === undefined || !target.canary) return;
      standings = null;
      mirror.sight.lastSkip = because;
    },
    /** To be called at every turn of the loop, at least once a second, and at `wakeAtMs`. */
    tick: (now: Now) =>
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
    /** Takes over the confidence of advice by tests: its findings carry the same word. */
    assure: (advices: readonly Pick<Advice, 'cause' | 'from' | 'confidence'>[], now: Now) => {
      const assured = new Map(advices.map(({ cause, from, confidence }) => [`${cause} ${from}`, confidence]));
      const isSame = [...assured].every(([key, one]) => memory.findingLog.assured.get(key) === one);
      if (isSame && assured.size === memory.findingLog.assured.size) return null;
      memory.findingLog.assured = assured;
      return turnAt(now, () => updateConfidence(memory));
    },
    /**
     * The process was suspended or a clock jumped: samples that overlap the interval (monotonic) are
     * `unknown('local')`.
     */
    suspended: (fromMs: number, toMs: number, now: Now) =>
      turnAt(now, () => {
        sleep(memory, fromMs, toMs);
        advanceRounds(memory);
      }),
    /** Ends a mismatch or level shift; other findings stay open. `null`: no such open finding. */
    acknowledge: (findingId: string, reason: string, now: Now) => {
      if (!memory.open.has(findingId)) return null;
      return turnAt(now, () => {
        const finding = acknowledgeFinding(memory, findingId, reason);
        const mirror = memory.mirrors.get(finding?.registry ?? '');
        if (finding !== null && mirror !== undefined) acknowledgeKind(memory, mirror, finding);
      });
    },
    pause: (registry: string, pause: Pause | null, now: Now) =>
      withMirror(registry, now, (mirror) => {
        mirror.absence.paused = pause;
        if (pause === null) mirror.absence.throttled.clear();
        else leaveRound(memory, mirror);
      }),
    maintenance: (registry: string, on: boolean, now: Now) =>
      withMirror(registry, now, (mirror) => {
        mirror.absence.inMaintenance = on;
        if (on) leaveRound(memory, mirror);
      }),
    /** `untilMs` is monotonic; `null`: the step is no longer throttled. */
    throttled: (registry: string, step: Step, untilMs: number | null): void => {
      standings = null;
      const throttled = memory.mirrors.get(registry)?.absence.throttled;
      if (untilMs === null) throttled?.delete(step);
      else throttled?.set(step, untilMs);
    },
    /** Closes the findings of removed and changed mirrors. */
    reconfigure: (config: Config, targets: readonly Target[], now: Now) =>
      turnAt(now, () => {
        applyConfig(memory, config, targets);
        advanceRounds(memory);
      }),
    /** For a shutdown: settles held samples and returns everything unwritten. */
    flush: (now: Now) =>
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
          sendRequests(memory);
        }
        writeEvidence(memory, true);
        writeDirty(memory, true);
        writeContents(memory, true);
      }),
    standings(): readonly Standing[] {
      standings ??= [...memory.mirrors.values()].map((mirror) => standingOf(memory, mirror));
      return standings;
    },
    vantage: () => vantageOf(memory),
    findings: (): readonly Finding[] => [...memory.open.values()],
    lags: () => lagsOf(memory),
    freshness: () => freshnessOf(memory),
    baselines: () => baselinesOf(memory),
  };
}

function leaveRound(memory: Memory, mirror: MirrorMemory): void {
  closeDoubt(memory, mirror);
  mirror.sight.lastPlannedMs = null;
  for (const round of memory.confirm.rounds.values()) {
    const flight = round.flights.said.get(mirror.mirror.name);
    if (flight !== undefined) recordAnswer(round, 'said', flight.moment, mirror.mirror.name, null);
  }
}

/** Handles a suspend: samples that overlap it become unknown, and streaks without a finding are reset. */
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
    memory.confirm.suspicions.set(egress, {
      ...suspicion,
      sinceMs: memory.now.monotonicMs,
      patternSinceMs: memory.now.monotonicMs,
    });
  }
  judgeUs(memory, 'sleep', null);
}

function keepFresh(memory: Memory): void {
  if (memory.now.monotonicMs - memory.findingLog.writtenAtMs < rewriteMs) return;
  memory.findingLog.writtenAtMs = memory.now.monotonicMs;
  rewriteFindings(memory);
  for (const [key, atMs] of memory.seen) {
    if (memory.now.wallMs - atMs > memory.config.state.keepMs) memory.seen.delete(key);
  }
}

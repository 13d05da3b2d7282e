import type { Config } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { type Target, targetId } from '../core/target.ts';
import { arrive } from './arrive.ts';
import { confirmNow } from './confirm.ts';
import { endDoubt } from './doubt.ts';
import { drive, settleHeld, wakeAtMs } from './drive.ts';
import { acknowledgeFinding, ageFindings, closeFinding, openFinding, putFinding, rewriteFindings } from './findings.ts';
import { settle } from './judge.ts';
import { writeDirty, writeUrgent } from './keep.ts';
import { type Memory, type MirrorMemory, newMemory, writeSoon } from './memory.ts';
import { restore } from './restore.ts';
import { adopt } from './roster.ts';
import { answerControl, answerMoments, hasten } from './round.ts';
import { contaminatedOf, judgeSelf } from './self.ts';
import { baselinesOf, notePass, standingOf, vantageOf } from './standings.ts';
import { judgeSuspicion, startStreaksAnew } from './suspicion.ts';
import { type Detector, type DetectTurn, newTurn, type TurnDraft } from './turn.ts';

export type { Detector, DetectTurn, RoundAsk, SeriesBaseline } from './turn.ts';

/** Open findings and the notes of what was answered before are written again this often, so as not to expire in use. */
const rewriteMs = 24 * 3_600_000;
/** Intervals of sleep that a late sample may still touch. */
const sleepsKept = 4;

/**
 * Makes the judge: it settles every sample once, opens and closes findings, asks for confirming rounds and says what
 * to commit. Holds plain data and reads no clock: each call brings its `now`, which never goes back.
 * @param input.restored  rows of tables `detector`, `finding` and `seen` as stored; others are ignored
 * @see design.md section 5
 */
export function createDetector(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
}): Detector {
  const memory = newMemory(input.config, input.random, input.now);
  /** What the restoring had to say goes out with the first turn. */
  let draft: TurnDraft = newTurn();
  adopt(memory, draft, input.config, input.targets);
  restore(memory, draft, input.restored);

  const turnAt = (now: Now, act: (turn: TurnDraft) => void): DetectTurn => {
    memory.now = now;
    const turn = draft;
    draft = newTurn();
    act(turn);
    notePass(memory);
    writeUrgent(memory, turn);
    return { ...turn, shed: memory.self.shed, wakeAtMs: wakeAtMs(memory) };
  };
  const withMirror = (registry: string, now: Now, act: (mirror: MirrorMemory, turn: TurnDraft) => void) =>
    turnAt(now, (turn) => {
      const mirror = memory.mirrors.get(registry);
      if (mirror !== undefined) act(mirror, turn);
      drive(memory, turn);
    });

  return {
    take: (sample, now) =>
      turnAt(now, (turn) => {
        arrive(memory, turn, sample);
        drive(memory, turn);
      }),
    control: (answer, round, now) =>
      turnAt(now, (turn) => {
        const known = memory.controls.get(answer.name);
        if (known !== undefined) {
          memory.controls.set(answer.name, { up: answer.answered, known: known.known || answer.answered });
        }
        for (const each of memory.rounds.values()) {
          if (each.id === round?.id) answerControl(each, round.moment, answer.name, answer);
          else if (answer.answered && each.watching.size > 0) hasten(each, now.monotonicMs, limits.roundStepMs);
        }
        drive(memory, turn);
      }),
    unasked: (roundId, moment, name, now) =>
      turnAt(now, (turn) => {
        for (const round of memory.rounds.values()) {
          if (round.id !== roundId) continue;
          if (!answerMoments(round, moment, name, null, null)) answerControl(round, moment, name, null);
        }
        drive(memory, turn);
      }),
    confirm: (registry, now) => withMirror(registry, now, (mirror, turn) => confirmNow(memory, turn, mirror)),
    skipped: ({ target, because }) => {
      const mirror = memory.mirrors.get(target.registry);
      if (mirror !== undefined && target.canary) mirror.lastSkip = because;
    },
    tick: (now) =>
      turnAt(now, (turn) => {
        endPauses(memory);
        drive(memory, turn);
        judgeUs(memory, turn);
        judgeSuspicion(memory, turn);
        ageFindings(memory, turn);
        keepFresh(memory, turn);
        writeDirty(memory, turn, false);
      }),
    suspended: (fromMs, toMs, now) =>
      turnAt(now, (turn) => {
        sleep(memory, turn, fromMs, toMs);
        drive(memory, turn);
      }),
    acknowledge: (findingId, reason, now) => {
      if (!memory.open.has(findingId)) return null;
      return turnAt(now, (turn) => acknowledge(memory, turn, findingId, reason));
    },
    pause: (registry, pause, now) =>
      withMirror(registry, now, (mirror, turn) => {
        mirror.paused = pause;
        if (pause !== null) leaveRound(memory, turn, mirror);
      }),
    maintenance: (registry, on, now) =>
      withMirror(registry, now, (mirror, turn) => {
        mirror.inMaintenance = on;
        if (on) leaveRound(memory, turn, mirror);
      }),
    throttled: (registry, untilMs) => {
      const mirror = memory.mirrors.get(registry);
      if (mirror !== undefined) mirror.throttledUntilMs = untilMs;
    },
    reconfigure: (config, targets, now) =>
      turnAt(now, (turn) => {
        adopt(memory, turn, config, targets);
        drive(memory, turn);
      }),
    flush: (now) =>
      turnAt(now, (turn) => {
        for (const mirror of memory.mirrors.values()) leaveRound(memory, turn, mirror);
        for (const { sample } of memory.held.splice(0)) {
          const egress = memory.mirrors.get(sample.due.target.registry)?.egress;
          settle(memory, turn, sample, egress !== undefined && memory.suspicions.has(egress) ? 'vantage' : null);
        }
        writeDirty(memory, turn, true);
      }),
    standings: () => [...memory.mirrors.values()].map((mirror) => standingOf(memory, mirror)),
    vantage: () => vantageOf(memory),
    findings: (): readonly Finding[] => [...memory.open.values()],
    baselines: () => baselinesOf(memory),
  };
}

function endPauses(memory: Memory): void {
  for (const mirror of memory.mirrors.values()) {
    if (mirror.paused !== null && mirror.paused.untilMs <= memory.now.wallMs) mirror.paused = null;
    if (mirror.throttledUntilMs !== null && mirror.throttledUntilMs <= memory.now.wallMs) {
      mirror.throttledUntilMs = null;
    }
  }
}

/** Takes a mirror out of doubt and out of the moments that wait for it. */
function leaveRound(memory: Memory, turn: TurnDraft, mirror: MirrorMemory): void {
  endDoubt(turn, mirror);
  for (const round of memory.rounds.values()) {
    const flight = round.flights.get(mirror.mirror.name);
    if (flight !== undefined) answerMoments(round, flight.moment, mirror.mirror.name, null, null);
  }
}

/** Opens and closes the finding about our own contaminated samples. */
function judgeUs(memory: Memory, turn: TurnDraft): void {
  const { state, event } = judgeSelf(memory.self, memory.now.monotonicMs);
  memory.self = state;
  if (event === 'closed') closeFinding(memory, turn, 'self', null, { text: 'Our own timing can be trusted again.' });
  const { samples, contaminated } = contaminatedOf(state, memory.now.monotonicMs);
  if (event === 'opened') {
    putSelf(memory, turn, 'contaminated', samples, contaminated);
    memory.clockFindingUntilMs = null;
  }
  if (memory.clockFindingUntilMs !== null && memory.clockFindingUntilMs <= memory.now.monotonicMs) {
    memory.clockFindingUntilMs = null;
    closeFinding(memory, turn, 'self', null, { text: 'The process has run without a break since.' });
  }
}

function putSelf(
  memory: Memory,
  turn: TurnDraft,
  cause: 'contaminated' | 'clock',
  samples: number,
  failures: number,
): void {
  putFinding(memory, turn, {
    kind: 'self',
    ecosystem: null,
    upstream: null,
    registry: null,
    scope: [],
    cause,
    vantage: 'ok',
    evidence: {
      samples,
      failures,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: [],
    },
    actionable: false,
    text:
      cause === 'contaminated'
        ? `This machine is too busy to time its probes: ${failures} of ${samples} samples in five minutes are unusable.`
        : 'This process was suspended, or a clock jumped: what it touched is unknown.',
  });
}

/** What the sleep touched is unknown: rounds end, streaks start anew, and late samples will be known by the interval. */
function sleep(memory: Memory, turn: TurnDraft, fromMs: number, toMs: number): void {
  memory.asleep = [...memory.asleep, { fromMs, toMs }].slice(-sleepsKept);
  const held = memory.held.splice(0);
  for (const mirror of memory.mirrors.values()) {
    leaveRound(memory, turn, mirror);
    startStreaksAnew(mirror);
  }
  for (const one of held) {
    const { startedMonotonicMs, endedMonotonicMs } = one.sample;
    if (startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs) settle(memory, turn, one.sample, 'local');
    else memory.held.push(one);
  }
  settleHeld(memory, turn);
  for (const [egress, suspicion] of memory.suspicions) {
    // Its two and ten minutes must be minutes in which we looked.
    memory.suspicions.set(egress, {
      ...suspicion,
      sinceMs: memory.now.monotonicMs,
      patternSinceMs: memory.now.monotonicMs,
    });
  }
  if (openFinding(memory, 'self', null) === null) putSelf(memory, turn, 'clock', 0, 0);
  if (!memory.self.isOpen) memory.clockFindingUntilMs = memory.now.monotonicMs + limits.contaminatedWindowMs;
}

function acknowledge(memory: Memory, turn: TurnDraft, findingId: string, reason: string): void {
  const finding = acknowledgeFinding(memory, turn, findingId, reason);
  const mirror = finding?.registry === null ? undefined : memory.mirrors.get(finding?.registry ?? '');
  if (finding === null || mirror === undefined) return;
  if (finding.kind === 'mismatch') acknowledgeWrong(mirror, finding);
  if (finding.kind !== 'level_shift') return;
  for (const series of mirror.shifted) {
    series.shift = null;
    memory.urgent.add(series);
  }
  mirror.shifted.clear();
}

/** The same wrong bytes are known from now on; others are news again. */
function acknowledgeWrong(mirror: MirrorMemory, finding: Finding): void {
  for (const { module, version, step } of finding.scope) {
    const id = targetId(mirror.mirror.name, module, version, step);
    const declared = mirror.declaredWrong.get(id);
    if (declared !== undefined) mirror.declaredWrong.set(id, { ...declared, isAcknowledged: true });
  }
  writeSoon(mirror);
}

function keepFresh(memory: Memory, turn: TurnDraft): void {
  if (memory.now.monotonicMs - memory.findingsWrittenAtMs < rewriteMs) return;
  memory.findingsWrittenAtMs = memory.now.monotonicMs;
  rewriteFindings(memory, turn);
  for (const [key, atMs] of memory.seen) {
    if (memory.now.wallMs - atMs > memory.config.state.keepMs) memory.seen.delete(key);
  }
}

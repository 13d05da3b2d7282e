import type { Advice } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { ControlResponse, Due, RecheckOrder, Skipped } from '../core/due.ts';
import type { Finding } from '../core/finding.ts';
import { type Without, withoutNone } from '../core/judge-rules.ts';
import { type Step, seriesId, type Target } from '../core/mirror.ts';
import type { Now, Random, Row, StateTrouble } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Pause, Standing, VantageStanding } from '../core/standing.ts';
import { confirmFirst, confirmNow, confirmOverdue } from './confirm/doubt.ts';
import { requestRecheck } from './confirm/look.ts';
import { freshnessOf, lagsOf } from './contents/freshness.ts';
import { writeContents } from './contents/rows.ts';
import { advanceRounds, dropFromRounds, receiveSleep, recordPass, releaseHeld, wakeAtMs } from './engine/advance.ts';
import { acknowledgeFinding, rewriteFindings, updateConfidence, writeEvidence } from './engine/say.ts';
import { mirrorOf } from './engine/settle.ts';
import { acknowledgeKind, judgeUs, runKinds } from './engine/step.ts';
import { receiveControl, take } from './engine/take.ts';
import { familyFor } from './findings/outage.ts';
import { findingRules, ownRules } from './findings/registry.ts';
import { shedShareOf } from './findings/self.ts';
import { expireAbsences } from './memory/absence.ts';
import { asOfPace, clearPaceWait } from './memory/density.ts';
import { Memory } from './memory/memory.ts';
import type { MirrorMemory } from './memory/mirror-memory.ts';
import { controlKeyOf, recordResponse } from './memory/moments.ts';
import type { FindingRule } from './memory/rule.ts';
import { type DetectTurn, TurnDraft } from './memory/turn.ts';
import { applyConfig } from './roster.ts';
import { restoreRows, writeDirty, writeUrgent } from './rows.ts';
import { baselinesOf, listStandings, vantageOf } from './standings.ts';

export type { DetectTurn, Peek, RoundRequest } from './memory/turn.ts';

/**
 * Judges each sample once, opens and closes findings, requests confirming rounds (repeated probes of a failed request
 * at all mirrors), and returns the database rows to commit. It reads no clock, because each input contains its time.
 * @see docs/how-it-judges.md
 */
export class Detector {
  readonly #memory: Memory;
  /** A cache of `standings`. Each input sets it to `null`; the next read computes it. */
  #standings: readonly Standing[] | null = null;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * Returns a sample as `take` needs it: it says whether a refusal is for our own request rate, and whether a 503 throttles
   * or fails.
   */
  read(sample: Sample): Sample {
    const mirror = mirrorOf(this.#memory, sample);
    return mirror === null ? sample : asOfPace(mirror, sample, this.#memory.without);
  }

  take(sample: Sample, now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => take(memory, sample));
  }

  control(response: ControlResponse, round: Due['round'], now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => receiveControl(memory, response, round));
  }

  /** Reports that a mirror or control of a `RoundRequest` could not be probed. */
  unrequested(roundId: string, moment: number, name: string, now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => {
      for (const round of memory.confirm.rounds.values()) {
        if (round.id !== roundId) continue;
        for (const key of [name, controlKeyOf(name)]) if (recordResponse(round, moment, key, null)) break;
      }
    });
  }

  /**
   * Reports that another system has found trouble with a mirror, or that a probe is pending for long. The mirror's canary
   * is probed again at once, if it may be probed.
   * @param waitMs  no confirming probe times out within this time, milliseconds
   */
  confirm(registry: string, now: Now, waitMs = 0): DetectTurn {
    return this.#turnOfMirror(registry, now, (memory, mirror) => confirmNow(memory, mirror, waitMs));
  }

  /** Reports that a light probe of the mirror in use failed. Its canary is probed at once if it was never judged. */
  confirmFirst(registry: string, now: Now): DetectTurn {
    return this.#turnOfMirror(registry, now, confirmFirst);
  }

  /**
   * Reports that the probe of a target has been pending for too long. If the target's last probe passed, the target is
   * put in doubt (its failure is to be confirmed) and probed again.
   */
  overdue(target: Target, now: Now): DetectTurn {
    return this.#turnOfMirror(target.registry, now, (memory, mirror) => confirmOverdue(memory, mirror, target));
  }

  /**
   * Starts a recheck (repeated probes) or a peek (a probe of an artifact's first bytes), if the mirror may be probed
   * and the budget of extra probes allows it.
   */
  recheck(order: RecheckOrder, now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => requestRecheck(memory, order));
  }

  clientRan(run: ClientRun, now: Now): DetectTurn {
    return this.#turn(now, (memory) => {
      const mirror = memory.mirrors.get(run.registry);
      if (run.outcome === 'failed' && mirror !== undefined) clearPaceWait(mirror);
      judgeUs(memory, 'compare', run);
    });
  }

  /** The address family over which a mirror is to be probed now; `null`: either family. */
  familyFor(registry: string) {
    const mirror = this.#memory.mirrors.get(registry);
    return mirror === undefined ? null : familyFor(mirror);
  }

  artifactAt({ registry, id }: Target): string | null {
    const series = this.#memory.mirrors.get(registry)?.series.get(seriesId({ id }, 'cold'));
    return series?.artifact?.at ?? null;
  }

  skipped({ target, because }: Skipped): void {
    const mirror = this.#memory.mirrors.get(target.registry);
    if (mirror === undefined || !target.canary) return;
    this.#standings = null;
    mirror.sight.lastSkip = because;
  }

  /**
   * Must be called at every turn of the main loop, at least once a second, and at `wakeAtMs`.
   * @param trouble  why the state cannot be stored; `null`: it can
   */
  tick(now: Now, trouble: StateTrouble | null = null): DetectTurn {
    return this.#turn(now, (memory) => {
      expireAbsences(memory);
      advanceRounds(memory);
      judgeUs(memory, 'tick', trouble);
      runKinds(memory, 'tick');
      updateConfidence(memory);
      keepFresh(memory);
      if (isTimeToWrite(memory)) writeAll(memory, false);
    });
  }

  /**
   * Copies the confidence of advice (from a statistical test) to the findings that caused the advice. Returns `null` if
   * no confidence has changed.
   */
  assure(advices: readonly Pick<Advice, 'cause' | 'from' | 'confidence'>[], now: Now): DetectTurn | null {
    const { findingLog } = this.#memory;
    const assured = new Map(advices.map(({ cause, from, confidence }) => [`${cause} ${from}`, confidence]));
    const isSame = [...assured].every(([key, one]) => findingLog.assured.get(key) === one);
    if (isSame && assured.size === findingLog.assured.size) return null;
    findingLog.assured = assured;
    return this.#turn(now, updateConfidence);
  }

  /**
   * Reports that the process was suspended or a clock jumped. Samples that overlap the interval from `fromMs` to `toMs`
   * (monotonic milliseconds) become `unknown('local')`.
   */
  suspended(fromMs: number, toMs: number, now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => receiveSleep(memory, fromMs, toMs));
  }

  /**
   * Records that an operator has acknowledged a finding. This ends a mismatch or a level shift; other findings stay
   * open. Returns `null` if no such finding is open.
   */
  acknowledge(findingId: string, reason: string, now: Now): DetectTurn | null {
    if (!this.#memory.open.has(findingId)) return null;
    return this.#turn(now, (memory) => {
      const finding = acknowledgeFinding(memory, findingId, reason);
      const mirror = memory.mirrors.get(finding?.registry ?? '');
      if (finding !== null && mirror !== undefined) acknowledgeKind(memory, mirror, finding);
    });
  }

  pause(registry: string, pause: Pause | null, now: Now): DetectTurn {
    return this.#turnOfMirror(registry, now, (memory, mirror) => {
      mirror.absence.paused = pause;
      if (pause === null) mirror.absence.throttled.clear();
      else dropFromRounds(memory, mirror);
    });
  }

  maintenance(registry: string, on: boolean, now: Now): DetectTurn {
    return this.#turnOfMirror(registry, now, (memory, mirror) => {
      mirror.absence.inMaintenance = on;
      if (on) dropFromRounds(memory, mirror);
    });
  }

  /**
   * Records until when requests of a step are throttled, monotonic milliseconds; `null`: they are no longer throttled.
   */
  throttled(registry: string, step: Step, untilMs: number | null): void {
    this.#standings = null;
    const throttled = this.#memory.mirrors.get(registry)?.absence.throttled;
    if (untilMs === null) throttled?.delete(step);
    else throttled?.set(step, untilMs);
  }

  /** Applies a new configuration, and closes the findings about removed and changed mirrors. */
  reconfigure(config: Config, targets: readonly Target[], now: Now): DetectTurn {
    return this.#turnOfRounds(now, (memory) => applyConfig(memory, config, targets));
  }

  /**
   * For a shutdown: settles the samples that still wait for a verdict, and returns all rows that are not written yet.
   */
  flush(now: Now): DetectTurn {
    return this.#turn(now, (memory) => {
      for (const mirror of memory.mirrors.values()) dropFromRounds(memory, mirror);
      releaseHeld(memory, () => true);
      writeAll(memory, true);
    });
  }

  standings(): readonly Standing[] {
    const memory = this.#memory;
    this.#standings ??= listStandings(memory);
    return this.#standings;
  }

  vantage(): VantageStanding {
    return vantageOf(this.#memory);
  }

  findings(): readonly Finding[] {
    return [...this.#memory.open.values()];
  }

  lags() {
    return lagsOf(this.#memory);
  }

  freshness() {
    return freshnessOf(this.#memory);
  }

  baselines() {
    return baselinesOf(this.#memory);
  }

  #turn(now: Now, act: (memory: Memory) => void): DetectTurn {
    const memory = this.#memory;
    this.#standings = null;
    memory.now = now;
    act(memory);
    recordPass(memory);
    writeUrgent(memory);
    const turn = Object.assign(memory.turn, { shed: shedShareOf(memory.us), wakeAtMs: wakeAtMs(memory) });
    memory.turn = new TurnDraft();
    return turn;
  }

  #turnOfRounds(now: Now, act: (memory: Memory) => void): DetectTurn {
    return this.#turn(now, (memory) => {
      act(memory);
      advanceRounds(memory);
    });
  }

  #turnOfMirror(registry: string, now: Now, act: (memory: Memory, mirror: MirrorMemory) => void): DetectTurn {
    return this.#turnOfRounds(now, (memory) => {
      const mirror = memory.mirrors.get(registry);
      if (mirror !== undefined) act(memory, mirror);
    });
  }
}

/**
 * Creates a detector.
 * @param input.restored  rows of tables `detector`, `finding`, `seen` and `pause` as stored; rows of other tables are
 * ignored
 */
export function createDetector(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  readonly rules?: readonly FindingRule[];
  readonly without?: Without;
}): Detector {
  // The restoration may already change findings and rows. The first turn returns these changes.
  const memory = new Memory(input, input.rules ?? findingRules, ownRules);
  memory.without = input.without ?? withoutNone;
  applyConfig(memory, input.config, input.targets);
  restoreRows(memory, input.restored);
  return new Detector(memory);
}

/** The interval at which open findings are written again, so that their rows do not expire. */
const rewriteMs = 24 * 3_600_000;

/** Writes all rows that have changed. `isLast`: the process is about to end. */
function writeAll(memory: Memory, isLast: boolean): void {
  writeEvidence(memory, isLast);
  writeDirty(memory, isLast);
  writeContents(memory, isLast);
}

/** Writes open findings again if their rows are old, and drops old rows of items that were seen. */
function keepFresh(memory: Memory): void {
  if (memory.now.monotonicMs - memory.rewrittenMs < rewriteMs) return;
  memory.rewrittenMs = memory.now.monotonicMs;
  rewriteFindings(memory);
  for (const [key, atMs] of memory.seen)
    if (memory.now.wallMs - atMs > memory.config.state.keepMs) memory.seen.delete(key);
}

/**
 * The minimum interval between two searches for rows to write, because a search visits all changed series.
 * Milliseconds.
 */
const searchEveryMs = 1_000;

function isTimeToWrite({ rowsDue, now: { monotonicMs } }: Memory): boolean {
  if (rowsDue.searchedRowsAtMs !== null && monotonicMs - rowsDue.searchedRowsAtMs < searchEveryMs) return false;
  rowsDue.searchedRowsAtMs = monotonicMs;
  return true;
}

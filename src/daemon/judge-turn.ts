import type { Advisor } from '../advise/advisor.ts';
import { isTested } from '../advise/cause.ts';
import type { AdviceChange } from '../core/advice.ts';
import { type Config, paceOf } from '../core/config.ts';
import type { ControlDue, ControlResponse, Due, RecheckOrder, Skipped } from '../core/due.ts';
import type { FindingChange } from '../core/finding.ts';
import { isHeavy, type Target } from '../core/mirror.ts';
import type { Now, Row, StateTrouble, Table } from '../core/ports.ts';
import type { Sample, SettledSample } from '../core/sample.ts';
import type { Standing } from '../core/standing.ts';
import type { Detector, DetectTurn, Peek, RoundRequest } from '../detect/detector.ts';
import type { Scheduler } from '../schedule/scheduling.ts';
import type { EvidenceBook } from '../state/evidence.ts';
import type { Maintenance } from './maintenance.ts';
import type { createOutstanding } from './outstanding.ts';

/** The stages that make decisions. They use no network, files or clock. */
export interface JudgeStages {
  readonly config: Config;
  readonly scheduler: Scheduler;
  readonly detector: Detector;
  readonly advisor: Advisor;
  readonly evidence: EvidenceBook;
}

export interface JudgedTurn {
  readonly settled: SettledSample[];
  readonly findings: FindingChange[];
  readonly advice: AdviceChange[];
  /** The standings of all mirrors, if advice was considered in this turn; else empty. */
  readonly standings: Standing[];
  readonly regressions: DetectTurn['regressions'][number][];
  readonly propagations: DetectTurn['propagations'][number][];
  readonly withdrawals: DetectTurn['withdrawals'][number][];
  readonly rows: Row[];
  readonly deletes: { readonly table: Table; readonly key: string }[];
}

type AdviseTurn = ReturnType<Advisor['consider']>;

/** If there are no events, advice is updated at this interval, milliseconds. */
const considerEveryMs = 2_000;
/**
 * The maximum number of passes in which one turn starts the requested probes. If a probe cannot start, the stages may
 * request further probes, so one pass is not enough.
 */
const carryingMax = 4;

/** State that lasts longer than one turn of the main loop. Times are monotonic milliseconds. */
export interface JudgeState {
  readonly stages: JudgeStages;
  readonly isRunning: () => boolean;
  readonly outstanding: ReturnType<typeof createOutstanding>;
  readonly maintenance: Maintenance;
  considerAtMs: number;
  detectWakeMs: number | null;
  scheduleWakeMs: number | null;
  lateWakeMs: number | null;
}

/** Probes and rechecks that the stages requested in a turn and that have not started yet. */
class Orders {
  rounds: RoundRequest[] = [];
  rechecks: Target[] = [];
  peeks: Peek[] = [];
  recheckOrders: RecheckOrder[] = [];

  isEmpty(): boolean {
    return this.rounds.length + this.rechecks.length + this.peeks.length + this.recheckOrders.length === 0;
  }
}

type ControlsDue = { due: ControlDue; round: Due['round'] }[];

/** One turn of judging. Call in this order: inputs, `maintain`, `tick`, `plan`, `consider`, `carryOut`. */
export class JudgeTurn {
  readonly judged: JudgedTurn = {
    settled: [],
    findings: [],
    advice: [],
    standings: [],
    regressions: [],
    propagations: [],
    withdrawals: [],
    rows: [],
    deletes: [],
  };
  readonly #judge: JudgeState;
  readonly #now: Now;
  readonly #start: Due[] = [];
  #orders = new Orders();
  /** How many samples of `judged.settled` the advisor has already received. */
  #observed = 0;

  constructor(judge: JudgeState, now: Now) {
    this.#judge = judge;
    this.#now = now;
  }

  readonly detect = (turn: DetectTurn): void => {
    const { judged } = this;
    const { scheduler, advisor } = this.#judge.stages;
    judged.settled.push(...turn.settled);
    judged.findings.push(...turn.findings);
    judged.regressions.push(...turn.regressions);
    judged.propagations.push(...turn.propagations);
    judged.withdrawals.push(...turn.withdrawals);
    judged.rows.push(...turn.rows);
    judged.deletes.push(...turn.deletes);
    this.#judge.detectWakeMs = turn.wakeAtMs;
    for (const { registry, on } of turn.doubt) scheduler.doubt(registry, on);
    scheduler.shed(turn.shed);
    this.#orders.rounds.push(...turn.rounds);
    this.#orders.rechecks.push(...turn.rechecks);
    this.#orders.peeks.push(...turn.peeks);
    for (const declined of turn.declined) advisor.declined(declined);
  };

  readonly advise = (turn: AdviseTurn): void => {
    this.judged.advice.push(...turn.changes);
    this.judged.rows.push(...turn.rows);
    this.#orders.recheckOrders.push(...turn.rechecks);
  };

  suspended(fromMs: number, toMs: number): void {
    this.#judge.outstanding.forget();
    this.detect(this.#judge.stages.detector.suspended(fromMs, toMs, this.#now));
  }

  probed(given: Sample): void {
    const { scheduler, detector, advisor } = this.#judge.stages;
    const sample = detector.read(given);
    const { due, wireBytes, protocol, outcome } = sample;
    const isFailed = outcome.tag === 'failed';
    this.#judge.outstanding.settled(due.probeId);
    scheduler.finished(due, { wireBytes, retryAfterMs: throttleOf(sample), protocol, isFailed }, this.#now);
    const { registry, step } = due.target;
    detector.throttled(registry, step, scheduler.throttledUntil(registry, step, this.#now));
    this.detect(detector.take(sample, this.#now));
    if (isFailed && !isHeavy(due.target) && advisor.isHead(due.target))
      this.detect(detector.confirmFirst(registry, this.#now));
  }

  control(response: ControlResponse, round: Due['round']): void {
    this.detect(this.#judge.stages.detector.control(response, round, this.#now));
  }

  readonly maintain = (): void => {
    const { stages, maintenance } = this.#judge;
    for (const { name, on } of maintenance.changes(stages, this.#now))
      this.detect(stages.detector.maintenance(name, on, this.#now));
  };

  tick(trouble: StateTrouble | null = null): void {
    this.detect(this.#judge.stages.detector.tick(this.#now, trouble));
  }

  /** Plans the probes that are due; `carryOut` returns them. @returns the probes that were skipped */
  plan(): readonly Skipped[] {
    const { scheduler, detector } = this.#judge.stages;
    if (!this.#judge.isRunning()) {
      this.#judge.scheduleWakeMs = null;
      return [];
    }
    const planned = scheduler.advance(this.#now);
    this.#judge.scheduleWakeMs = planned.wakeAtMs;
    for (const skip of planned.skipped) detector.skipped(skip);
    this.#start.push(...planned.start);
    return planned.skipped;
  }

  readonly consider = (): void => {
    const { detector, advisor, evidence, config } = this.#judge.stages;
    const isUrgent = this.#observe();
    const isLate = this.#observeLate();
    const isIdle = !isUrgent && !isLate && this.judged.findings.length === 0;
    if (isIdle && this.#now.monotonicMs < this.#judge.considerAtMs) return;
    this.#judge.considerAtMs = this.#now.monotonicMs + considerEveryMs;
    const firing = evidence.firing(config, this.#now);
    const standings = detector.standings();
    this.judged.standings.push(...standings);
    this.advise(advisor.consider({ standings, vantage: detector.vantage(), evidence: firing }, this.#now));
    const tested = advisor.list().filter(({ cause }) => isTested(cause));
    const assured = detector.assure(tested, this.#now);
    if (assured !== null) this.detect(assured);
  };

  /**
   * Reserves slots for the probes that were requested in this turn. Returns the probes of mirrors and controls to start
   * now.
   */
  carryOut() {
    const { outstanding } = this.#judge;
    const probes: Due[] = this.#start.splice(0);
    const controls: ControlsDue = [];
    for (let i = 0; i < carryingMax && !this.#orders.isEmpty(); i += 1) this.#carryOutOnce(probes, controls);
    if (this.#observe()) this.#judge.considerAtMs = 0;
    for (const due of probes) outstanding.sent(due);
    return { probes: probes.map((due) => this.#withIdleLimit(this.#atItsPlace(this.#overFamily(due)))), controls };
  }

  #carryOutOnce(probes: Due[], controls: ControlsDue): void {
    const { rounds, rechecks, peeks, recheckOrders } = this.#orders;
    this.#orders = new Orders();
    for (const order of recheckOrders) this.detect(this.#judge.stages.detector.recheck(order, this.#now));
    for (const target of rechecks) this.#probeArtifact({ target, family: null }, 'recheck', probes);
    for (const peek of peeks) this.#probeArtifact(peek, 'peek', probes);
    for (const round of rounds) this.#probeRound(round, probes, controls);
  }

  #observe(): boolean {
    let isUrgent = false;
    for (; this.#observed < this.judged.settled.length; this.#observed += 1) {
      const sample = this.judged.settled[this.#observed];
      if (sample !== undefined && this.#judge.stages.advisor.observe(sample, this.#now)) isUrgent = true;
    }
    return isUrgent;
  }

  #observeLate(): boolean {
    const { outstanding, stages } = this.#judge;
    const now = this.#now;
    const reached = outstanding.review((limit, due, outMs) => stages.advisor.pendingInMs(limit, due, outMs, now));
    for (const { limit, due, outMs } of reached) {
      if (limit === 'doubt') {
        this.detect(
          stages.detector.confirm(due.target.registry, now, stages.advisor.confirmWaitMsFor(due, outMs, now)),
        );
        continue;
      }
      stages.advisor.late(due, outMs, now);
      if (due.purpose !== 'peek' && !isHeavy(due.target)) this.detect(stages.detector.overdue(due.target, now));
    }
    const nextMs = outstanding.nextMs();
    this.#judge.lateWakeMs = nextMs === null ? null : now.monotonicMs + nextMs;
    return reached.some(({ limit }) => limit === 'late');
  }

  #reserve(requested: Parameters<Scheduler['reserve']>[0]): Due | null {
    return this.#judge.isRunning() ? this.#judge.stages.scheduler.reserve(requested, this.#now) : null;
  }

  #probeArtifact({ target, family, protocol, order }: Peek, purpose: 'recheck' | 'peek', probes: Due[]): void {
    const { config, advisor } = this.#judge.stages;
    // A peek has the timeout of a metadata request, because the first bytes should arrive as fast as the response to
    // such a request.
    const { timeoutMs } = purpose === 'peek' ? config.schedule.pace : paceOf(target, config);
    const over = { ...(family === null ? {} : { family }), ...(protocol === undefined ? {} : { protocol }) };
    const due = this.#reserve({ target, connection: 'cold', purpose, timeoutMs, round: null, ...over });
    if (due) probes.push(due);
    else if (order !== undefined) advisor.declined({ order, isKnown: true });
  }

  /** Sets the address family of a probe that has none, if the detector names one (`familyFor`). */
  #overFamily(due: Due): Due {
    const family = due.family ?? this.#judge.stages.detector.familyFor(due.target.registry);
    return family === null ? due : { ...due, family };
  }

  #atItsPlace(due: Due): Due {
    const artifactAt = isHeavy(due.target) ? this.#judge.stages.detector.artifactAt(due.target) : null;
    return artifactAt === null ? due : { ...due, artifactAt };
  }

  #withIdleLimit(due: Due): Due {
    const idleMs = this.#judge.stages.advisor.idleMs(due);
    return idleMs === null ? due : { ...due, idleMs };
  }

  #probeRound(request: RoundRequest, probes: Due[], controls: ControlsDue): void {
    const { config, detector } = this.#judge.stages;
    const round = { id: request.id, moment: request.moment };
    for (const { target, timeoutMs } of request.dues) {
      const due = this.#reserve({ target, connection: 'cold', purpose: 'confirm', timeoutMs, round });
      if (due) probes.push(due);
      else this.detect(detector.unrequested(request.id, request.moment, target.registry, this.#now));
    }
    for (const { name, timeoutMs } of request.controls) {
      const control = config.controls.find((one) => one.name === name);
      if (control && this.#judge.isRunning()) controls.push({ due: { name, url: control.url, timeoutMs }, round });
      else this.detect(detector.unrequested(request.id, request.moment, name, this.#now));
    }
  }
}

function throttleOf({ outcome, retryAfterMs }: Sample): number | null {
  return outcome.tag === 'failed' && outcome.failure.kind === 'throttled' ? (retryAfterMs ?? 0) : null;
}

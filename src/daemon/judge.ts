import type { Advisor } from '../advise/advisor.ts';
import { isTested } from '../advise/cause.ts';
import type { EvidenceBook } from '../advise/evidence.ts';
import type { AdviceChange } from '../core/advice.ts';
import { type Config, paceOf } from '../core/config.ts';
import type { ControlAnswer, ControlDue, Due, LookOrder, Skipped } from '../core/due.ts';
import type { FindingChange } from '../core/finding.ts';
import { isHeavy, type Target } from '../core/mirror.ts';
import type { Now, Row, Table } from '../core/ports.ts';
import type { Sample, SettledSample } from '../core/sample.ts';
import type { Detector, DetectTurn, Peek, RoundAsk } from '../detect/detector.ts';
import type { Scheduler } from '../schedule/scheduling.ts';
import { createOutstanding } from './outstanding.ts';

/** The stages that decide, without network, files or clock. */
export interface JudgeStages {
  readonly config: Config;
  readonly scheduler: Scheduler;
  readonly detector: Detector;
  readonly advisor: Advisor;
  readonly evidence: EvidenceBook;
}

export interface Judged {
  readonly settled: SettledSample[];
  readonly findings: FindingChange[];
  readonly advice: AdviceChange[];
  readonly regressions: DetectTurn['regressions'][number][];
  readonly propagations: DetectTurn['propagations'][number][];
  readonly rows: Row[];
  readonly deletes: { readonly table: Table; readonly key: string }[];
}

type AdviseTurn = ReturnType<Advisor['consider']>;

export type JudgeTurn = ReturnType<ReturnType<typeof createJudge>['turn']>;

export type Judge = ReturnType<typeof createJudge>;

/** Without events, advice is updated at this interval, milliseconds. */
const considerEveryMs = 2_000;
/** The limit of passes over the orders of one turn: a probe that cannot start may cause further orders. */
const carryingMax = 4;

/**
 * Connects schedule, detect and advise, for the daemon and for replays. While `isRunning` returns false, nothing new
 * is probed, not even to confirm.
 */
export function createJudge(s: JudgeStages, isRunning: () => boolean) {
  let considerAtMs = 0;
  let detectWakeMs: number | null = null;
  let scheduleWakeMs: number | null = null;
  let lateWakeMs: number | null = null;
  const inMaintenance = new Map<string, boolean>();
  let configured: Config | null = null;
  const outstanding = createOutstanding();

  /** One turn. The order of calls: inputs, `maintain`, `tick`, `plan`, `consider`, `carryOut`. */
  function turnAt(now: Now) {
    outstanding.turn(now);
    const judged: Judged = {
      settled: [],
      findings: [],
      advice: [],
      regressions: [],
      propagations: [],
      rows: [],
      deletes: [],
    };
    const start: Due[] = [];
    let rounds: RoundAsk[] = [];
    let rechecks: Target[] = [];
    let peeks: Peek[] = [];
    let looks: LookOrder[] = [];
    let observed = 0;

    const detect = (turn: DetectTurn): void => {
      judged.settled.push(...turn.settled);
      judged.findings.push(...turn.findings);
      judged.regressions.push(...turn.regressions);
      judged.propagations.push(...turn.propagations);
      judged.rows.push(...turn.rows);
      judged.deletes.push(...turn.deletes);
      detectWakeMs = turn.wakeAtMs;
      for (const { registry, on } of turn.doubt) s.scheduler.doubt(registry, on);
      s.scheduler.shed(turn.shed);
      rounds.push(...turn.rounds);
      rechecks.push(...turn.rechecks);
      peeks.push(...turn.peeks);
      for (const declined of turn.declined) s.advisor.declined(declined);
    };
    const advise = (turn: AdviseTurn): void => {
      judged.advice.push(...turn.changes);
      judged.rows.push(...turn.rows);
      looks.push(...turn.looks);
    };
    const reserve: Scheduler['reserve'] = (asked, at) => (isRunning() ? s.scheduler.reserve(asked, at) : null);

    function observe(): boolean {
      let isUrgent = false;
      for (; observed < judged.settled.length; observed += 1) {
        const sample = judged.settled[observed];
        if (sample !== undefined && s.advisor.observe(sample, now)) isUrgent = true;
      }
      return isUrgent;
    }

    function observeLate(): boolean {
      const late = outstanding.review((due, outMs) => s.advisor.lateInMs(due, outMs, now));
      for (const { due, outMs } of late) {
        s.advisor.late(due, outMs, now);
        if (due.purpose !== 'peek' && !isHeavy(due.target)) detect(s.detector.overdue(due.target, now));
      }
      const nextMs = outstanding.nextMs();
      lateWakeMs = nextMs === null ? null : now.monotonicMs + nextMs;
      return late.length > 0;
    }

    function askArtifact({ target, family, protocol, order }: Peek, purpose: 'recheck' | 'peek', probes: Due[]): void {
      // The first bytes should arrive as fast as a light response.
      const { timeoutMs } = purpose === 'peek' ? s.config.schedule.pace : paceOf(target, s.config);
      const over = { ...(family === null ? {} : { family }), ...(protocol === undefined ? {} : { protocol }) };
      const due = reserve({ target, connection: 'cold', purpose, timeoutMs, round: null, ...over }, now);
      if (due) probes.push(due);
      else if (order !== undefined) s.advisor.declined({ order, isKnown: true });
    }

    /** A mirror that works over one address family only is probed over that one. */
    function overFamily(due: Due): Due {
      const family = due.family ?? s.detector.familyFor(due.target.registry);
      return family === null ? due : { ...due, family };
    }

    function atItsPlace(due: Due): Due {
      const artifactAt = isHeavy(due.target) ? s.detector.artifactAt(due.target) : null;
      return artifactAt === null ? due : { ...due, artifactAt };
    }

    function askRound(ask: RoundAsk, probes: Due[], controls: { due: ControlDue; round: Due['round'] }[]): void {
      const round = { id: ask.id, moment: ask.moment };
      for (const { target, timeoutMs } of ask.dues) {
        const due = reserve({ target, connection: 'cold', purpose: 'confirm', timeoutMs, round }, now);
        if (due) probes.push(due);
        else detect(s.detector.unasked(ask.id, ask.moment, target.registry, now));
      }
      for (const { name, timeoutMs } of ask.controls) {
        const control = s.config.controls.find((one) => one.name === name);
        if (control && isRunning()) controls.push({ due: { name, url: control.url, timeoutMs }, round });
        else detect(s.detector.unasked(ask.id, ask.moment, name, now));
      }
    }

    return {
      judged,
      detect,
      advise,
      suspended(fromMs: number, toMs: number): void {
        outstanding.forget();
        detect(s.detector.suspended(fromMs, toMs, now));
      },
      probed(sample: Sample): void {
        const { due, wireBytes, protocol, outcome } = sample;
        const isFailed = outcome.tag === 'failed';
        outstanding.answered(due.probeId);
        s.scheduler.finished(due, { wireBytes, retryAfterMs: throttleOf(sample), protocol, isFailed }, now);
        const { registry, step } = due.target;
        s.detector.throttled(registry, step, s.scheduler.throttledUntil(registry, step, now));
        detect(s.detector.take(sample, now));
      },
      control: (answer: ControlAnswer, round: Due['round']) => detect(s.detector.control(answer, round, now)),
      maintain(): void {
        if (configured !== s.config) {
          configured = s.config;
          const names = new Set(s.config.mirrors.map(({ name }) => name));
          // Detect forgets removed mirrors: it is told again of the maintenance window of one that comes back.
          for (const name of inMaintenance.keys()) if (!names.has(name)) inMaintenance.delete(name);
        }
        for (const { name, maintenance } of s.config.mirrors) {
          const on = maintenance.length > 0 && s.scheduler.inMaintenance(name, now);
          if ((inMaintenance.get(name) ?? false) === on) continue;
          inMaintenance.set(name, on);
          detect(s.detector.maintenance(name, on, now));
        }
      },
      tick: () => detect(s.detector.tick(now)),
      /** Plans the due probes, which `carryOut` returns. @returns skipped probes */
      plan(): readonly Skipped[] {
        if (!isRunning()) {
          scheduleWakeMs = null;
          return [];
        }
        const planned = s.scheduler.advance(now);
        scheduleWakeMs = planned.wakeAtMs;
        for (const skip of planned.skipped) s.detector.skipped(skip);
        start.push(...planned.start);
        return planned.skipped;
      },
      consider(): void {
        const isUrgent = observe();
        const isLate = observeLate();
        if (!isUrgent && !isLate && judged.findings.length === 0 && now.monotonicMs < considerAtMs) return;
        considerAtMs = now.monotonicMs + considerEveryMs;
        const evidence = s.evidence.firing(s.config, now);
        const standings = s.detector.standings();
        advise(s.advisor.consider({ standings, vantage: s.detector.vantage(), evidence }, now));
        const assured = s.detector.assure(
          s.advisor.list().filter(({ cause }) => isTested(cause)),
          now,
        );
        if (assured !== null) detect(assured);
      },
      /** Reserves slots for the probes that this turn ordered, and returns what to start now. */
      carryOut() {
        const probes: Due[] = start.splice(0);
        const controls: { due: ControlDue; round: Due['round'] }[] = [];
        for (let i = 0; i < carryingMax && rounds.length + rechecks.length + peeks.length + looks.length > 0; i += 1) {
          const [asked, again, first, odd] = [rounds, rechecks, peeks, looks];
          rounds = [];
          rechecks = [];
          peeks = [];
          looks = [];
          for (const order of odd) detect(s.detector.look(order, now));
          for (const target of again) askArtifact({ target, family: null }, 'recheck', probes);
          for (const peek of first) askArtifact(peek, 'peek', probes);
          for (const ask of asked) askRound(ask, probes, controls);
        }
        if (observe()) considerAtMs = 0;
        for (const due of probes) outstanding.asked(due);
        return { probes: probes.map(overFamily).map(atItsPlace), controls };
      },
    };
  }

  return {
    turn: turnAt,
    /** When judging needs a turn, monotonic milliseconds; `null`: the loop's usual interval is enough. */
    wakeAtMs: () => earliest(lateWakeMs, earliest(detectWakeMs, isRunning() ? scheduleWakeMs : null)),
    considerSoon(): void {
      considerAtMs = 0;
    },
  };
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function throttleOf({ outcome, retryAfterMs }: Sample): number | null {
  return outcome.tag === 'failed' && outcome.failure.kind === 'throttled' ? (retryAfterMs ?? 0) : null;
}

import type { ControlAnswer, Due } from '../../../src/core/due.ts';
import type { Now, Row, StoreBatch } from '../../../src/core/ports.ts';
import type { Sample, SettledSample } from '../../../src/core/sample.ts';
import type { Target } from '../../../src/core/target.ts';
import { type Absorb, type News, noNews } from '../../../src/daemon/news.ts';
import { gapBetween } from '../../../src/daemon/watch.ts';
import type { DetectTurn } from '../../../src/detect/detector.ts';
import type { Sendable } from '../../../src/notify/notifier.ts';
import type { Kept, Stages } from './stages.ts';

/** What waits for the loop, as in `src/daemon/pipeline.ts`. */
export type Input =
  | { readonly kind: 'probed'; readonly due: Due; readonly sample: Sample }
  | { readonly kind: 'control'; readonly answer: ControlAnswer; readonly round: Due['round'] }
  | { readonly kind: 'delivery'; readonly sent: Sendable }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => void };

/** What the loop asks of the world around it. */
export interface Surroundings {
  probe(due: Due): void;
  control(control: { readonly name: string; readonly url: string }, timeoutMs: number, round: Due['round']): void;
  send(sent: Sendable): void;
  /** The settled samples of each turn. */
  settled(samples: readonly SettledSample[]): void;
  /** After each turn in which advice was considered. */
  considered(news: News, now: Now): void;
}

/** One turn of the daemon's loop after another, in the order of `src/daemon/pipeline.ts`; holds no clock. */
export interface Loop {
  /** @returns the monotonic time of the next turn if nothing comes in before */
  turn(inputs: readonly Input[], now: Now): number;
  /** The last turn: nothing new is asked, and everything is written. */
  end(inputs: readonly Input[], now: Now): void;
}

/** From an input that finds the inbox empty to the turn that takes it. */
export const turnGapMs = 5;
const considerEveryMs = 2_000;
const controlEveryMs = 30_000;
const idleMs = 1_000;

/** Joins the stages as the pipeline does, without what only shows: log, board, exporter, events. */
export function createLoop(s: Stages, kept: Kept, around: Surroundings, start: Now): Loop {
  let before = start;
  let isRunning = true;
  let considerAtMs = 0;
  let controlAtMs = 0;
  let scheduleWakeMs: number | null = null;
  let detectWakeMs: number | null = null;

  const reserve: typeof s.scheduler.reserve = (asked, now) => (isRunning ? s.scheduler.reserve(asked, now) : null);

  function follow(turn: DetectTurn, now: Now, unasked: (id: string, moment: number, name: string) => void): void {
    for (const target of turn.rechecks) {
      const timeoutMs = timeoutOf(s, target);
      const due = reserve({ target, connection: 'cold', purpose: 'recheck', timeoutMs, round: null }, now);
      if (due) around.probe(due);
    }
    for (const { id, moment, dues, controls } of turn.rounds) {
      const round = { id, moment };
      for (const { target, timeoutMs } of dues) {
        const due = reserve({ target, connection: 'cold', purpose: 'confirm', timeoutMs, round }, now);
        if (due) around.probe(due);
        else unasked(id, moment, target.registry);
      }
      for (const { name, timeoutMs } of controls) {
        const control = s.config.controls.find((one) => one.name === name);
        if (control && isRunning) around.control(control, timeoutMs, round);
        else unasked(id, moment, name);
      }
    }
  }

  function keep(puts: readonly Row[], deletes: StoreBatch['deletes']): void {
    if (puts.length > 0 || deletes.length > 0) kept.commit({ puts, deletes });
  }

  function absorbInto(news: News, settled: SettledSample[], now: Now): Absorb {
    const absorb: Absorb = {
      detect(turn) {
        settled.push(...turn.settled);
        news.findings.push(...turn.findings);
        keep(turn.rows, turn.deletes);
        detectWakeMs = turn.wakeAtMs;
        for (const { registry, on } of turn.doubt) s.scheduler.doubt(registry, on);
        s.scheduler.shed(turn.shed);
        if (turn.rechecks.length > 0 || turn.rounds.length > 0)
          follow(turn, now, (id, moment, name) => absorb.detect(s.detector.unasked(id, moment, name, now)));
      },
      advise(change) {
        news.advice.push(...change.changes);
        keep(change.rows, change.deletes);
      },
      notify: (change) => keep(change.rows, change.deletes),
    };
    return absorb;
  }

  function handle(input: Input, now: Now, absorb: Absorb): void {
    switch (input.kind) {
      case 'probed': {
        const { due, sample } = input;
        const isThrottled = sample.outcome.tag === 'failed' && sample.outcome.failure.kind === 'throttled';
        const retryAfterMs = isThrottled ? (sample.retryAfterMs ?? 0) : null;
        s.scheduler.finished(due, { wireBytes: sample.wireBytes, retryAfterMs }, now);
        for (const name of isThrottled ? s.config.mirrors.map((mirror) => mirror.name) : [due.target.registry])
          s.detector.throttled(name, s.scheduler.throttledUntil(name));
        return absorb.detect(s.detector.take(sample, now));
      }
      case 'control':
        return absorb.detect(s.detector.control(input.answer, input.round, now));
      case 'delivery':
        return absorb.notify(s.notifier.delivered(input.sent.notice, { tag: 'delivered', status: 200 }, now));
      case 'command':
        considerAtMs = 0;
        return input.run(now, absorb);
      default:
        input satisfies never;
    }
  }

  function plan(now: Now): void {
    if (!isRunning) return;
    const { start, skipped, wakeAtMs } = s.scheduler.advance(now);
    scheduleWakeMs = wakeAtMs;
    for (const skip of skipped) s.detector.skipped(skip);
    for (const due of start) around.probe(due);
    if (now.monotonicMs < controlAtMs) return;
    controlAtMs = now.monotonicMs + controlEveryMs;
    const { timeoutMs } = s.config.schedule.pace;
    for (const control of s.config.controls) around.control(control, timeoutMs, null);
  }

  function consider(news: News, settled: readonly SettledSample[], now: Now, absorb: Absorb): boolean {
    for (const sample of settled) s.advisor.observe(sample, now);
    if (news.findings.length === 0 && now.monotonicMs < considerAtMs) return false;
    considerAtMs = now.monotonicMs + considerEveryMs;
    const evidence = s.evidence.firing(s.config, now);
    const standings = s.detector.standings();
    absorb.advise(s.advisor.consider({ standings, vantage: s.detector.vantage(), evidence }, now));
    return true;
  }

  function turn(inputs: readonly Input[], now: Now): number {
    const news = noNews();
    const settled: SettledSample[] = [];
    const absorb = absorbInto(news, settled, now);
    const gap = gapBetween(before, now);
    before = now;
    if (gap) absorb.detect(s.detector.suspended(gap.fromMonotonicMs, gap.toMonotonicMs, now));
    for (const input of inputs) handle(input, now, absorb);
    absorb.detect(s.detector.tick(now));
    plan(now);
    around.settled(settled);
    const wasConsidered = consider(news, settled, now, absorb);
    absorb.notify(s.notifier.compose({ findings: news.findings, advice: news.advice }, now));
    if (wasConsidered) around.considered(news, now);
    if (isRunning) for (const sent of s.notifier.takeDue(now)) around.send(sent);
    const times = [s.notifier.wakeAtMs(now), detectWakeMs, scheduleWakeMs];
    const wakeMs = times.reduce<number>((least, at) => Math.min(least, at ?? least), now.monotonicMs + idleMs);
    return Math.max(now.monotonicMs + 1, wakeMs);
  }

  return {
    turn,
    end(inputs, now) {
      isRunning = false;
      const flush: Input = { kind: 'command', run: (at, absorb) => absorb.detect(s.detector.flush(at)) };
      turn([...inputs, flush], now);
    },
  };
}

function timeoutOf(s: Stages, target: Target): number {
  return target.canary ? s.config.schedule.pace.timeoutMs : s.config.steps[target.step].timeoutMs;
}

import type { ControlAnswer, Due } from '../../../src/core/due.ts';
import type { Now } from '../../../src/core/ports.ts';
import type { Sample, SettledSample } from '../../../src/core/sample.ts';
import { createJudge, type JudgeTurn } from '../../../src/daemon/judge.ts';
import { type Absorb, type News, noNews } from '../../../src/daemon/news.ts';
import { gapBetween } from '../../../src/daemon/watch.ts';
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
const controlEveryMs = 30_000;
const idleMs = 1_000;

/** Joins the stages as the pipeline does, without what only shows: log, board, exporter, events. */
export function createLoop(s: Stages, kept: Kept, around: Surroundings, start: Now): Loop {
  let before = start;
  let isRunning = true;
  let controlAtMs = 0;
  const judge = createJudge(s, () => isRunning);

  function absorbInto(judging: JudgeTurn): Absorb {
    return {
      detect: judging.detect,
      advise: (change) => judging.advise({ looks: [], ...change }),
      notify: (change) => kept.commit({ puts: change.rows, deletes: change.deletes }),
    };
  }

  function handle(input: Input, now: Now, judging: JudgeTurn, absorb: Absorb): void {
    switch (input.kind) {
      case 'probed':
        return judging.probed(input.sample);
      case 'control':
        return judging.control(input.answer, input.round);
      case 'delivery':
        return absorb.notify(s.notifier.delivered(input.sent.notice, { tag: 'delivered', status: 200 }, now));
      case 'command':
        judge.considerSoon();
        return input.run(now, absorb);
      default:
        input satisfies never;
    }
  }

  function askControls(now: Now): void {
    if (!isRunning || now.monotonicMs < controlAtMs) return;
    controlAtMs = now.monotonicMs + controlEveryMs;
    const { timeoutMs } = s.config.schedule.pace;
    for (const control of s.config.controls) around.control(control, timeoutMs, null);
  }

  function carryOut(judging: JudgeTurn): void {
    const { probes, controls } = judging.carryOut();
    for (const due of probes) around.probe(due);
    for (const { due, round } of controls) around.control(due, due.timeoutMs, round);
  }

  function turn(inputs: readonly Input[], now: Now): number {
    const news = noNews();
    const judging = judge.turn(now);
    const absorb = absorbInto(judging);
    const gap = gapBetween(before, now);
    before = now;
    if (gap) judging.suspended(gap.fromMonotonicMs, gap.toMonotonicMs);
    for (const input of inputs) handle(input, now, judging, absorb);
    judging.tick();
    judging.plan();
    askControls(now);
    judging.consider();
    carryOut(judging);
    const { settled, findings, advice, rows, deletes } = judging.judged;
    news.findings.push(...findings);
    news.advice.push(...advice);
    if (rows.length > 0 || deletes.length > 0) kept.commit({ puts: rows, deletes });
    around.settled(settled);
    absorb.notify(s.notifier.compose({ findings: news.findings, advice: news.advice }, now));
    around.considered(news, now);
    if (isRunning) for (const sent of s.notifier.takeDue(now)) around.send(sent);
    const times = [s.notifier.wakeAtMs(now), judge.wakeAtMs()];
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

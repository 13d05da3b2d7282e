import type { ControlResponse, Due } from '../../core/due.ts';
import type { Now, Row, StoreBatch, Table } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { createJudge } from '../../daemon/judge.ts';
import type { JudgedTurn, JudgeStages, JudgeTurn } from '../../daemon/judge-turn.ts';
import { type Absorb, absorbInto } from '../../daemon/news.ts';

export type VirtualInput =
  | { readonly kind: 'probed'; readonly sample: Sample }
  | { readonly kind: 'control'; readonly response: ControlResponse; readonly round: Due['round'] }
  | { readonly kind: 'gap'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => void };

export interface Around {
  probe(due: Due): void;
  control(control: { readonly name: string; readonly url: string }, timeoutMs: number, round: Due['round']): void;
  judged(judged: JudgedTurn, now: Now): void;
}

/** The daemon's main loop in virtual time. The caller starts each turn (one pass of the loop) and sets its time. */
export interface VirtualLoop {
  /** Runs one turn. @returns the monotonic time of the next turn, unless an input arrives earlier */
  turn(inputs: readonly VirtualInput[], now: Now): number;
  /** Runs the last turn. It starts no new probes. */
  end(inputs: readonly VirtualInput[], now: Now): void;
}

/** The time from the first waiting input to the turn (one pass of the main loop) that processes it, milliseconds. */
export const turnGapMs = 5;
const controlEveryMs = 30_000;
const idleMs = 1_000;

/** Creates a virtual loop. It connects the stages that judge responses, as the daemon's main loop does. */
export function createVirtualLoop(s: JudgeStages, around: Around): VirtualLoop {
  let isRunning = true;
  let controlAtMs = 0;
  const judge = createJudge(s, () => isRunning);

  function handle(input: VirtualInput, now: Now, judging: JudgeTurn): void {
    switch (input.kind) {
      case 'probed':
        return judging.probed(input.sample);
      case 'control':
        return judging.control(input.response, input.round);
      case 'gap':
        return judging.suspended(input.fromMs, input.toMs);
      case 'command':
        judge.considerSoon();
        // Changes of notices are left out, because a replay has no receivers.
        return input.run(
          now,
          absorbInto(judging, () => undefined),
        );
      default:
        input satisfies never;
    }
  }

  function requestControls(now: Now): void {
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

  function turn(inputs: readonly VirtualInput[], now: Now): number {
    const judging = judge.turn(now);
    for (const input of inputs) handle(input, now, judging);
    judging.maintain();
    judging.tick();
    judging.plan();
    requestControls(now);
    judging.consider();
    carryOut(judging);
    around.judged(judging.judged, now);
    const latestMs = now.monotonicMs + idleMs;
    return Math.max(now.monotonicMs + 1, Math.min(latestMs, judge.wakeAtMs() ?? latestMs));
  }

  return {
    turn,
    end(inputs, now) {
      isRunning = false;
      const flush: VirtualInput = { kind: 'command', run: (at, absorb) => absorb.detect(s.detector.flush(at)) };
      turn([...inputs, flush], now);
    },
  };
}

/** Creates an empty store of rows. Each row is converted to JSON and back, as in the state file. */
export function createKept() {
  const rows = new Map<string, Row>();
  return {
    commit({ puts, deletes }: StoreBatch): void {
      for (const row of puts) rows.set(`${row.table}/${row.key}`, row);
      for (const { table, key } of deletes) rows.delete(`${table}/${key}`);
    },
    all: (...tables: readonly Table[]): Row[] =>
      tables.flatMap((table) =>
        [...rows.values()]
          .filter((row) => row.table === table)
          .sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1))
          .map((row) => JSON.parse(JSON.stringify(row)) as Row),
      ),
  };
}

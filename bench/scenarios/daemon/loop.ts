import type { ControlResponse, Due } from '../../../src/core/due.ts';
import type { Now } from '../../../src/core/ports.ts';
import type { Sample, SettledSample } from '../../../src/core/sample.ts';
import { type Absorb, gapBetween, newTurnChanges, type TurnChanges } from '../../../src/daemon/news.ts';
import { type createKept, createVirtualLoop, type VirtualInput } from '../../../src/features/replay/loop.ts';
import type { Sendable } from '../../../src/notify/notifier.ts';
import type { Stages } from './stages.ts';

export { turnGapMs } from '../../../src/features/replay/loop.ts';

/** An input that waits for the next turn of the loop, as in `src/daemon/pipeline.ts`. */
export type Input =
  | { readonly kind: 'probed'; readonly due: Due; readonly sample: Sample }
  | { readonly kind: 'control'; readonly response: ControlResponse; readonly round: Due['round'] }
  | { readonly kind: 'delivery'; readonly sent: Sendable }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => void };

/** What the loop requests from the simulated world. */
export interface Surroundings {
  probe(due: Due): void;
  control(control: { readonly name: string; readonly url: string }, timeoutMs: number, round: Due['round']): void;
  send(sent: Sendable): void;
  /** Called with the settled samples of each turn. */
  settled(samples: readonly SettledSample[]): void;
  /** Called after each turn in which the advisor ran. */
  considered(news: TurnChanges, now: Now): void;
}

/**
 * The daemon's loop, with the order of `src/daemon/pipeline.ts`. It has no clock: the caller gives the time of each
 * turn.
 */
export interface Loop {
  /** @returns the monotonic time of the next turn, if no input arrives before */
  turn(inputs: readonly Input[], now: Now): number;
  /** The last turn: no new probe is sent, and everything is written. */
  end(inputs: readonly Input[], now: Now): void;
}

/** Makes the loop: that of a replay, with notices added. */
export function createLoop(s: Stages, kept: ReturnType<typeof createKept>, around: Surroundings, start: Now): Loop {
  let isRunning = true;
  let before = start;
  const notify: Absorb['notify'] = (change) => kept.commit({ puts: change.rows, deletes: change.deletes });
  const loop = createVirtualLoop(s, {
    probe: around.probe,
    control: around.control,
    judged(judged, now) {
      const { settled, rows, deletes } = judged;
      const news = newTurnChanges(judged);
      if (rows.length > 0 || deletes.length > 0) kept.commit({ puts: rows, deletes });
      around.settled(settled);
      notify(s.notifier.compose(news, now));
      around.considered(news, now);
      if (isRunning) for (const sent of s.notifier.takeDue(now)) around.send(sent);
    },
  });

  function virtual(input: Input, now: Now): readonly VirtualInput[] {
    switch (input.kind) {
      case 'delivery':
        // No decision depends on a delivery, so it need not wait for the turn.
        notify(s.notifier.delivered(input.sent.notice, { tag: 'delivered', status: 200 }, now));
        return [];
      case 'probed':
        return [{ kind: 'probed', sample: input.sample }];
      case 'command':
        return [{ kind: 'command', run: (at, absorb) => input.run(at, { ...absorb, notify }) }];
      default:
        return [input];
    }
  }

  /** The inputs of a turn, after the gap before it if the process was suspended. */
  function inputsOf(inputs: readonly Input[], now: Now): readonly VirtualInput[] {
    const gap = gapBetween(before, now);
    before = now;
    const all = inputs.flatMap((input) => virtual(input, now));
    return gap === null ? all : [{ kind: 'gap', fromMs: gap.fromMonotonicMs, toMs: gap.toMonotonicMs }, ...all];
  }

  return {
    turn(inputs, now) {
      const nextMs = loop.turn(inputsOf(inputs, now), now);
      return Math.max(now.monotonicMs + 1, Math.min(nextMs, s.notifier.wakeAtMs(now) ?? nextMs));
    },
    end(inputs, now) {
      isRunning = false;
      loop.end(inputsOf(inputs, now), now);
    },
  };
}

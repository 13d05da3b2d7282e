import type { ControlResponse, Due } from '../../../src/core/due.ts';
import type { Now } from '../../../src/core/ports.ts';
import type { Sample, SettledSample } from '../../../src/core/sample.ts';
import { type Absorb, gapBetween, newTurnChanges, type TurnChanges } from '../../../src/daemon/news.ts';
import { createVirtualLoop, type KeptLoop, type VirtualInput } from '../../../src/features/replay/loop.ts';
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
export function createLoop(s: Stages, kept: KeptLoop, around: Surroundings, start: Now): Loop {
  let isRunning = true;
  const notify: Absorb['notify'] = (change) => kept.commit({ puts: change.rows, deletes: change.deletes });
  const loop = createVirtualLoop(
    s,
    {
      probe: around.probe,
      control: around.control,
      notify,
      judged(judged, now) {
        const { settled, rows, deletes } = judged;
        const news = newTurnChanges(judged);
        if (rows.length > 0 || deletes.length > 0) kept.commit({ puts: rows, deletes });
        around.settled(settled);
        notify(s.notifier.compose(news, now));
        around.considered(news, now);
        if (isRunning) for (const sent of s.notifier.takeDue(now)) around.send(sent);
      },
      wakeAtMs: (now) => s.notifier.wakeAtMs(now),
      gapBetween,
    },
    start,
  );

  function virtual(input: Input): VirtualInput {
    switch (input.kind) {
      case 'delivery':
        return {
          kind: 'aside',
          run: (now) => notify(s.notifier.delivered(input.sent.notice, { tag: 'delivered', status: 200 }, now)),
        };
      case 'probed':
        return { kind: 'probed', sample: input.sample };
      default:
        return input;
    }
  }

  return {
    turn: (inputs, now) => loop.turn(inputs.map(virtual), now),
    end(inputs, now) {
      isRunning = false;
      loop.end(inputs.map(virtual), now);
    },
  };
}

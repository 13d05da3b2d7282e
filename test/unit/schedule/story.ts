import type { Config } from '../../../src/core/config.ts';
import type { Due, Skipped } from '../../../src/core/due.ts';
import { createRandom } from '../../../src/io/random.ts';
import { createScheduler } from '../../../src/schedule/scheduler.ts';
import type { Scheduler } from '../../../src/schedule/scheduling.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { at, config, every, plainCalendar } from './sample-config.ts';

export const minute = 60_000;
export const nothing = { wireBytes: 0, retryAfterMs: null };

export function schedulerOf(one: Config, afterMs = 0, probesAtOnce?: number, clock = at): Scheduler {
  return createScheduler({
    config: one,
    targets: expandTargets(one),
    seed: one.vantage,
    calendar: plainCalendar,
    random: createRandom(1),
    now: clock(afterMs),
    ...(probesAtOnce === undefined ? {} : { probesAtOnce }),
  });
}

/** When each probe of a story ended, by its id, after the start. */
export const ends = new Map<string, number>();

export interface Story {
  readonly started: { readonly due: Due; readonly afterMs: number }[];
  readonly skipped: (Skipped & { readonly afterMs: number })[];
}

/**
 * Lives through a stretch of time: calls when the scheduler asked to be called, and ends each probe after `lastsMs`
 * of its own. `result` says what the probe brought.
 */
export function live(
  scheduler: Scheduler,
  span: { readonly fromMs: number; readonly toMs: number },
  lastsMs: (due: Due) => number = () => 0,
  result: (due: Due) => Parameters<Scheduler['finished']>[1] = () => nothing,
  clock = at,
): Story {
  const story: Story = { started: [], skipped: [] };
  const running: { due: Due; endsMs: number }[] = [];
  let afterMs = span.fromMs;
  while (afterMs <= span.toMs) {
    for (const one of running.splice(0)) {
      if (one.endsMs > afterMs) running.push(one);
      else scheduler.finished(one.due, result(one.due), clock(afterMs));
    }
    const turn = scheduler.advance(clock(afterMs));
    story.skipped.push(...turn.skipped.map((skipped) => ({ ...skipped, afterMs })));
    for (const due of turn.start) {
      story.started.push({ due, afterMs });
      const endsMs = afterMs + lastsMs(due);
      ends.set(due.probeId, endsMs);
      running.push({ due, endsMs });
    }
    const next = Math.min(turn.wakeAtMs - clock(0).monotonicMs, ...running.map(({ endsMs }) => endsMs));
    afterMs = Math.max(next, afterMs + 0.001);
  }
  for (const { due } of running) scheduler.finished(due, result(due), clock(span.toMs));
  return story;
}

export const canaryOnly = (over: Partial<Config> = {}) =>
  config(over, { info: every(1e12), list: every(1e12), latest: every(1e12), zip: every(1e12) });
export const steps = (story: Story, step: string) => story.started.filter(({ due }) => due.target.step === step);

import type { Config, Pace } from './config.ts';
import type { Target } from './target.ts';

/** A cron pace has no length of its own: answers so far apart belong to one trouble. Milliseconds. */
const cronEveryMs = 10 * 60_000;

/** The pace of a target: the canary goes at the schedule's own, everything else at its step's. The one rule for all. */
export function paceOf(target: Pick<Target, 'canary' | 'step'>, config: Pick<Config, 'schedule' | 'steps'>): Pace {
  return target.canary ? config.schedule.pace : (config.steps[target.step] ?? config.schedule.pace);
}

/** Milliseconds between two starts at a pace; for a cron expression ten minutes. */
export function everyMs(pace: Pace): number {
  return pace.cadence.kind === 'every' ? pace.cadence.everyMs : cronEveryMs;
}

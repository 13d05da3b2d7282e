import type { Config, Pace } from './config.ts';
import type { Target } from './mirror.ts';

/** A cron pace has no fixed interval: responses this close belong to one trouble. Milliseconds. */
const cronEveryMs = 10 * 60_000;

/** The pace of a target: the schedule's own for the canary, its step's for others. No other rule exists. */
export function paceOf(target: Pick<Target, 'canary' | 'step'>, config: Pick<Config, 'schedule' | 'steps'>): Pace {
  return target.canary ? config.schedule.pace : (config.steps[target.step] ?? config.schedule.pace);
}

/** Milliseconds between two starts of a pace; ten minutes for a cron expression. */
export function everyMs(pace: Pace): number {
  return pace.cadence.kind === 'every' ? pace.cadence.everyMs : cronEveryMs;
}

import { startChild } from '../child.ts';
import type { Progress } from '../progress.ts';

/** What lives at the end of a simulated day, after a collection. MB of 2^20 bytes. */
export interface Day {
  readonly day: number;
  /** So far. */
  readonly probes: number;
  readonly notices: number;
  readonly heapMb: number;
  /** Of it the text of the state file, which stands in memory here. */
  readonly stateMb: number;
  readonly stateRows: number;
}

/** A daemon over simulated days. */
export interface DaysReport {
  readonly days: readonly Day[];
}

/** Runs a daemon over so many simulated days, in a process of its own. */
export async function days(count: number, progress: Progress): Promise<DaysReport> {
  const child = startChild('long/days-child', [`${count}`]);
  try {
    const told: Day[] = [];
    while (told.length < count) {
      const heard = (await child.hear()) as Day | { readonly hour: number };
      if ('hour' in heard) continue;
      told.push(heard);
      progress.say(`days: ${heard.day} of ${count}, ${heard.heapMb.toFixed(1)} MB live`);
    }
    return { days: told };
  } finally {
    await child.close();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { watchOthers } from '../disturbance.ts';
import { NoFigures } from '../no-figures.ts';
import type { Progress } from '../progress.ts';
import { type Counts, countsOf, scrapeOnce } from '../scale/counts.ts';
import type { BuiltDaemon } from '../scale/daemon.ts';
import { inWorld } from '../scale/rig.ts';
import { lightTargets, shapeOf } from '../scale/world.ts';

/** What the daemon holds and did in one minute. Memory in MB (2^20 bytes). */
export interface Minute {
  readonly minute: number;
  readonly rssMb: number;
  /** Heap of the main thread: the least that was seen at the scrapes of this minute, so with little garbage. */
  readonly heapMb: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly stateBytes: number;
  readonly writtenBytes: number;
  readonly cpuMs: number;
  /** Probes that ended, and those of them that failed or came to nothing on our side. */
  readonly probes: number;
  readonly failed: number;
  readonly unknown: number;
  /** Probes that began later than planned by more than 5 ms, and by more than 100 ms. */
  readonly late: number;
  readonly veryLate: number;
}

/** So many minutes of real time. */
export interface HourReport {
  readonly targets: number;
  readonly everySeconds: number;
  readonly minutes: readonly Minute[];
  /** Probes that the paces ask for in that time, and those that were told of. */
  readonly due: number;
  readonly told: number;
  readonly othersCores: number;
}

const targets = 100;
const scrapesAMinute = 4;
const minuteMs = 60_000;

/** Runs the built package over 100 targets for so many minutes, scraped each quarter of a minute. @throws NoFigures where probes fail */
export function hour(minutes: number, progress: Progress): Promise<HourReport> {
  const shape = shapeOf(targets);
  return inWorld(
    shape,
    (what) => progress.say(`hour: ${what}`),
    async ({ daemon, say }) => {
      say(`every light target is asked once, ${shape.everySeconds} s`);
      await sleep(shape.everySeconds * 1_000 + 5_000);
      const others = watchOthers();
      const begunMs = performance.now();
      const first = countsOf((await scrapeOnce(daemon)).text);
      const rows: Minute[] = [];
      let before = first;
      for (let minute = 1; minute <= minutes; minute += 1) {
        const [row, after] = await watched(daemon, minute, before, begunMs + minute * minuteMs);
        rows.push(row);
        before = after;
        say(`minute ${minute} of ${minutes}, ${row.rssMb.toFixed(0)} MB, heap ${row.heapMb.toFixed(1)}`);
      }
      const told = before.attempts + before.unknown - first.attempts - first.unknown;
      if (before.failed - first.failed > told / 100) throw new NoFigures('more than a hundredth of the probes failed');
      const seconds = (performance.now() - begunMs) / 1_000;
      const due = Math.round(
        (lightTargets(shape) * seconds) / shape.everySeconds +
          (shape.targets - lightTargets(shape)) * (seconds / 3_600),
      );
      return {
        targets: shape.targets,
        everySeconds: shape.everySeconds,
        minutes: rows,
        due,
        told,
        othersCores: others().othersCores,
      };
    },
  );
}

/** One minute, until `endsMs` of `performance.now()`. */
async function watched(
  daemon: BuiltDaemon,
  minute: number,
  before: Counts,
  endsMs: number,
): Promise<readonly [Minute, Counts]> {
  const [cpuMs, writtenBytes] = [daemon.cpuMs(), daemon.writtenBytes()];
  let heapMb = Number.POSITIVE_INFINITY;
  let after = before;
  for (let left = scrapesAMinute - 1; left >= 0; left -= 1) {
    const waitMs = endsMs - (left * minuteMs) / scrapesAMinute - performance.now();
    await sleep(Math.max(0, waitMs));
    after = countsOf((await scrapeOnce(daemon)).text);
    heapMb = Math.min(heapMb, await daemon.heapMb());
  }
  const starts = after.starts - before.starts;
  const row: Minute = {
    minute,
    rssMb: daemon.memoryMb().now,
    heapMb,
    threads: daemon.threads(),
    descriptors: daemon.descriptors(),
    stateBytes: daemon.stateBytes(),
    writtenBytes: daemon.writtenBytes() - writtenBytes,
    cpuMs: daemon.cpuMs() - cpuMs,
    probes: after.attempts + after.unknown - before.attempts - before.unknown,
    failed: after.failed - before.failed,
    unknown: after.unknown - before.unknown,
    late: starts - (after.within5 - before.within5),
    veryLate: starts - (after.within100 - before.within100),
  };
  return [row, after];
}

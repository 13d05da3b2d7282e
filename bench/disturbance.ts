import { systemClock } from '../src/io/clock.ts';
import { machineCpu } from './machine.ts';
import { childPids, cpuMsWithEnded } from './process-cpu.ts';

/** Cores that others used on average while something was measured, and that the hypervisor kept from us. */
export interface Disturbance {
  readonly othersCores: number;
  readonly stolenCores: number;
}

/** A stretch of time on the monotonic clock and what others did in it. */
export interface Stretch extends Disturbance {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Above this, figures say more of the others than of us. */
const calmCoresMax = 0.15;
/** CPU time is told in steps of 10 ms for each process, so a shorter stretch would be all rounding. */
const stretchMs = 1_000;

/** Starts watching; the function it gives tells what others did since. */
export function watchOthers(): () => Stretch {
  const fromMs = systemClock.monotonicMs();
  const before = machineCpu();
  const ownBefore = ownCpuMs();
  return () => {
    const after = machineCpu();
    const toMs = systemClock.monotonicMs();
    const ownMs = ownCpuMs() - ownBefore;
    return {
      fromMs,
      toMs,
      othersCores: Math.max(0, after.busyMs - before.busyMs - ownMs) / (toMs - fromMs),
      stolenCores: (after.stolenMs - before.stolenMs) / (toMs - fromMs),
    };
  };
}

/** Watches second by second, from now until the function it gives is called, which tells all stretches. */
export function watchStretches(): () => readonly Stretch[] {
  const stretches: Stretch[] = [];
  let end = watchOthers();
  const next = (): void => {
    stretches.push(end());
    end = watchOthers();
  };
  const timer = setInterval(next, stretchMs);
  return () => {
    clearInterval(timer);
    next();
    return stretches;
  };
}

/** True where others, and the hypervisor, left the machine to us. */
export function isCalm({
  othersCores,
  stolenCores = 0,
}: Pick<Disturbance, 'othersCores'> & Partial<Disturbance>): boolean {
  return othersCores + stolenCores <= calmCoresMax;
}

/** True where every stretch that a span touches was calm. */
export function isCalmBetween(fromMs: number, toMs: number, stretches: readonly Stretch[]): boolean {
  return stretches.every((stretch) => stretch.toMs < fromMs || stretch.fromMs > toMs || isCalm(stretch));
}

function ownCpuMs(): number {
  return [process.pid, ...childPids()].reduce((sum, pid) => {
    try {
      return sum + cpuMsWithEnded(pid);
    } catch {
      return sum;
    }
  }, 0);
}

import { machineCpu } from './machine.ts';
import { childPids, cpuMsOf } from './process-cpu.ts';

/** Cores that others used on average while something was measured, and that the hypervisor kept from us. */
export interface Disturbance {
  readonly othersCores: number;
  readonly stolenCores: number;
}

/** Starts watching; the function it gives tells what others did since. Children that ended meanwhile count as others. */
export function watchOthers(): () => Disturbance {
  const before = machineCpu();
  const ownBefore = ownCpuMs();
  return () => {
    const after = machineCpu();
    const passedMs = after.atMs - before.atMs;
    const ownMs = ownCpuMs() - ownBefore;
    return {
      othersCores: Math.max(0, after.busyMs - before.busyMs - ownMs) / passedMs,
      stolenCores: (after.stolenMs - before.stolenMs) / passedMs,
    };
  };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  const children = childPids().map((pid) => {
    try {
      return cpuMsOf(pid);
    } catch {
      return 0;
    }
  });
  return children.reduce((sum, ms) => sum + ms, (user + system) / 1_000);
}

import { cpus } from 'node:os';
import { startBlackbox } from '../test/support/blackbox.ts';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { commandPath, findCommand } from '../test/support/paths.ts';
import { mustRun } from '../test/support/process.ts';
import { driveBlackbox, type Round } from './blackbox-driver.ts';
import { type Child, startChild } from './child.ts';
import { isCalm, type Stretch, watchOthers } from './disturbance.ts';
import { answered, moduleTree, treeModules } from './no-figures.ts';
import { weighAsWe } from './priority.ts';
import { childPids, cpuMsOf } from './process-cpu.ts';
import type { Progress } from './progress.ts';
import { mean, type Spread, spreadOf } from './statistics.ts';

/** One round of one prober. */
export interface CpuRound {
  readonly probes: number;
  readonly cpuMsPerProbe: number;
  readonly perSecond: number;
}

/** Both probers, round by round in turn, and the floors of this runtime. */
export interface CpuReport {
  readonly atOnce: number;
  readonly roundMs: number;
  readonly ours: readonly CpuRound[];
  readonly theirs: readonly CpuRound[];
  /** Ours over theirs, pair by pair. */
  readonly cpuRatio: Spread;
  readonly rateRatio: Spread;
  /** The same prober without threads, and the floors under it, each over theirs; one round after the pairs. */
  readonly floors: readonly { readonly way: string; readonly round: CpuRound; readonly cpuRatio: number }[];
  /** CPU that asking the blackbox_exporter took on our side, milliseconds a probe: it shares the cores. */
  readonly driverCpuMsPerProbe: number;
  readonly failed: number;
  /** Pairs that were left out because others were at work, and cores that others used in all pairs: mean. */
  readonly disturbed: number;
  readonly othersCores: number;
  /** Whether the pairs that count are undisturbed ones. */
  readonly calm: boolean;
}

interface Pair {
  readonly ours: CpuRound;
  readonly theirs: CpuRound;
  readonly stretch: Stretch;
}

const atOnce = 16;
const [{ module, version }] = treeModules;
const floors = ['inline', 'undici', 'socket'] as const;
/** With fewer undisturbed pairs than this, all of them count. */
const pairsMin = 3;
/** How many cores the figures are for. */
const cores = 2;

/** CPU time and rate of a cold HTTPS probe, ours and blackbox_exporter's against the same nginx. */
export async function cpu(quick: boolean, progress: Progress): Promise<CpuReport> {
  const pairs = quick ? 3 : 9;
  const pairsMax = quick ? 5 : 15;
  const roundMs = quick ? 2_000 : 4_000;
  progress.say('cpu: starting nginx, blackbox_exporter and the prober');
  const nginx = await startNginx({ root: moduleTree(), extra: 'ssl_protocols TLSv1.3;' });
  const blackbox = await startBlackbox();
  weighAsWe(blackbox.pid);
  const host = nginx.httpsUrl.replace('127.0.0.1', 'localhost');
  const args = [host, testCerts().ca.certFile, module, version];
  const start = (way: string): Child => startChild('cpu-child', [way, ...args]);
  const ours = start('threads');
  let failed = 0;
  let driverMs = 0;
  const one = async (who: string, pid: number, act: () => Promise<Round>): Promise<CpuRound> => {
    const before = cpuMsOf(pid);
    const round = answered(who, await act());
    failed += round.failed;
    return {
      probes: round.ok,
      cpuMsPerProbe: (cpuMsOf(pid) - before) / round.ok,
      perSecond: (round.ok * 1_000) / round.tookMs,
    };
  };
  const byChild = (child: Child, forMs: number): Promise<CpuRound> =>
    one('mirrorwatch', child.pid, async () => {
      child.say({ forMs, atOnce });
      return (await child.hear()) as Round;
    });
  const byBlackbox = (forMs: number): Promise<CpuRound> =>
    one('blackbox_exporter', blackbox.pid, async () => {
      const before = process.cpuUsage();
      const round = await driveBlackbox(blackbox.port, `${host}/${module}/@v/${version}.mod`, forMs, atOnce);
      const { user, system } = process.cpuUsage(before);
      driverMs += (user + system) / 1_000;
      return round;
    });
  try {
    await confine();
    progress.say('cpu: warming up');
    await byChild(ours, 2_000);
    await byBlackbox(1_000);
    driverMs = 0;
    const all: Pair[] = [];
    const calm = (): Pair[] => all.filter(({ stretch }) => isCalm(stretch));
    for (let n = 0; n < pairsMax && calm().length < pairs; n += 1) {
      progress.say(`cpu: pair ${n + 1}, ${calm().length} of ${pairs} undisturbed so far`);
      const watch = watchOthers();
      const pair = { ours: await byChild(ours, roundMs), theirs: await byBlackbox(roundMs) };
      all.push({ ...pair, stretch: watch() });
    }
    const rounds = calm().length >= pairsMin ? calm() : all;
    const ratios = (figure: 'cpuMsPerProbe' | 'perSecond') =>
      spreadOf(rounds.map((pair) => pair.ours[figure] / pair.theirs[figure]));
    const theirsCpu = spreadOf(rounds.map(({ theirs }) => theirs.cpuMsPerProbe)).median;
    const under: CpuReport['floors'][number][] = [];
    for (const way of floors) {
      progress.say(`cpu: floor ${way}`);
      const child = start(way);
      await byChild(child, 1_500);
      const round = await byChild(child, roundMs);
      await child.close();
      under.push({ way, round, cpuRatio: round.cpuMsPerProbe / theirsCpu });
    }
    return {
      atOnce,
      roundMs,
      ours: rounds.map((pair) => pair.ours),
      theirs: rounds.map((pair) => pair.theirs),
      cpuRatio: ratios('cpuMsPerProbe'),
      rateRatio: ratios('perSecond'),
      floors: under,
      driverCpuMsPerProbe: driverMs / all.reduce((sum, { theirs }) => sum + theirs.probes, 0),
      failed,
      disturbed: all.length - rounds.length,
      othersCores: mean(all.map(({ stretch }) => stretch.othersCores)),
      calm: rounds.every(({ stretch }) => isCalm(stretch)),
    };
  } finally {
    await ours.close();
    await blackbox.close();
    await nginx.close();
  }
}

/** Where there are more cores than the figures are for, everything started so far runs on the first two. */
async function confine(): Promise<void> {
  if (cpus().length <= cores || findCommand('taskset') === null) return;
  for (const pid of [process.pid, ...childPids()]) {
    await mustRun(commandPath('taskset'), ['--all-tasks', '--cpu-list', '--pid', `0-${cores - 1}`, `${pid}`]);
  }
}

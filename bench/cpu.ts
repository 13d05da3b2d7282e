import { cpus } from 'node:os';
import type { HttpProtocol } from '../src/core/transcript.ts';
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

/** The same work over each HTTP version: an nginx that takes HTTP/2 and one that does not, blackbox_exporter with it on and off. */
export type CpuReports = { readonly [P in HttpProtocol]: CpuReport };

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
/** Of blackbox_exporter: HTTP/2 is its default. */
const moduleOver = { '1.1': 'http_1', '2': 'http_2xx' } as const;
/** With fewer undisturbed pairs than this, all of them count. */
const pairsMin = 3;
/** How many cores the figures are for. */
const cores = 2;

/** CPU time and rate of a cold HTTPS probe, ours and blackbox_exporter's against the same nginx, over both HTTP versions. */
export async function cpu(quick: boolean, progress: Progress): Promise<CpuReports> {
  return { '1.1': await cpuOver('1.1', quick, progress), '2': await cpuOver('2', quick, progress) };
}

async function cpuOver(protocol: HttpProtocol, quick: boolean, progress: Progress): Promise<CpuReport> {
  const pairs = quick ? 3 : 9;
  const pairsMax = quick ? 5 : 15;
  const roundMs = quick ? 2_000 : 4_000;
  progress.say(`cpu: starting nginx, blackbox_exporter and the prober, HTTP/${protocol}`);
  const tree = { root: moduleTree(), extra: 'ssl_protocols TLSv1.3;' };
  const nginx = await startNginx(protocol === '2' ? { ...tree, http2: true } : tree);
  const blackbox = await startBlackbox();
  weighAsWe(blackbox.pid);
  const host = nginx.httpsUrl.replace('127.0.0.1', 'localhost');
  const args = [host, testCerts().ca.certFile, module, version, protocol];
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
      const file = `${host}/${module}/@v/${version}.mod`;
      const round = await driveBlackbox(blackbox.port, file, moduleOver[protocol], forMs, atOnce);
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
      progress.say(`cpu, HTTP/${protocol}: pair ${n + 1}, ${calm().length} of ${pairs} undisturbed so far`);
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

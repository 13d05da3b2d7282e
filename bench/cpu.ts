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
  readonly failed: number;
  readonly cpuMsPerProbe: number;
  readonly perSecond: number;
}

/** The same work over each HTTP version: an nginx that takes HTTP/2 and one that does not, blackbox_exporter with it on and off. */
export type CpuReports = { readonly [P in HttpProtocol]: CpuReport };

/** Both probers and the floors of this runtime, in short rounds by turns: a host's speed changes within seconds. */
export interface CpuReport {
  readonly atOnce: number;
  readonly roundMs: number;
  readonly ours: readonly CpuRound[];
  readonly theirs: readonly CpuRound[];
  /** Ours over theirs, of rounds that ran one after the other. */
  readonly cpuRatio: Spread;
  readonly rateRatio: Spread;
  /** The same prober without threads, and the floors under it, each over theirs of the same cycle. */
  readonly floors: readonly Floor[];
  /** CPU that asking the blackbox_exporter took on our side, milliseconds a probe: it shares the cores. */
  readonly driverCpuMsPerProbe: number;
  readonly failed: number;
  /** Cycles that were left out because others were at work, and cores that others used in all cycles: mean. */
  readonly disturbed: number;
  readonly othersCores: number;
  /** Whether the cycles that count are undisturbed ones. */
  readonly calm: boolean;
}

/** Less than the whole prober, in a process of its own. */
export interface Floor {
  readonly way: string;
  readonly rounds: readonly CpuRound[];
  readonly cpuRatio: Spread;
}

/** One round of each, and what others did meanwhile. */
interface Cycle {
  readonly rounds: ReadonlyMap<string, CpuRound>;
  readonly stretch: Stretch;
}

/** Who takes turns. */
interface Party {
  readonly who: string;
  readonly pid: number;
  readonly play: (forMs: number) => Promise<Round>;
}

const atOnce = 16;
const [{ module, version }] = treeModules;
const floors = ['inline', 'undici', 'socket'] as const;
/** Of blackbox_exporter: HTTP/2 is its default. */
const moduleOver = { '1.1': 'http_1', '2': 'http_2xx' } as const;
/** With fewer undisturbed cycles than this, all of them count. */
const cyclesMin = 5;
/** Shorter ones are rounded by the steps of 10 ms in which CPU time is told. */
const roundMs = 1_000;
const warmUpMs = 2_500;
/** How many cores the figures are for. */
const cores = 2;

/** CPU time and rate of a cold HTTPS probe, ours and blackbox_exporter's against the same nginx, over both HTTP versions. */
export async function cpu(quick: boolean, progress: Progress): Promise<CpuReports> {
  return { '1.1': await cpuOver('1.1', quick, progress), '2': await cpuOver('2', quick, progress) };
}

async function cpuOver(protocol: HttpProtocol, quick: boolean, progress: Progress): Promise<CpuReport> {
  progress.say(`cpu: starting nginx, blackbox_exporter and the probers, HTTP/${protocol}`);
  const tree = { root: moduleTree(), extra: 'ssl_protocols TLSv1.3;' };
  const nginx = await startNginx(protocol === '2' ? { ...tree, http2: true } : tree);
  const blackbox = await startBlackbox();
  weighAsWe(blackbox.pid);
  const host = nginx.httpsUrl.replace('127.0.0.1', 'localhost');
  const args = [host, testCerts().ca.certFile, module, version, protocol];
  const children = new Map(['threads', ...floors].map((way) => [way, startChild('cpu-child', [way, ...args])]));
  const driver = { ms: 0, probes: 0 };
  const theirs: Party = {
    who: 'theirs',
    pid: blackbox.pid,
    async play(forMs) {
      const before = process.cpuUsage();
      const file = `${host}/${module}/@v/${version}.mod`;
      const round = await driveBlackbox(blackbox.port, file, moduleOver[protocol], forMs, atOnce);
      const { user, system } = process.cpuUsage(before);
      driver.ms += (user + system) / 1_000;
      driver.probes += round.ok;
      return round;
    },
  };
  const [ours, ...others] = [...children].map(([way, child]) => partyOf(way, child));
  try {
    await confine();
    const parties = ours === undefined ? [] : [ours, theirs, ...others];
    const cycles = await playCycles(parties, quick ? 5 : 14, (done) =>
      progress.say(`cpu, HTTP/${protocol}: cycle ${done.length + 1}, ${calmOf(done).length} undisturbed so far`),
    );
    return { ...reportOf(cycles), driverCpuMsPerProbe: driver.ms / driver.probes };
  } finally {
    for (const child of children.values()) await child.close();
    await blackbox.close();
    await nginx.close();
  }
}

function partyOf(who: string, child: Child): Party {
  return {
    who,
    pid: child.pid,
    async play(forMs) {
      child.say({ forMs, atOnce });
      return (await child.hear()) as Round;
    },
  };
}

/** Cycles until so many were undisturbed, four tenths more at most; every other one the other way round. */
async function playCycles(
  parties: readonly Party[],
  wanted: number,
  say: (done: readonly Cycle[]) => void,
): Promise<readonly Cycle[]> {
  for (const party of parties) await party.play(warmUpMs);
  const cycles: Cycle[] = [];
  while (cycles.length < 1.4 * wanted && calmOf(cycles).length < wanted) {
    say(cycles);
    const watch = watchOthers();
    const rounds = new Map<string, CpuRound>();
    for (const party of cycles.length % 2 === 0 ? parties : parties.toReversed())
      rounds.set(party.who, await roundOf(party));
    cycles.push({ rounds, stretch: watch() });
  }
  return cycles;
}

async function roundOf({ who, pid, play }: Party): Promise<CpuRound> {
  const before = cpuMsOf(pid);
  const { ok, failed, tookMs } = answered(who, await play(roundMs));
  return { probes: ok, failed, cpuMsPerProbe: (cpuMsOf(pid) - before) / ok, perSecond: (ok * 1_000) / tookMs };
}

function calmOf(cycles: readonly Cycle[]): readonly Cycle[] {
  return cycles.filter(({ stretch }) => isCalm(stretch));
}

/** What came of all cycles: each ratio is of one cycle, and the median of them counts. */
export function reportOf(all: readonly Cycle[]): Omit<CpuReport, 'driverCpuMsPerProbe'> {
  const calm = calmOf(all);
  const cycles = calm.length >= cyclesMin ? calm : all;
  const of = (who: string): readonly CpuRound[] => cycles.flatMap(({ rounds }) => rounds.get(who) ?? []);
  const theirs = of('theirs');
  const ratio = (who: string, figure: 'cpuMsPerProbe' | 'perSecond'): Spread =>
    spreadOf(of(who).map((round, at) => round[figure] / (theirs[at]?.[figure] ?? Number.NaN)));
  return {
    atOnce,
    roundMs,
    ours: of('threads'),
    theirs,
    cpuRatio: ratio('threads', 'cpuMsPerProbe'),
    rateRatio: ratio('threads', 'perSecond'),
    floors: floors.map((way) => ({ way, rounds: of(way), cpuRatio: ratio(way, 'cpuMsPerProbe') })),
    failed: all.flatMap(({ rounds }) => [...rounds.values()]).reduce((sum, { failed }) => sum + failed, 0),
    disturbed: all.length - cycles.length,
    othersCores: mean(all.map(({ stretch }) => stretch.othersCores)),
    calm: cycles.every(({ stretch }) => isCalm(stretch)),
  };
}

/** Where there are more cores than the figures are for, everything started so far runs on the first two. */
async function confine(): Promise<void> {
  if (cpus().length <= cores || findCommand('taskset') === null) return;
  for (const pid of [process.pid, ...childPids()]) {
    await mustRun(commandPath('taskset'), ['--all-tasks', '--cpu-list', '--pid', `0-${cores - 1}`, `${pid}`]);
  }
}

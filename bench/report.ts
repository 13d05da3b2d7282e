import type { HttpProtocol } from '../src/core/transcript.ts';
import type { AccuracyReport, AccuracyRow } from './accuracy.ts';
import type { CpuReport, CpuReports, CpuRound } from './cpu.ts';
import type { HashReport, HashRow } from './hash.ts';
import type { Machine } from './machine.ts';
import type { Cost, ProfileReport } from './profile.ts';
import type { ReactionReport } from './reaction.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Target } from './targets.ts';

/** Columns aligned, the first to the left, the rest to the right; the first row is the head. */
export function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Where it ran. */
export function machineLines(machine: Machine): readonly string[] {
  const { cores, model, memoryGib, kernel, node, openssl, commit, at, load } = machine;
  return [
    `${cores} cores ${model}, ${memoryGib} GiB, Linux ${kernel}, Node ${node} (OpenSSL ${openssl})`,
    `commit ${commit}, ${at}, load average before ${load.toFixed(2)}`,
  ];
}

/** How much others were at work, and what was left out for it: so many probes, rounds or pairs of rounds. */
export function disturbed(
  { disturbed: howMany, othersCores, calm }: Pick<CpuReport, 'disturbed' | 'othersCores' | 'calm'>,
  what: string,
): string {
  const said = `others used ${othersCores.toFixed(2)} cores on average`;
  return calm
    ? `${said}; ${howMany} ${what} left out for it`
    : `${said}, too much to leave their share out: these figures are theirs too`;
}

const msOf = (value: number): string => value.toFixed(2);

function errorRow({ phase, made, knownMs, baseMs, judged, all, biasMs }: AccuracyRow): readonly string[] {
  return [
    `${phase} (${made})`,
    knownMs.length > 3 ? `${knownMs[0]}–${knownMs.at(-1)}` : knownMs.join(', '),
    msOf(baseMs),
    `${judged.count}`,
    msOf(biasMs),
    ...[judged.median, judged.p99, judged.worst, all.median, all.p99, all.worst].map(msOf),
  ];
}

/** How exact the phases were. */
export function accuracyLines(report: AccuracyReport): readonly string[] {
  const { perSecond, lines, scrapes, probes, failed, contaminated, workerDelayMs, mainDelayMsMax, link } = report;
  const head = [
    'error, ms',
    'known',
    'base',
    'judged',
    'bias',
    'median',
    'p99',
    'worst',
    'all: median',
    'p99',
    'worst',
  ];
  const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
  return [
    `Timing error: ${probes} cold HTTPS probes at ${perSecond}/s, ${scrapes} scrapes of ${lines} lines, ${failed} failed`,
    ...tableOf([head, ...report.rows.map(errorRow)]),
    'The same, judged by the rule while warming (20 ms and a tenth of the round trip):',
    ...tableOf([head, ...report.rowsWarming.map(errorRow)]),
    'At the same pace with nothing scraped, nothing left out:',
    ...tableOf([head, ...report.rowsQuiet.map(errorRow)]),
    `contaminated: ${share(contaminated.warm)} by a warm daemon's rule, ${share(contaminated.warming)} while warming`,
    `loop delay within a probe: p99 ${msOf(workerDelayMs.p99)} ms, worst ${msOf(workerDelayMs.worst)} ms; main thread: worst ${msOf(mainDelayMsMax)} ms`,
    `the link was late by ${msOf(link.lateMsMean)} ms on average, at most ${msOf(link.lateMsMax)} ms${report.apparatusFirst ? '' : '; servers and link did not run first'}`,
    disturbed(report, 'probes'),
  ];
}

function roundsRow(who: string, rounds: readonly CpuRound[], ratio: string): readonly string[] {
  const spread = (figure: 'cpuMsPerProbe' | 'perSecond', digits: number): string => {
    const { median, least, most } = spreadOf(rounds.map((round) => round[figure]));
    return rounds.length === 1
      ? median.toFixed(digits)
      : `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  };
  return [who, spread('cpuMsPerProbe', 3), spread('perSecond', 0), ratio];
}

/** A ratio, with the least and the most of its rounds. */
export function ratioText({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} × (${least.toFixed(2)}–${most.toFixed(2)})`;
}

const wayNames: Readonly<Record<string, string>> = {
  inline: 'mirrorwatch in one thread',
  undici: 'floor: undici alone',
  socket: 'floor: a TLS socket or HTTP/2 session alone',
};

/** CPU and rate, side by side, over each HTTP version. */
export function cpuLines(reports: CpuReports): readonly string[] {
  return [...cpuLinesOver('1.1', reports['1.1']), '', ...cpuLinesOver('2', reports['2'])];
}

function cpuLinesOver(protocol: HttpProtocol, report: CpuReport): readonly string[] {
  const { atOnce, roundMs, ours, theirs, cpuRatio, rateRatio, floors, driverCpuMsPerProbe, failed } = report;
  return [
    `Cold HTTPS probes of one nginx over HTTP/${protocol}, ${atOnce} at a time: ${ours.length} rounds of ${roundMs / 1_000} s each in turn, ${failed} failed`,
    ...tableOf([
      ['', 'CPU ms a probe', 'probes/s', 'CPU ratio'],
      roundsRow('mirrorwatch', ours, ratioText(cpuRatio)),
      roundsRow('blackbox_exporter', theirs, '1'),
      ...floors.map(({ way, rounds, cpuRatio: ratio }) => roundsRow(wayNames[way] ?? way, rounds, ratioText(ratio))),
    ]),
    `rate ratio ${ratioText(rateRatio)}; asking blackbox_exporter took ${driverCpuMsPerProbe.toFixed(3)} ms a probe on our side, not in its figure`,
    disturbed(report, 'cycles'),
  ];
}

/** From a dead mirror to a webhook. */
export function reactionLines({ runs, failed, advice, webhook, othersCores }: ReactionReport): readonly string[] {
  const row = (what: string, of: typeof advice): readonly string[] => [
    what,
    of.median.toFixed(2),
    of.worst.toFixed(2),
    `${of.count}`,
  ];
  return [
    'Preferred mirror killed: seconds since the first failed probe ended',
    ...tableOf([['', 'median', 'worst', 'runs'], row('advice proposed', advice), row('webhook received', webhook)]),
    ...failed.map((why) => `failed: ${why}`),
    `advised: ${[...new Set(runs.map(({ to }) => to))].join(', ')}; others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

/** How large zips were hashed. */
export function hashLines({ rows, othersCores }: HashReport): readonly string[] {
  const spread = ({ median, least, most }: Spread): string =>
    `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  const mibOf = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const row = (one: HashRow): readonly string[] => [
    `${one.filling}, ${mibOf(one.plainBytes)} in ${one.entries} files`,
    mibOf(one.zipBytes),
    spread(one.oursSeconds),
    (one.plainBytes / 2 ** 20 / one.oursSeconds.median).toFixed(0),
    spread(one.apartSeconds),
    spread(one.pipedSeconds),
    ratioText(one.ratio),
    `${one.rssBeforeMib.toFixed(0)} → ${one.rssMaxMib.toFixed(0)}`,
  ];
  return [
    `Large zips: ${rows[0]?.rounds} rounds in turn, seconds; MiB/s of what is in the zip; ratio over the quicker of the two`,
    ...tableOf([
      ['', 'zip', 'mirrorwatch', 'MiB/s', 'sha256sum + unzip -p', 'unzip -p | sha256sum', 'ratio', 'RSS, MiB'],
      ...rows.map(row),
    ]),
    ...rows.map(
      ({ filling, probe }) =>
        `a whole probe of ${filling}: transfer ${probe.transferSeconds.toFixed(2)} s, all ${probe.seconds.toFixed(2)} s, ` +
        `loop held for ${probe.delayMsMax.toFixed(0)} ms at most, RSS ${probe.rssMaxMib.toFixed(0)} MiB at most`,
    ),
    `others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

/** Where a probe's CPU time goes. */
export function profileLines({ owners, functions }: ProfileReport): readonly string[] {
  const rows = (costs: readonly Cost[]): readonly (readonly string[])[] =>
    costs.map(({ where, share, usPerProbe }) => [where, `${(share * 100).toFixed(1)} %`, usPerProbe.toFixed(0)]);
  return [
    'Where a probe spends its time on the CPU (one thread, self time):',
    ...tableOf([['', 'share', 'µs a probe'], ...rows(owners), ['dearest functions', '', ''], ...rows(functions)]),
  ];
}

/** Where this run stands. */
export function targetLines(targets: readonly Target[]): readonly string[] {
  return tableOf([
    ['goal', 'wanted', 'got', ''],
    ...targets.map(({ what, wanted, got, verdict }) => [what, wanted, got, verdict === 'missed' ? 'MISSED' : verdict]),
  ]);
}

import type { HttpProtocol } from '../src/core/transcript.ts';
import type { AccuracyReport } from './accuracy.ts';
import type { CpuReport, CpuReports } from './cpu.ts';
import { isCalm } from './disturbance.ts';
import type { HashReport } from './hash.ts';
import type { ReactionReport } from './reaction.ts';
import { spreadOf } from './statistics.ts';

/** One number to reach, and whether this run reached it (docs/performance.md). */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  /** `disturbed`: a figure of time while others were at work. It says nothing of us, whatever it is. */
  readonly verdict: 'met' | 'missed' | 'disturbed';
}

const contaminatedMax = 0.02;
/** Over undici alone in the same cycles. */
const cpuRatioMax = 1.05;
/** Over blackbox_exporter. */
const rateRatioMin = 1;
const reactionSecondsMax = 5;
const hashRatioMin = 0.8;
/** More than this beside what the process had is a share of the zip. */
const hashGrowthMibMax = 150;

/** The rule of a warm daemon leaves out least, so it is the one that counts. How exact the phases are is judged beside peers. */
export function accuracyTargets({ contaminated, calm }: AccuracyReport): readonly Target[] {
  const share = `${(contaminated.warm * 100).toFixed(1)} % (${(contaminated.warming * 100).toFixed(1)} % while warming)`;
  return [
    target('contaminated samples', `≤ ${contaminatedMax * 100} %`, share, contaminated.warm <= contaminatedMax, calm),
  ];
}

/** Medians over the rounds decide. */
export function cpuTargets(reports: CpuReports): readonly Target[] {
  return [
    cpuTarget('1.1', reports['1.1']),
    cpuTarget('2', reports['2']),
    rateTarget('1.1', reports['1.1']),
    rateTarget('2', reports['2']),
  ];
}

/** Each ratio is of one cycle. */
function cpuTarget(protocol: HttpProtocol, { ours, floors, calm }: CpuReport): Target {
  const undici = floors.find(({ way }) => way === 'undici')?.rounds ?? [];
  const ratios = ours.map(({ cpuMsPerProbe }, at) => cpuMsPerProbe / (undici[at]?.cpuMsPerProbe ?? Number.NaN));
  const { median } = spreadOf(ratios);
  return target(
    `CPU a cold HTTPS probe, HTTP/${protocol}, over undici alone`,
    `≤ ${times(cpuRatioMax)}`,
    times(median),
    median <= cpuRatioMax,
    calm,
  );
}

function rateTarget(protocol: HttpProtocol, { rateRatio: { median }, calm }: CpuReport): Target {
  const what = `probes a second, HTTP/${protocol}, over blackbox_exporter`;
  return target(what, `≥ ${times(rateRatioMin)}`, times(median), median >= rateRatioMin, calm);
}

/** The worst run decides, and a run that failed is a miss. */
export function reactionTargets({ webhook, failed, othersCores }: ReactionReport): readonly Target[] {
  const got = failed.length > 0 ? `${failed.length} without advice` : `${webhook.worst.toFixed(2)} s`;
  const isMet = failed.length === 0 && webhook.worst <= reactionSecondsMax;
  return [target('dead mirror to webhook, worst', `≤ ${reactionSecondsMax} s`, got, isMet, isCalm({ othersCores }))];
}

/** The median of the slower kind of zip decides; memory at its most. */
export function hashTargets({ rows, othersCores }: HashReport): readonly Target[] {
  const ratio = Math.min(...rows.map((row) => row.ratio.median));
  const growthMib = Math.max(...rows.map((row) => row.rssMaxMib - row.rssBeforeMib));
  return [
    target(
      'speed of hashing a zip of 500 MiB, over sha256sum and inflate',
      `≥ ${times(hashRatioMin)}`,
      times(ratio),
      ratio >= hashRatioMin,
      isCalm({ othersCores }),
    ),
    target(
      'memory that it takes, at most',
      `≤ ${hashGrowthMibMax} MiB`,
      `${growthMib.toFixed(0)} MiB`,
      growthMib <= hashGrowthMibMax,
    ),
  ];
}

/** One row of the table of goals. @param calm  false where the figure is of time and others were at work */
export function target(what: string, wanted: string, got: string, isMet: boolean, calm = true): Target {
  return { what, wanted, got, verdict: calm ? (isMet ? 'met' : 'missed') : 'disturbed' };
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

import type { AccuracyReport } from './accuracy.ts';
import type { CpuReports } from './cpu.ts';
import { type DoorReport, doorLines, doorTargets } from './door.ts';
import { doorMatrixLines, doorMatrixTargets, type MatrixReport } from './door-matrix/matrix.ts';
import { type FleetReport, fleetLines, fleetTargets } from './fleet/report.ts';
import type { HashReport } from './hash.ts';
import { type IndexesReport, indexesLines, indexesTargets } from './indexes.ts';
import { type LinesReport, linesLines, linesTargets } from './lines.ts';
import type { DaysReport } from './long/days.ts';
import type { HourReport } from './long/hour.ts';
import type { ReloadsReport } from './long/reloads.ts';
import { daysLines, daysTargets, hourLines, hourTargets, reloadsLines, reloadsTargets } from './long/report.ts';
import { type MemoryReport, memoryLines, memoryTargets } from './memory.ts';
import type { Part } from './options.ts';
import type { PeersReports } from './peers/peers.ts';
import { peersLines, peersTargets } from './peers/report.ts';
import type { ReactionReport } from './reaction.ts';
import { accuracyLines, cpuLines, hashLines, reactionLines } from './report.ts';
import { scaleLines, scaleTargets } from './scale/report.ts';
import type { ScaleReport } from './scale/scale.ts';
import { type ShardsReport, shardsLines, shardsTargets } from './shards.ts';
import { accuracyTargets, cpuTargets, hashTargets, reactionTargets, type Target } from './targets.ts';
import { type WrittenReport, writtenLines, writtenTargets } from './written.ts';

/** What each part of the bench finds out. */
export interface Reports {
  accuracy: AccuracyReport;
  peers: PeersReports;
  cpu: CpuReports;
  memory: MemoryReport;
  reaction: ReactionReport;
  hash: HashReport;
  lines: LinesReport;
  indexes: IndexesReport;
  door: DoorReport;
  'door-matrix': MatrixReport;
  shards: ShardsReport;
  fleet: FleetReport;
  scale: ScaleReport;
  reloads: ReloadsReport;
  days: DaysReport;
  hour: HourReport;
  written: WrittenReport;
}

/** The figures of each part, as lines for people. */
export const linesOf: { readonly [P in Part]: (report: Reports[P]) => readonly string[] } = {
  accuracy: accuracyLines,
  peers: peersLines,
  cpu: cpuLines,
  memory: memoryLines,
  reaction: reactionLines,
  hash: hashLines,
  lines: linesLines,
  indexes: indexesLines,
  door: doorLines,
  'door-matrix': doorMatrixLines,
  shards: shardsLines,
  fleet: fleetLines,
  scale: scaleLines,
  reloads: reloadsLines,
  days: daysLines,
  hour: hourLines,
  written: writtenLines,
};

/** The goals that each part has figures for. */
export const targetsOf: { readonly [P in Part]: (report: Reports[P]) => readonly Target[] } = {
  accuracy: accuracyTargets,
  peers: peersTargets,
  cpu: cpuTargets,
  memory: memoryTargets,
  reaction: reactionTargets,
  hash: hashTargets,
  lines: linesTargets,
  indexes: indexesTargets,
  door: doorTargets,
  'door-matrix': doorMatrixTargets,
  shards: shardsTargets,
  fleet: fleetTargets,
  scale: scaleTargets,
  reloads: reloadsTargets,
  days: daysTargets,
  hour: hourTargets,
  written: writtenTargets,
};

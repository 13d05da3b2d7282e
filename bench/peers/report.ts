import type { HttpProtocol } from '../../src/core/transcript.ts';
import { disturbed, ratioText, tableOf } from '../report.ts';
import type { Spread } from '../statistics.ts';
import { type Target, target } from '../targets.ts';
import { type PeerRow, type Prober, probers } from './errors.ts';
import type { PeersReport, PeersReports } from './peers.ts';

const names: Readonly<Record<Prober, string>> = {
  floor: 'floor (C)',
  node: 'floor (Node)',
  ours: 'mirrorwatch',
  quiet: 'not scraped',
  blackbox: 'blackbox_exporter',
  curl: 'curl',
};
const figures = ['median', 'p99'] as const;
/**
 * Errors, milliseconds, that the C program has in no phase of a quiet machine (1.5 at the median and 3.4 at p99 with rounds
 * of record, 1.7 and 27 beside 1.2 cores of others). Above, the machine is measured and not the programs.
 */
const referenceMsMax = { median: 3, p99: 10 } as const;

/** How exact each prober was, beside the others, over each HTTP version. */
export function peersLines(reports: PeersReports): readonly string[] {
  return [...peersLinesOver('1.1', reports['1.1']), '', ...peersLinesOver('2', reports['2'])];
}

function peersLinesOver(protocol: HttpProtocol, report: PeersReport): readonly string[] {
  const { rows, rounds, turnMs, perSecond, curlPerSecond, probes, failed, missing, link } = report;
  const has = (prober: Prober): boolean => rows.some(({ by }) => by[prober] !== undefined);
  const present = probers.filter(has);
  const above = has('floor') ? 'above the floor' : 'without a floor';
  return [
    `Timing error beside peers over HTTP/${protocol}: ${rounds} rounds of ${turnMs / 1_000} s each in turn at ${perSecond} cold HTTPS probes/s (curl ${curlPerSecond}/s), ${probes} probes, ${failed} failed`,
    ...missing,
    ...figures.flatMap((figure) => [
      `|phase − known|, ms, ${figure}; ratio: mirrorwatch over blackbox_exporter, ${above}, round by round`,
      ...tableOf([
        ['', ...present.map((prober) => names[prober]), 'ratio', 'not scraped'],
        ...rows.map((row) => [
          nameOf(row),
          ...present.map((prober) => row.by[prober]?.[figure].toFixed(2) ?? ''),
          besideText(row.ratio[figure]),
          besideText(row.ratioQuiet[figure]),
        ]),
      ]),
    ]),
    `scraped meanwhile: ${report.lines} lines of ours ${report.scrapes} times, blackbox_exporter's own page ${report.blackboxScrapes} times and each of its probes`,
    `the link was late by ${link.lateMsMean.toFixed(3)} ms on average, at most ${link.lateMsMax.toFixed(2)} ms${report.apparatusFirst ? '' : '; servers and link did not run first'}`,
    disturbed(report, 'rounds'),
  ];
}

function nameOf({ phase, made }: PeerRow): string {
  return `${phase} (${made})`;
}

/** Where theirs is not above the floor there is no ratio. */
function besideText(ratio: Spread | null): string {
  return ratio === null ? 'none' : ratioText(ratio);
}

/** The most that a phase may be off, in the median (ms) and at p99 (over blackbox_exporter's). */
const medianMsMax = 0.5;
const p99RatioMax = 2;

/** Every phase has to keep the bound; the one that is furthest from it is said. */
export function peersTargets(reports: PeersReports): readonly Target[] {
  return [...peersTargetsOver('1.1', reports['1.1']), ...peersTargetsOver('2', reports['2'])];
}

function peersTargetsOver(protocol: HttpProtocol, { rows, calm }: PeersReport): readonly Target[] {
  const isExact = rows.every(({ by }) => {
    const reference = by.floor ?? by.blackbox;
    return figures.every((figure) => (reference?.[figure] ?? 0) <= referenceMsMax[figure]);
  });
  return figures.map((figure) => {
    const beside = rows.map((row) => {
      const [ours, theirs, floor] = [row.by.ours, row.by.blackbox, row.by.floor].map((one) => one?.[figure]);
      // Nobody is more exact than the C program, and no more is asked than the peer reaches.
      const mostMs = figure === 'median' ? Math.max(medianMsMax, theirs ?? 0, floor ?? 0) : p99RatioMax * (theirs ?? 0);
      return { row, oursMs: ours ?? Number.POSITIVE_INFINITY, theirsMs: theirs ?? 0, mostMs };
    });
    const over = beside.filter(({ oursMs, mostMs }) => oursMs > mostMs);
    const worst = [...beside].sort((a, b) => b.oursMs - b.mostMs - (a.oursMs - a.mostMs))[0];
    const got =
      worst === undefined
        ? 'nothing measured'
        : `above the target in ${over.length} of ${rows.length} phases; worst phase: ${nameOf(worst.row)}, ${worst.oursMs.toFixed(2)} ms (blackbox_exporter ${worst.theirsMs.toFixed(2)} ms)`;
    return target(
      `timing error over HTTP/${protocol}, ${figure}, beside blackbox_exporter`,
      figure === 'median'
        ? `≤ ${medianMsMax} ms, or at most the error of blackbox_exporter or of the C program`
        : `≤ ${p99RatioMax} × the error of blackbox_exporter in each phase`,
      got,
      worst !== undefined && over.length === 0,
      calm && isExact,
    );
  });
}

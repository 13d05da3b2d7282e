import { type Phase, phases } from '../../core/failure.ts';
import { bar, displayWidth, durationText, table } from '../../terminal/terminal.ts';
import type { Say } from '../../words/words.ts';
import type { RankedRow } from './rank.ts';
import type { RowVerdict } from './verdict.ts';

const barWidth = 16;
const shades: Readonly<Record<Phase, string>> = {
  resolve: '░',
  connect: '▒',
  tls: '▓',
  processing: '█',
  transfer: '▄',
};

/** `bars`: the index of the column with phase bars. `toTheRight`: the indexes of right-aligned columns. */
const bars = 5;
const toTheRight = new Set([0, 3, 4, 6]);

/**
 * Formats the rows for people, best first. If the table is too wide, it has no bars; if it is still too wide, each
 * mirror is a list.
 */
export function rankTable(
  rows: readonly RankedRow[],
  verdicts: ReadonlyMap<string, RowVerdict>,
  columns: number,
  say: Say,
): readonly string[] {
  const slowestMs = Math.max(0, ...rows.map(({ medianMs }) => medianMs ?? 0));
  const heads = headsOf(say);
  const cells = rows.map((row, index) => [
    String(index + 1),
    ...cellsOf(row, verdicts.get(row.registry) ?? 'unknown', slowestMs, say),
  ]);
  const fits = (lines: readonly string[]): boolean => lines.every((line) => displayWidth(line) <= columns);
  const whole = table(heads, cells, toTheRight);
  const legend = phases.map((phase) => `${shades[phase]} ${say(`probe.phase.${phase}`)}`).join('  ');
  if (fits(whole)) return [...whole, '', say('rank.legend', { phases: legend })];
  const without = (row: readonly string[]): readonly string[] => row.filter((_, column) => column !== bars);
  const right = new Set([...toTheRight].map((column) => (column > bars ? column - 1 : column)));
  const narrow = table(without(heads), cells.map(without), right);
  return fits(narrow) ? narrow : cells.flatMap((row) => block(without(heads), without(row)));
}

function headsOf(say: Say): readonly string[] {
  const [registry, state, phases] = [say('rank.registry'), say('table.state'), say('rank.phases')];
  const [throughput, lag] = [say('rank.throughput'), say('rank.lag')];
  return ['', registry, state, 'p50', 'p95', phases, throughput, lag, say('rank.integrity'), say('rank.verdict')];
}

function block(heads: readonly string[], [place = '', registry = '', ...values]: readonly string[]): readonly string[] {
  const names = heads.slice(2);
  const width = Math.max(...names.map(displayWidth));
  const line = (name: string, value: string): string => `   ${name}${' '.repeat(width - displayWidth(name))}  ${value}`;
  return [`${place}  ${registry}`, ...names.map((name, at) => line(name, values[at] ?? ''))];
}

function cellsOf(row: RankedRow, verdict: RowVerdict, slowestMs: number, say: Say): readonly string[] {
  return [
    row.registry,
    stateText(row, verdict, say),
    durationText(row.medianMs),
    durationText(row.p95Ms),
    phaseBar(row, slowestMs),
    throughputText(row, say),
    lagText(row, say),
    integrityText(row, say),
    say(`rank.verdict.${verdict}`),
  ];
}

/** Formats the throughput of the download. A small download shows only latency, so it has no throughput. */
function throughputText({ download }: RankedRow, say: Say): string {
  if (download === null) return say('rank.unmeasured');
  if (download.reason !== null) return download.reason.replace('unknown: ', '');
  if (download.rate === null) return say('rank.tooSmall');
  const megabytes = download.rate / 1e6;
  return megabytes >= 1 ? `${megabytes.toFixed(1)} MB/s` : `${(download.rate / 1e3).toFixed(0)} KB/s`;
}

/** Formats how much content a mirror lacks. One ranking cannot show since when the content is missing. */
function lagText({ lag }: RankedRow, say: Say): string {
  if (lag === null) return say('rank.lagUntold');
  const [missing, records, olderMs] = [lag.missing ?? 0, lag.records ?? 0, lag.olderMs ?? 0];
  const behind = [
    ...(missing > 0 ? [say('rank.lacks', { count: missing })] : []),
    ...(records > 0 ? [say('rank.records', { count: records })] : []),
    ...(olderMs > 0 ? [say('rank.older', { span: spanText(olderMs, say) })] : []),
  ];
  return behind.length > 0 ? behind.join(say('list.clause')) : say('rank.lagNone');
}

function spanText(ms: number, say: Say): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return say('unit.s', { count: Math.round(ms / 1_000) });
  return minutes < 120
    ? say('unit.min', { count: Math.round(minutes) })
    : say('unit.h', { count: Math.round(minutes / 60) });
}

function stateText({ ok, failed, unknown, reason }: RankedRow, verdict: RowVerdict, say: Say): string {
  const why = reason === null ? '' : say('rank.because', { reason: reason.replace('unknown: ', '') });
  const beside = unknown === 0 ? '' : say('rank.beside', { count: unknown });
  if (verdict === 'unknown') return ok + failed + unknown === 0 ? say('rank.notAsked') : say('rank.unknown', { why });
  if (verdict === 'down') return say('rank.down', { beside, why });
  if (failed > 0) return say('rank.failed', { failed, all: ok + failed, beside, why });
  return say('rank.up', { beside, why });
}

function integrityText({ verified, mismatched }: RankedRow, say: Say): string {
  if (mismatched > 0) return say('rank.mismatch');
  return say(verified > 0 ? 'fact.verified' : 'rank.unchecked');
}

function phaseBar({ phasesMs }: RankedRow, slowestMs: number): string {
  let untilMs = 0;
  let cells = '';
  for (const phase of phases) {
    untilMs += phasesMs[phase] ?? 0;
    const width = slowestMs === 0 ? 0 : Math.round((untilMs / slowestMs) * barWidth);
    cells += shades[phase].repeat(Math.max(0, width - cells.length));
  }
  return cells;
}

export function formatProgress(done: number, of: number, registry: string): string {
  return done === of ? '' : `${bar(done / of, 24).padEnd(24)} ${done}/${of} ${registry}`;
}

import { type Phase, phases } from '../core/failure.ts';
import type { RankRow } from '../daemon/rank-now.ts';
import type { RowVerdict } from '../daemon/rank-verdict.ts';
import { bar, duration, table } from './terminal.ts';

const barWidth = 16;
const shades: Readonly<Record<Phase, string>> = {
  resolve: '░',
  connect: '▒',
  tls: '▓',
  processing: '█',
  transfer: '▄',
};
const legend = `phases: ${phases.map((phase) => `${shades[phase]} ${phase}`).join('  ')}`;

const verdictTexts: Readonly<Record<RowVerdict, string>> = {
  best: 'best',
  faster: 'faster, but fails',
  equal: 'equal',
  slower: 'slower',
  fails_more: 'fails more',
  unsure: 'could not tell',
  down: 'down',
  unknown: 'unknown',
};

/** The rows as a person reads them, best first. */
export function rankTable(rows: readonly RankRow[], verdicts: ReadonlyMap<string, RowVerdict>): readonly string[] {
  const slowestMs = Math.max(0, ...rows.map(({ medianMs }) => medianMs ?? 0));
  const lines = table(
    ['', 'registry', 'state', 'p50', 'p95', 'phases of p50', 'integrity', 'verdict'],
    rows.map((row, index) => {
      const verdict = verdicts.get(row.registry) ?? 'unknown';
      return [
        String(index + 1),
        row.registry,
        stateText(row, verdict),
        duration(row.medianMs),
        duration(row.p95Ms),
        phaseBar(row, slowestMs),
        integrityText(row),
        verdictTexts[verdict],
      ];
    }),
    new Set([0, 3, 4]),
  );
  return [...lines, '', legend];
}

/** What its answers were; what could not be told is said beside them, or alone. */
function stateText({ ok, failed, unknown, reason }: RankRow, verdict: RowVerdict): string {
  const why = reason === null ? '' : ` (${reason.replace('unknown: ', '')})`;
  const beside = unknown === 0 ? '' : `, ${unknown} unknown`;
  if (verdict === 'unknown') return ok + failed + unknown === 0 ? 'not asked' : `unknown${why}`;
  if (verdict === 'down') return `down${beside}${why}`;
  if (failed > 0) return `${failed} of ${ok + failed} failed${beside}${why}`;
  return `up${beside}${why}`;
}

function integrityText({ verified, mismatched }: RankRow): string {
  if (mismatched > 0) return 'mismatch';
  return verified > 0 ? 'verified' : 'not checked';
}

/** The phases one after another, as wide as the time is of the slowest mirror's. */
function phaseBar({ phasesMs }: RankRow, slowestMs: number): string {
  let untilMs = 0;
  let cells = '';
  for (const phase of phases) {
    untilMs += phasesMs[phase] ?? 0;
    const width = slowestMs === 0 ? 0 : Math.round((untilMs / slowestMs) * barWidth);
    cells += shades[phase].repeat(Math.max(0, width - cells.length));
  }
  return cells;
}

/** How far the ranking has come. */
export function progressText(done: number, of: number, registry: string): string {
  return done === of ? '' : `${bar(done / of, 24).padEnd(24)} ${done}/${of} ${registry}`;
}

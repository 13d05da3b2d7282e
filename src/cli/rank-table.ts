import { type Phase, phases } from '../core/failure.ts';
import type { RankRow } from '../daemon/rank-now.ts';
import type { RowVerdict } from '../daemon/rank-verdict.ts';
import type { Say } from '../words/say.ts';
import { bar, duration, table } from './terminal.ts';

const barWidth = 16;
const shades: Readonly<Record<Phase, string>> = {
  resolve: '░',
  connect: '▒',
  tls: '▓',
  processing: '█',
  transfer: '▄',
};

/** The rows as a person reads them, best first. */
export function rankTable(
  rows: readonly RankRow[],
  verdicts: ReadonlyMap<string, RowVerdict>,
  say: Say,
): readonly string[] {
  const slowestMs = Math.max(0, ...rows.map(({ medianMs }) => medianMs ?? 0));
  const lines = table(
    [
      '',
      say('rank.registry'),
      say('rank.state'),
      'p50',
      'p95',
      say('rank.phases'),
      say('rank.integrity'),
      say('rank.verdict'),
    ],
    rows.map((row, index) => {
      const verdict = verdicts.get(row.registry) ?? 'unknown';
      return [
        String(index + 1),
        row.registry,
        stateText(row, verdict, say),
        duration(row.medianMs),
        duration(row.p95Ms),
        phaseBar(row, slowestMs),
        integrityText(row, say),
        say(`rank.verdict.${verdict}`),
      ];
    }),
    new Set([0, 3, 4]),
  );
  const legend = phases.map((phase) => `${shades[phase]} ${say(`probe.phase.${phase}`)}`).join('  ');
  return [...lines, '', say('rank.legend', { phases: legend })];
}

/** What its answers were; what could not be told is said beside them, or alone. */
function stateText({ ok, failed, unknown, reason }: RankRow, verdict: RowVerdict, say: Say): string {
  const why = reason === null ? '' : say('rank.because', { reason: reason.replace('unknown: ', '') });
  const beside = unknown === 0 ? '' : say('rank.beside', { count: unknown });
  if (verdict === 'unknown') return ok + failed + unknown === 0 ? say('rank.notAsked') : say('rank.unknown', { why });
  if (verdict === 'down') return say('rank.down', { beside, why });
  if (failed > 0) return say('rank.failed', { failed, all: ok + failed, beside, why });
  return say('rank.up', { beside, why });
}

function integrityText({ verified, mismatched }: RankRow, say: Say): string {
  if (mismatched > 0) return say('rank.mismatch');
  return say(verified > 0 ? 'rank.verified' : 'rank.unchecked');
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

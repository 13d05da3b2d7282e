import { baselines, daemonNames } from '../players/registry.ts';
import type { Score } from './score.ts';
import { type Row, rowsOf } from './tables.ts';

/** What the totals of a run may be at worst: wider than what was measured, so that a few unlucky worlds are no alarm. */
export const allowed = {
  /** What clients pay in worlds with trouble at a mirror, as a multiple of the oracle's. */
  ratio: 1.3,
  /** Share of moves that are harmful, and of costly incidents that are missed. */
  harmful: 0.06,
  missed: 0.12,
  /** Harmful moves where nothing is wrong or the trouble is our own: tails of σ = 1 still give one now and then. */
  harmfulFalse: 3,
  /** Moves by choice against the table of their own decision. */
  againstTable: 0,
} as const;

/**
 * Holds the daemon's totals against what is allowed and against every baseline that was played.
 * @returns one line for each total that does not hold; empty: all do. A run without the daemon holds nothing.
 */
export function guard(scores: readonly Score[]): readonly string[] {
  const troubled = scores.filter(({ incidentCost }) => incidentCost !== null);
  const rows = rowsOf(troubled);
  const all = rowsOf(scores);
  const daemon = rows.find(({ player }) => player === daemonNames[0]);
  const whole = all.find(({ player }) => player === daemonNames[0]);
  if (daemon === undefined || whole === undefined) return ['the daemon was not played'];
  const names = new Set(baselines.map(({ name }) => name));
  return [
    ...limits(daemon, whole),
    ...rows.filter(({ player }) => names.has(player)).flatMap((row) => beats(daemon, row)),
  ];
}

function limits(daemon: Row, whole: Row): readonly string[] {
  const held: readonly (readonly [string, number, number])[] = [
    ["cost over the oracle's", daemon.ratio, allowed.ratio],
    ['share of harmful moves', share(daemon.harmful, daemon.moves), allowed.harmful],
    ['share of missed incidents', share(daemon.missed, daemon.costlyIncidents), allowed.missed],
    ['harmful moves in calm or own trouble', whole.harmfulFalse, allowed.harmfulFalse],
    ['moves against their own table', whole.againstTable, allowed.againstTable],
  ];
  return held.flatMap(([what, is, most]) =>
    is > most ? [`${what} is ${is.toFixed(3)}, at most ${most} is allowed`] : [],
  );
}

function beats(daemon: Row, baseline: Row): readonly string[] {
  if (daemon.cost < baseline.cost) return [];
  return [`the daemon costs ${daemon.cost.toFixed(2)} s a build, ${baseline.player} ${baseline.cost.toFixed(2)}`];
}

function share(part: number, of: number): number {
  return of === 0 ? 0 : part / of;
}

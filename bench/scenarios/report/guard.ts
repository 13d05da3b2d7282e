import { baselines, daemonNames } from '../players/registry.ts';
import type { Score } from './score.ts';
import { type Row, rowsOf } from './tables.ts';

/**
 * The worst totals that a run may have. They allow more than was measured, so that a few unlucky worlds are no alarm.
 */
export const allowed = {
  /** The cost for clients in worlds with a fault of a mirror, as a multiple of the cost with the best chain. */
  ratio: 1.3,
  /** `harmful`: the share of moves that are harmful. `missed`: the share of costly incidents that are missed. */
  harmful: 0.06,
  missed: 0.12,
  /**
   * The number of harmful moves while nothing is wrong, or while the daemon's own network has the fault. It is not 0,
   * because response times with a heavy tail (σ = 1) still cause a few.
   */
  harmfulFalse: 3,
  /** Moves by choice to a mirror with a worse score in the table of candidates of the same advice. */
  againstTable: 0,
} as const;

/**
 * Compares the daemon's totals with what is allowed, and with every baseline that was played.
 * @returns one line for each total that is too high, or if the daemon was not played; empty: all totals are good
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

import type { FleetReport } from '../features/fleet/report.ts';
import type { Cell } from '../features/fleet/verdict.ts';
import type { Say } from '../words/words.ts';
import { displayWidth, duration, table } from './terminal.ts';

/**
 * Places × mirrors, one table for each upstream; where that is too wide, a line for each mirror and place.
 * @param columns  of the terminal
 */
export function formatFleet({ mirrors, places }: FleetReport, columns: number, say: Say): readonly string[] {
  const upstreams = Map.groupBy(mirrors, ({ ecosystem, upstream }) =>
    ecosystem === upstream ? ecosystem : `${ecosystem}/${upstream}`,
  );
  return [...upstreams].flatMap(([name, rows]) => {
    const watching = new Set(rows.flatMap(({ cells }) => cells.map(({ place }) => place)));
    const names = places.flatMap((place) => (watching.has(place.name) ? [place.name] : []));
    const wide = table(
      [name, ...names],
      rows.map(({ registry, cells }) => {
        const byPlace = new Map(cells.map((cell) => [cell.place, cell]));
        return [registry, ...names.map((place) => cellText(byPlace.get(place), say))];
      }),
    );
    if (wide.every((line) => displayWidth(line) <= columns)) return [...wide, ''];
    const long = rows.flatMap(({ registry, cells }) =>
      cells.map((cell) => [registry, cell.place, cellText(cell, say)] as const),
    );
    return [...table([name, say('fleet.page.place'), say('table.state')], long), ''];
  });
}

function cellText(cell: Cell | undefined, say: Say): string {
  if (cell === undefined) return '–';
  const state = say(`state.${cell.state}`);
  return cell.p95Ms === null ? state : `${state} ${duration(cell.p95Ms)}`;
}

import type { PlaceTrouble } from './places.ts';
import type { Cell } from './verdict.ts';

/** As the alert VantageOutlier: a place that differs in fewer mirrors differs by chance. */
const mirrorsMin = 2;

/**
 * Places that contradict the others, by name. `bad_alone`: at least two mirrors, and more than half of those compared, are
 * down from this place and healthy from most other places (the alert VantageOutlier). `well_alone`: such mirrors are healthy
 * from this place only, and down from all others, which are at least two.
 * @param rows  the cells of each mirror
 */
export function contradictionsIn(rows: readonly (readonly Cell[])[]): ReadonlyMap<string, PlaceTrouble> {
  const tallies = new Map<string, { compared: number; bad: number; well: number }>();
  for (const cells of rows) {
    const known = cells.filter(({ state }) => state !== 'unknown');
    if (known.length < 2) continue;
    const down = known.filter(({ state }) => state === 'down').length;
    for (const { place, state } of known) {
      const tally = tallies.get(place) ?? { compared: 0, bad: 0, well: 0 };
      tallies.set(place, tally);
      tally.compared += 1;
      if (state === 'down' && known.length - down > down - 1) tally.bad += 1;
      if (state !== 'down' && down >= 2 && down === known.length - 1) tally.well += 1;
    }
  }
  const found = new Map<string, PlaceTrouble>();
  for (const [place, { compared, bad, well }] of tallies) {
    if (bad >= mirrorsMin && bad > compared / 2) found.set(place, { kind: 'bad_alone', mirrors: bad });
    else if (well >= mirrorsMin && well > compared / 2) found.set(place, { kind: 'well_alone', mirrors: well });
  }
  return found;
}

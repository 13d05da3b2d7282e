import { readFleet } from '../../src/features/fleet/fleet.ts';
import { type GroupLine, groupLinesOf } from '../../src/features/fleet/groups.ts';
import { createRandom } from '../../src/io/random.ts';
import { type MirrorSeen, type PlaceSeen, viewOf } from '../../test/unit/features/fleet/world.ts';

// Simulates groups of 2 to 50 places (daemons) for two and a half hours, minute by minute. `mirrorwatch fleet`
// advises some places a common mirror (a line of the group). The costs for clients are compared with two alternatives:
// each place decides alone, and an oracle knows the best mirror of each minute.

const mirrors = ['x', 'y', 'z', 'w'];
const head = 'x';
const minutes = 150;
const failureMs = 10_000;
/**
 * A place leaves the head after more than `leaveMinutes` bad minutes in a row. It returns after `backMinutes` good
 * minutes in a row.
 */
const leaveMinutes = 1;
const backMinutes = 10;

type Fault = (place: number, mirror: string, minute: number) => boolean;
/** A simulated group: the faults at places that report to one metrics store. */
export interface GroupWorld {
  readonly name: string;
  /** True if the mirror is down for this place. */
  readonly isDown: Fault;
  /** True if the network of the place is cut: it reaches no mirror, and knows that its own network fails. */
  readonly isCut?: (place: number, minute: number, places: number) => boolean;
  /** The number of a place that always reports the head as down and advises to leave it, although the head works. */
  readonly liar?: number;
  /**
   * True in minutes in which more than half of the places have the same fault. A move of the group is then not harmful.
   */
  readonly isShared?: (minute: number) => boolean;
}

const during = (minute: number, from: number, to: number) => minute >= from && minute < to;
/** The simulated groups. */
export const groupWorlds: readonly GroupWorld[] = [
  { name: 'nothing is wrong', isDown: () => false },
  {
    name: "one place's own fault",
    isDown: (place, mirror, minute) => place === 0 && mirror === head && during(minute, 30, 90),
  },
  {
    name: 'one place flaps by itself',
    isDown: (place, mirror, minute) => place === 1 && mirror === head && minute % 20 < 6,
  },
  {
    name: 'the mirror is down for all',
    isDown: (_, mirror, minute) => mirror === head && during(minute, 30, 120),
    isShared: (minute) => during(minute, 30, 140),
  },
  {
    name: 'a fault at all places, and at one place a fault of another mirror',
    isDown: (place, mirror, minute) =>
      (mirror === head && during(minute, 30, 120)) || (place === 0 && mirror === 'y' && during(minute, 20, 130)),
    isShared: (minute) => during(minute, 30, 140),
  },
  {
    name: 'a region is cut off',
    isDown: () => false,
    isCut: (place, minute, places) => place >= places / 2 && during(minute, 40, 80),
  },
  { name: 'a place lies', isDown: () => false, liar: 0 },
];
/** How well the metrics store receives the reports of the places. */
export const groupStores = [
  { name: 'a store that is current', lagMinutes: 0, lost: 0 },
  { name: 'a store that lags a minute', lagMinutes: 1, lost: 0 },
  { name: 'a store that loses a tenth of the data', lagMinutes: 0, lost: 0.1 },
];
/** The numbers of places with which each group is simulated. */
export const groupCounts = [2, 3, 10, 50] as const;

const nameOf = (place: number) => `p${String(place).padStart(2, '0')}`;

interface Local {
  inUse: string;
  bad: number;
  good: number;
}

/** The costs for the clients of one group, milliseconds. Each place has one build per minute. */
export interface GroupFound {
  /**
   * `moved`: minutes in which a place uses the mirror of the group, summed over places. `harmful`: those of them in
   * which no fault was shared.
   */
  readonly moved: number;
  readonly harmful: number;
  readonly fleetMs: number;
  /** The costs if each place decides alone. */
  readonly aloneMs: number;
  readonly oracleMs: number;
}

/** Simulates one group with the given number of places. */
export function playGroup(world: GroupWorld, places: number, store: (typeof groupStores)[number]): GroupFound {
  const random = createRandom(places * 1000 + store.lagMinutes * 10 + store.lost);
  const usual = mirrors.map((name) => [name, 60 + 200 * random.next()] as const);
  const base = Array.from(
    { length: places },
    () => new Map(usual.map(([name, ms]) => [name, ms + 40 * random.next()])),
  );
  for (const own of base) own.set(head, 40);
  const locals: Local[] = base.map(() => ({ inUse: head, bad: 0, good: 0 }));
  const reports: PlaceSeen[][] = base.map(() => []);
  const texts: string[] = [];
  let [shown, lines]: [readonly PlaceSeen[], readonly GroupLine[]] = [[], []];
  const found = { harmful: 0, moved: 0, fleetMs: 0, aloneMs: 0, oracleMs: 0 };
  for (let minute = 0; minute < minutes; minute++) {
    const costOf = (place: number, mirror: string): number =>
      world.isDown(place, mirror, minute) || world.isCut?.(place, minute, places)
        ? failureMs
        : (base[place]?.get(mirror) ?? 0);
    for (const [place, local] of locals.entries()) {
      const isCut = world.isCut?.(place, minute, places) === true;
      const isBad = world.isDown(place, head, minute) || world.liar === place;
      if (!isCut) {
        local.bad = isBad ? local.bad + 1 : 0;
        local.good = isBad ? 0 : local.good + 1;
      }
      const ranked = mirrors
        .filter((mirror) => (mirror === head ? !isBad : !world.isDown(place, mirror, minute)))
        .sort((a, b) => costOf(place, a) - costOf(place, b));
      if (local.inUse === head && local.bad > leaveMinutes) local.inUse = ranked[0] ?? head;
      if (local.inUse !== head && local.good >= backMinutes) local.inUse = head;
      if (random.next() < store.lost && minute > 0) continue;
      const seen = mirrors.map((mirror): [string, MirrorSeen] => {
        const rank = ranked.indexOf(mirror) + 1;
        return [mirror, rank === 0 ? { state: 'down' } : { state: 'up', rank, p95Ms: base[place]?.get(mirror) ?? 0 }];
      });
      const advice = local.inUse === head ? [] : [`${head}>${local.inUse}`];
      const report = { mirrors: Object.fromEntries(seen), advice, isSuspect: isCut };
      const last = reports[place]?.[0];
      const text = JSON.stringify(report);
      reports[place]?.unshift(last !== undefined && texts[place] === text ? last : report);
      texts[place] = text;
    }
    const now = reports.map((all) => all[Math.min(store.lagMinutes, all.length - 1)] ?? {});
    // If no report has changed, the lines of the minute before are still right.
    if (now.some((one, place) => one !== shown[place])) {
      const view = viewOf(Object.fromEntries(now.map((one, place) => [nameOf(place), one])));
      lines = groupLinesOf(readFleet(view), { needed: null }).filter(({ kind }) => kind === 'one');
      shown = now;
    }
    for (const [place, local] of locals.entries()) {
      const line = lines.find(({ places: who }) => who.includes(nameOf(place)));
      const inUse = line?.to ?? local.inUse;
      if (line !== undefined) found.moved += 1;
      if (line !== undefined && world.isShared?.(minute) !== true) found.harmful += 1;
      found.fleetMs += costOf(place, inUse);
      found.aloneMs += costOf(place, local.inUse);
      found.oracleMs += Math.min(...mirrors.map((mirror) => costOf(place, mirror)));
    }
  }
  return found;
}

/** The row of the report for one group and one store: the sums over all numbers of places. */
export function groupRow(
  world: GroupWorld,
  store: (typeof groupStores)[number],
  all: readonly GroupFound[],
): readonly string[] {
  const sum = (of: (one: GroupFound) => number): number => all.reduce((total, one) => total + of(one), 0);
  const over = (ms: number): string => (ms / sum(({ oracleMs }) => oracleMs)).toFixed(3);
  const moved = sum((one) => one.moved);
  const harmful = sum((one) => one.harmful);
  return [
    world.name,
    store.name,
    over(sum(({ fleetMs }) => fleetMs)),
    over(sum(({ aloneMs }) => aloneMs)),
    `${moved}`,
    `${harmful}`,
  ];
}

/** Simulates each group with each store, and returns the rows of the report. */
export function groupRows(): readonly (readonly string[])[] {
  return groupWorlds.flatMap((world) =>
    groupStores.map((store) =>
      groupRow(
        world,
        store,
        groupCounts.map((places) => playGroup(world, places, store)),
      ),
    ),
  );
}

import { describe, expect, test } from 'vitest';
import { readFleet } from '../../../../src/features/fleet/fleet.ts';
import { isTroubled, reportOf } from '../../../../src/features/fleet/report.ts';
import type { StoreView } from '../../../../src/features/fleet/view.ts';
import { renderIn } from '../../../../src/words/tell.ts';
import { down, nowMs, type PlaceSeen, unknown, viewOf, well } from './world.ts';

// What all places say together: of mirrors, of places, and what cannot be told.

const report = (view: StoreView) => reportOf(readFleet(view, 'http://{instance}'));
const a = (seen: NonNullable<PlaceSeen['mirrors']>, more: PlaceSeen = {}): PlaceSeen => ({ mirrors: seen, ...more });

interface Row {
  readonly name: string;
  readonly places: Parameters<typeof viewOf>[0];
  readonly mirrors?: readonly string[];
  readonly told?: readonly string[];
  readonly partial?: boolean;
}

const rows: readonly Row[] = [
  { name: 'all is well from all places', places: { fra: a({ x: well() }), sgp: a({ x: well() }) } },
  {
    name: 'down from 3 of 4: the path of the others',
    places: { ams: a({ x: down }), bom: a({ x: down }), fra: a({ x: well(1, 210) }), sgp: a({ x: down }) },
    mirrors: [
      'x: down from 3 of 4 places (ams, bom and sgp) since 14:02 UTC; from fra the mirror responds in 210 ms: the cause is the network path of ams, bom and sgp or the server reached from there, not the whole mirror',
    ],
  },
  {
    name: 'down from one alone: the path of that place',
    places: { fra: a({ x: down }), ams: a({ x: well(1, 90) }), sgp: a({ x: well() }) },
    mirrors: [
      'x: down from fra alone since 14:02 UTC; from ams the mirror responds in 90 ms: the cause is the network path of fra or the server reached from there, not the whole mirror',
    ],
  },
  {
    name: 'down from all: the mirror itself',
    places: { fra: a({ x: down }), sgp: a({ x: down }), ams: a({ x: down }) },
    mirrors: ['x: down from all 3 places since 14:02 UTC: the cause is the mirror itself'],
  },
  {
    name: 'down from all that can tell; one cannot, and is neither',
    places: { fra: a({ x: down }), sgp: a({ x: down }), ams: a({ x: unknown }) },
    mirrors: ['x: down from all 2 places since 14:02 UTC: the cause is the mirror itself; unknown from ams'],
  },
  {
    name: 'down from the only place that can tell proves nothing',
    places: { fra: a({ x: down }), sgp: a({ x: unknown }) },
    mirrors: ['x: down from fra since 14:02 UTC; no other place knows its state; unknown from sgp'],
  },
  {
    name: 'two places behind one egress are one witness',
    places: { fra1: a({ x: down }, { network: 'dtag' }), fra2: a({ x: down }, { network: 'dtag' }) },
    mirrors: [
      'x: down from fra1 and fra2 since 14:02 UTC; these places share one network: the cause is the mirror or that network',
    ],
  },
  {
    name: 'unknown from everywhere is said, and is not down',
    places: { fra: a({ x: unknown }), sgp: a({ x: unknown }) },
    mirrors: ['x: unknown from all 2 places (fra and sgp)'],
  },
  {
    name: 'degraded from two of three',
    places: { ams: a({ x: { state: 'degraded' } }), fra: a({ x: { state: 'degraded' } }), sgp: a({ x: well(1, 80) }) },
    mirrors: [
      'x: degraded from 2 of 3 places (ams and fra) since 14:02 UTC; from sgp the mirror responds in 80 ms: the cause is the network path of ams and fra or the server reached from there, not the whole mirror',
    ],
  },
  {
    name: 'a place that lost its own line has no vote, whatever it reports',
    places: { fra: a({ x: down }, { isSuspect: true }), sgp: a({ x: well() }), ams: a({ x: well() }) },
    told: ['fra: the network of this place is suspect, so its states do not count'],
  },
  {
    name: 'a quiet place is unknown, neither well nor down',
    places: { fra: a({ x: well() }), sgp: a({ x: down }, { ageMs: 3_600_000 }) },
    told: ['sgp: no data since 13:30 UTC; its states are unknown'],
  },
  {
    name: 'what a partial response lacks is not called quiet',
    places: { fra: a({ x: well() }), sgp: a({ x: well() }, { ageMs: 3_600_000 }) },
    partial: true,
    told: ['sgp: missing in a partial response of the store; its states are unknown'],
  },
  {
    name: 'a store that lags a minute is still current',
    places: { fra: a({ x: well() }, { ageMs: 70_000 }), sgp: a({ x: well() }, { ageMs: 100_000 }) },
  },
  {
    name: 'another configuration, a refused one, a wrong clock and another version',
    places: {
      ams: a({ x: well() }),
      bom: a({ x: well() }),
      cdg: a({ x: well() }),
      fra: a({ x: well() }, { hash: 'bbbb', reloadOk: false }),
      sgp: a({ x: well() }, { skewMs: -90_000, version: '0.0.9' }),
    },
    told: [
      'fra: rejected its new configuration and runs the old one',
      'fra: runs another configuration than 4 other places',
      'sgp: its clock is 90s behind',
      'sgp: runs version 0.0.9; 4 other places run version 0.1.0',
    ],
  },
  {
    name: 'two places that differ are no majority against each other',
    places: { fra: a({ x: well() }, { hash: 'bbbb' }), sgp: a({ x: well() }) },
  },
  {
    name: 'many mirrors down from one place alone: the place',
    places: {
      ams: a({ x: well(), y: well(), z: well() }),
      fra: a({ x: down, y: down, z: well() }),
      sgp: a({ x: well(), y: well(), z: well() }),
    },
    mirrors: [
      'x: down from fra alone since 14:02 UTC; from ams the mirror responds in 100 ms: the cause is the network path of fra or the server reached from there, not the whole mirror',
      'y: down from fra alone since 14:02 UTC; from ams the mirror responds in 100 ms: the cause is the network path of fra or the server reached from there, not the whole mirror',
    ],
    told: [
      'fra: 2 mirrors are down as seen from fra, but not from most other places: the cause is the network or the daemon of fra, not the mirrors',
    ],
  },
  {
    name: 'a place that sees well what is down everywhere has no vote',
    places: {
      ams: a({ x: down, y: down, z: well() }),
      fra: a({ x: well(), y: well(), z: well() }),
      sgp: a({ x: down, y: down, z: well() }),
    },
    mirrors: [
      'x: down from all 2 places since 14:02 UTC: the cause is the mirror itself; unknown from fra',
      'y: down from all 2 places since 14:02 UTC: the cause is the mirror itself; unknown from fra',
    ],
    told: [
      'fra: 2 mirrors are up or degraded as seen from fra, but down as seen from all other places; the verdict of the fleet ignores the states from fra',
    ],
  },
  {
    name: 'a shard that is gone',
    places: {
      fra: [a({ x: well() }, { shards: { index: 0, count: 3 } }), a({ y: well() }, { shards: { index: 2, count: 3 } })],
    },
    told: ['fra: no data from shards 1 of 3; the states of their mirrors are unknown'],
  },
];

describe('what is said', () => {
  const minutesAgo = (minutes: number): number => nowMs - minutes * 60_000;
  const said = (places: Parameters<typeof viewOf>[0]): readonly string[] => {
    const { sentences } = report(viewOf(places));
    return [...sentences.mirrors, ...sentences.advice].map(({ text }) => text);
  };

  test('"down from all" is since the last place saw it, and names the first', () => {
    const since = (minutes: number): PlaceSeen => a({ x: { state: 'down', sinceMs: minutesAgo(minutes) } });
    expect(said({ p1: since(17), p2: since(17.5), p3: since(28) })).toEqual([
      'x: down from all 3 places since 14:13 UTC (from p3 since 14:02 UTC): the cause is the mirror itself',
    ]);
    expect(said({ p1: since(17), p2: since(17.5) })).toEqual([
      'x: down from all 2 places since 14:13 UTC: the cause is the mirror itself',
    ]);
    // Both daemons of a pair must report it.
    expect(said({ p1: since(17), p2: [since(17), since(28)] })).toEqual([
      'x: down from all 2 places since 14:13 UTC: the cause is the mirror itself',
    ]);
    expect(said({ p1: since(17), p2: a({ x: { state: 'down', sinceMs: 0 } }) })).toEqual([
      'x: down from all 2 places: the cause is the mirror itself',
    ]);
  });

  test('a mirror that other places advise to leave too is not called well there', () => {
    const advising = a({ x: well(1), y: well(2) }, { advice: ['x>y'] });
    const p3 = a({ x: down, y: well(1) }, { advice: ['x>y'] });
    expect(said({ p1: advising, p2: advising, p3 })).toEqual([
      'x: down from p3 alone since 14:02 UTC; from p1 the mirror responds in 100 ms, but p1 and p2 still have advice to leave it, so the cause may be the mirror itself',
      'Switch go from x to y at p1, p2 and p3; x is up now from p1 and p2, but their advice is still in force',
    ]);
  });

  test('a place whose advice has outlived its cause is named apart: its clients need not switch', () => {
    const over = a({ x: well(1), y: well(2) }, { advice: ['x>y outage over'] });
    const p3 = a({ x: down, y: well(1) }, { advice: ['x>y'] });
    const needNot = (places: string) =>
      `go: clients at ${places} that use x need not switch, because the cause of the advice is over; the advice stays for some time, so that clients do not switch twice`;
    expect(said({ p1: over, p2: over, p3 })).toEqual([
      'x: down from p3 alone since 14:02 UTC; from p1 the mirror responds in 100 ms, but p1 and p2 still have advice to leave it, so the cause may be the mirror itself',
      'Switch go from x to y at p3',
      needNot('p1 and p2'),
    ]);
    expect(said({ p1: over, p2: a({ x: well(1), y: well(2) }) })).toEqual([needNot('p1')]);
    expect(said({ p1: over, p2: p3, p3 }).slice(1)).toEqual(['Switch go from x to y at p2 and p3', needNot('p1')]);
  });

  test('each place follows its own advice, once for a pair of daemons', () => {
    const fine = a({ x: well(1), y: well(2) });
    const left = (to: string) => a({ x: down, y: well(1) }, { advice: [`x>${to}`] });
    expect(said({ p1: [left('y'), left('y')], p2: left('z'), p3: fine }).slice(1)).toEqual([
      'Switch go from x to y at p1',
      'Switch go from x to z at p2',
    ]);
  });

  test('a place that lost its own line, or contradicts the others, advises nothing', () => {
    const fine = a({ x: well(1), y: well(2), z: well(3) });
    const lost = a({ x: down }, { advice: ['x>y'], isSuspect: true });
    const alone = a({ x: down, y: down, z: well(1) }, { advice: ['x>z'] });
    for (const one of [lost, alone])
      expect(said({ p1: one, p2: fine, p3: fine }).filter((text) => text.startsWith('Switch'))).toEqual([]);
  });

  test('a failback leaves a mirror that works, and says nothing against it', () => {
    const back = a({ x: well(2), y: well(1) }, { advice: ['x>y failback'] });
    expect(said({ p1: back, p2: back, p3: a({ x: down, y: well(1) }) })).toEqual([
      'x: down from p3 alone since 14:02 UTC; from p1 the mirror responds in 100 ms: the cause is the network path of p3 or the server reached from there, not the whole mirror',
      'Switch go from x to y at p1 and p2',
    ]);
  });

  test.each(rows)('$name', ({ places, mirrors = [], told = [], partial = false }) => {
    const { sentences } = report(viewOf(places, { isPartial: partial }));
    expect({
      mirrors: sentences.mirrors.map(({ text }) => text),
      told: sentences.places.map(({ text }) => text),
    }).toEqual({ mirrors, told });
  });

  test.each(rows)(
    '$name: in Chinese too, and trouble is trouble',
    ({ places, mirrors = [], told = [], partial = false }) => {
      const whole = report(viewOf(places, { isPartial: partial }));
      for (const one of [...whole.sentences.mirrors, ...whole.sentences.places])
        expect(renderIn('zh', one)).toMatch(/\p{Script=Han}/u);
      expect(isTroubled(whole)).toBe(partial || mirrors.length + told.length > 0);
    },
  );
});

describe('cells', () => {
  test('have state, since when, p95 and the page of that place', () => {
    const [row] = report(viewOf({ fra: a({ x: { state: 'up', p95Ms: 120 } }) })).mirrors;
    expect(row?.cells).toEqual([
      { place: 'fra', state: 'up', sinceMs: nowMs - 28 * 60_000, p95Ms: 120, href: 'http://fra-0:10120/mirrors/x' },
    ]);
  });

  test('of a pair: an unknown state adds nothing, two different states are degraded', () => {
    const pair = (first: Parameters<typeof a>[0], second: Parameters<typeof a>[0]) =>
      report(viewOf({ fra: [a(first), a(second)] })).mirrors[0]?.cells[0]?.state;
    expect(pair({ x: well() }, { x: unknown })).toBe('up');
    expect(pair({ x: well() }, { x: down })).toBe('degraded');
    expect(pair({ x: down }, { x: down })).toBe('down');
    expect(pair({ x: unknown }, { x: unknown })).toBe('unknown');
  });

  test('of a place whose shard is gone: a mirror of that shard is unknown there, not unmonitored', () => {
    const shard = (index: number) => ({ shards: { index, count: 2 } });
    const ams = a({ x: well(), y: well() });
    const cellsOf = (fra: readonly PlaceSeen[]) =>
      report(viewOf({ ams, fra })).mirrors.map(({ registry, cells, verdict }) => [
        registry,
        cells.map(({ place, state }) => `${place} ${state}`),
        verdict.kind,
      ]);
    expect(cellsOf([a({ x: well() }, shard(0)), a({ y: well() }, shard(1))])).toEqual([
      ['x', ['ams up', 'fra up'], 'well'],
      ['y', ['ams up', 'fra up'], 'well'],
    ]);
    expect(cellsOf([a({ x: well() }, shard(0))])).toEqual([
      ['x', ['ams up', 'fra up'], 'well'],
      ['y', ['ams up', 'fra unknown'], 'well'],
    ]);
    // Without shards it is not monitored there.
    expect(cellsOf([a({ x: well() })])[1]).toEqual(['y', ['ams up'], 'well']);
  });

  test('of a daemon that two stores scrape: the later scrape counts', () => {
    const twice = {
      fra: [
        a({ x: well() }, { replica: 'a', ageMs: 70_000, instance: 'i' }),
        a({ x: down }, { replica: 'b', ageMs: 10_000, instance: 'i' }),
      ],
    };
    expect(report(viewOf(twice)).mirrors[0]?.cells.map(({ state }) => state)).toEqual(['down']);
  });

  test('a link leads to no other scheme', () => {
    const { places } = readFleet(viewOf({ fra: a({ x: well() }) }), 'javascript:alert(1)//{instance}');
    expect(places[0]?.url).toBeNull();
  });

  test.each([
    { instance: 'fra', url: 'http://fra.corp.example' },
    { instance: 'evil.example/', url: null },
    { instance: 'evil.example\\', url: null },
    { instance: 'evil.example?', url: null },
    { instance: 'me@evil.example:80/', url: null },
    { instance: '', url: null },
  ])('a link of the instance "$instance" is $url', ({ instance, url }) => {
    const { places } = readFleet(viewOf({ fra: a({ x: well() }, { instance }) }), 'http://{instance}.corp.example/');
    expect(places[0]?.url).toBe(url);
  });
});

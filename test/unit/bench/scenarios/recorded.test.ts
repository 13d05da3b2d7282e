import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { World } from '../../../../bench/scenarios/world.ts';
import { recordedFamilies } from '../../../../bench/scenarios/worlds/recorded/families.ts';
import { familiesFrom, shippedRecords } from '../../../../bench/scenarios/worlds/recorded/file.ts';
import { readRecords } from '../../../../bench/scenarios/worlds/recorded/records.ts';
import { halfOf, windowsByHost } from '../../../../bench/scenarios/worlds/recorded/windows.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const header = 'service,host,operator,from,to,state,code,ms';

/** Rows of one host from midnight on: minutes at which it is up or down next. */
function rowsOf(host: string, code: number, ms: string, ...minutes: readonly number[]): string[] {
  const at = (minute: number) => new Date(Date.UTC(2024, 0, 1) + minute * minuteMs).toISOString();
  return minutes.slice(1).map((to, index) => {
    const state = index % 2 === 0 ? `up,200,${ms}` : `down,${code},0@01-01T00:00`;
    return `s1,${host},o1,${at(minutes[index] ?? 0)},${at(to)},${state}`;
  });
}
const text = (...rows: readonly string[]) => [header, ...rows].join('\n');
const day = 24 * 60;
/** One host fails from minute 300 to 340 and from 360 to 380; two are well. */
const flapping = (code = 503) =>
  text(
    ...rowsOf('a', code, '400@01-01T00:00 200@01-01T12:00 300@01-01T13:00', 0, 300, 340, 360, 380, day),
    ...rowsOf('b', 0, '100@01-01T00:00', 0, day),
    ...rowsOf('c', 0, '100@01-01T00:00', 0, day),
  );
const mod = (world: World) => {
  const [first] = world.setup.modules;
  return { step: 'mod', module: first?.module ?? '', version: first?.version ?? '' } as const;
};
const seedOfHalf = (csv: string) => {
  const [host] = readRecords(csv);
  return host === undefined ? 0 : halfOf(host);
};

describe('records', () => {
  it('are read by column name, host by host', () => {
    const rows = ['host,service,state,code,from,to', 'h,s,up,200,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z'];
    const fromMs = Date.UTC(2024, 0, 1);
    expect(readRecords(rows.join('\r\n'))).toEqual([
      {
        service: 's',
        host: 'h',
        operator: '',
        upMs: [],
        spans: [{ fromMs, toMs: fromMs + dayMs, isUp: true, code: 200 }],
      },
    ]);
    expect(readRecords(flapping())[0]?.upMs).toEqual(Array(3).fill([400, 200, 300]).flat());
  });
  it.each([
    ['service,host', 'line 1: no column from, to, state, code'],
    [text('s,h,o,2024-01-01,2024-01-02,slow,200,'), 'line 2: state is "slow", not up or down'],
    [text('s,h,o,2024-01-02,2024-01-01,up,200,'), 'line 2: from 2024-01-02 to 2024-01-01 is no span'],
    [text('s,h,o,2024-01-01,2024-01-02,up,ok,'), 'line 2: code is "ok"'],
    [text('s,h,o,2024-01-01,2024-01-02,up,200,fast@1'), 'line 2: ms is "fast@1"'],
    [text(',h,o,2024-01-01,2024-01-02,up,200,'), 'line 2: no service or host'],
    [
      text('s,h,o,2024-01-01,2024-01-03,up,200,', 's,h,o,2024-01-02,2024-01-04,down,0,'),
      'line 3: begins before s h ended',
    ],
  ])('say which line is wrong: %s', (csv, message) => expect(() => readRecords(csv)).toThrow(message));
});

describe('windows', () => {
  const outages = (csv: string) =>
    windowsByHost(readRecords(csv)).map((windows) => windows.map(({ head, outage }) => [head.host, outage.toMs]));
  const at = (minute: number) => Date.UTC(2024, 0, 1) + minute * minuteMs;
  const others = [...rowsOf('b', 0, '', 0, day), ...rowsOf('c', 0, '', 0, day)];
  it.each([
    ['both ends and an hour around', rowsOf('a', 0, '', 0, 60, 100, 160), [[['a', at(100)]]]],
    ['less than an hour before', rowsOf('a', 0, '', 0, 59, 100, 200), []],
    ['less than an hour after', rowsOf('a', 0, '', 0, 60, 100, 159), []],
    ['no end', rowsOf('a', 0, '', 0, 100, 300), []],
  ])('need %s', (_, rows, expected) => expect(outages(text(...rows, ...others))).toEqual(expected));
  it('need a third host', () => {
    const two = text(...rowsOf('a', 0, '', 0, 60, 100, 160), ...rowsOf('b', 0, '', 0, day));
    expect(outages(two)).toEqual([]);
  });
  it('of one host all belong to the same half of the seeds', () => {
    const hosts = readRecords(readFileSync(shippedRecords, 'utf8'));
    const seen = [0, 1].map((half) => {
      const worlds = Array.from({ length: 60 }, (_, n) => familiesFrom(null)[0]?.make(2 * n + half));
      return new Set(worlds.map((world) => world?.setup.mirrors[0]?.url));
    });
    const inHalf = [0, 1].map(
      (half) => windowsByHost(hosts).filter(([one]) => one && halfOf(one.head) === half).length,
    );
    expect(seen.map(({ size }) => size)).toEqual(inHalf);
    expect(inHalf.every((count) => count > 10)).toBe(true);
    expect([...(seen[0] ?? [])].filter((url) => seen[1]?.has(url))).toEqual([]);
  });
  it('are none where the half of the seed has no outage', () => {
    const odd = 1 - seedOfHalf(flapping());
    expect(() => recordedFamilies(readRecords(flapping()))[0]?.make(odd)).toThrow('no outage for');
  });
});

describe('a recorded world', () => {
  const [hard, share] = recordedFamilies(readRecords(flapping()));
  const seed = seedOfHalf(flapping());
  const seeds = Array.from({ length: 12 }, (_, n) => seed + 2 * n);

  it('is one outage with an hour on either side, the failing host first', () => {
    for (const world of seeds.map((one) => hard?.make(one))) {
      const minutes = (world?.durationMs ?? 0) / minuteMs;
      expect([120 + 40, 120 + 20]).toContain(minutes);
      expect(world?.setup.mirrors.map(({ url }) => url).toSorted()).toEqual(
        ['a', 'b', 'c'].map((host) => `https://${host}.o1.example`),
      );
      expect(world?.setup.mirrors[0]?.url).toBe('https://a.o1.example');
      expect(world?.setup.everyMs).toBe(30_000);
      expect(Object.values(world?.setup.chains ?? {})[0]?.startsWith('a')).toBe(true);
    }
  });

  it('fails as recorded: each true end within one poll before the recorded one', () => {
    for (const world of seeds.map((one) => hard?.make(one))) {
      if (world === undefined) throw new Error('not made');
      // The window is that of the first outage or of the second; the other one is in it as well.
      const startMinute = world.durationMs / minuteMs === 160 ? 240 : 300;
      const recorded = [
        [300, 340],
        [360, 380],
      ].map((ends) => ends.map((minute) => Math.max(0, minute - startMinute)));
      expect(world.incidents.length).toBe(2);
      for (const [index, { fromMs, toMs }] of world.incidents.entries()) {
        for (const [end, ms] of [fromMs, toMs].entries()) {
          const late = (recorded[index]?.[end] ?? 0) - ms / minuteMs;
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(8);
        }
        expect(world.ask('a', mod(world), (fromMs + toMs) / 2)).toMatchObject({ reason: 'server', status: 503 });
        expect(world.ask('b', mod(world), (fromMs + toMs) / 2).reason).toBe(null);
      }
      const betweenMs = ((world.incidents[0]?.toMs ?? 0) + (world.incidents[1]?.fromMs ?? 0)) / 2;
      expect(world.ask('a', mod(world), betweenMs).reason).toBe(null);
    }
  });

  it('is played as a failing share too: one spell, as often bad as it was down', () => {
    for (const one of seeds) {
      const [world, same] = [share?.make(one), hard?.make(one)];
      if (world === undefined || same === undefined) throw new Error('not made');
      expect(world.durationMs).toBe(same.durationMs);
      const [first, second] = same.incidents;
      const [spell, ...more] = world.incidents;
      if (!first || !second || !spell) throw new Error('no incident');
      expect([spell.fromMs, spell.toMs, more.length]).toEqual([first.fromMs, second.toMs, 0]);
      const wanted = (first.toMs - first.fromMs + second.toMs - second.fromMs) / (spell.toMs - spell.fromMs);
      const count = 2000;
      const asked = Array.from({ length: count }, (_, n) => spell.fromMs + ((spell.toMs - spell.fromMs) * n) / count);
      const bad = asked.filter((atMs) => world.ask('a', mod(world), Math.round(atMs)).status === 503).length;
      expect(Math.abs(bad / count - wanted)).toBeLessThan(0.05);
    }
  });

  it('takes as long as recorded in the median', () => {
    const world = hard?.make(seed);
    if (world === undefined) throw new Error('not made');
    const times = (mirror: string) =>
      Array.from({ length: 801 }, (_, n) => world.ask(mirror, mod(world), n * 1000).tookMs).toSorted(
        (one, two) => one - two,
      );
    expect(Math.abs((times('a')[400] ?? 0) / 300 - 1)).toBeLessThan(0.25);
    expect(Math.abs((times('b')[400] ?? 0) / 100 - 1)).toBeLessThan(0.25);
  });

  it.each([
    [0, ['refused', 'unreachable', 'cut']],
    [403, ['denied']],
    [404, ['masked_upstream']],
    [429, ['throttled']],
    [530, ['server']],
    [200, ['malformed']],
  ])('a poll with status %i is played as %j', (code, reasons) => {
    const [family] = recordedFamilies(readRecords(flapping(code)));
    for (const one of seeds) {
      const world = family?.make(one);
      const [incident] = world?.incidents ?? [];
      if (world === undefined || incident === undefined) throw new Error('no incident');
      const answer = world.ask('a', mod(world), (incident.fromMs + incident.toMs) / 2);
      expect(reasons.includes(answer.reason ?? '') || answer.tookMs === Number.POSITIVE_INFINITY).toBe(true);
      expect(answer.status).toBe(code === 0 ? null : code);
    }
  });
});

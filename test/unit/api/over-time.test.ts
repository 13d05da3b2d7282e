import { describe, expect, it } from 'vitest';
import { createPageSay } from '../../../src/api/page/html.ts';
import {
  failuresOf,
  formatGaps,
  formatLag,
  formatResponses,
  formatRtt,
  gapsOf,
  runsOf,
  unwatchedMsOf,
} from '../../../src/api/page/trend-sums.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { type Trend, type TrendCell, trendRanges } from '../../../src/core/trend.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import { type FixtureChange, fixture } from './fixture-deps.ts';
import { fixtureGap, fixtureTrends } from './fixture-trends.ts';
import { serveFixture } from './serve-fixture.ts';
import { serve } from './server.ts';

const pageOf = async (path: string, change: FixtureChange = {}): Promise<string> =>
  (await (await serveFixture(change)).ask(path)).text;
const words = (page: string): string => page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const say = createPageSay('en');
const minute = 60_000;

/** What the history says of one mirror. */
function rowOf(page: string, name: string): string {
  return page.split('<article class="course">').find((one) => one.includes(`>${name}</a>`)) ?? '';
}

function cell(at: number, more: Partial<TrendCell> = {}): TrendCell {
  const none = { p50Ms: null, p95Ms: null, silentMs: 0, bytesPerSecond: null, lagLowerMs: null, lagUpperMs: null };
  return { startMs: at * minute, ok: 1, failed: 0, unknown: 0, attempts: 1, failures: {}, ...none, ...more };
}

/** An hour of minutes from minute 0 until just before minute 60. */
function hourOf(cells: readonly TrendCell[]): Trend {
  return { range: 'hour', cellMs: minute, fromMs: 0, toMs: 60 * minute, cells };
}

const minutes = (from: number, to: number): TrendCell[] => Array.from({ length: to - from }, (_, i) => cell(from + i));

describe('a gap', () => {
  it.each<[string, readonly TrendCell[], number, readonly (readonly [number, number])[]]>([
    ['nothing at all', [], 0.5, [[0, 60]]],
    ['all of it', minutes(0, 60), 0.5, []],
    [
      'before the first, between and after the last',
      [...minutes(3, 20), ...minutes(22, 50)],
      0.5,
      [
        [0, 3],
        [20, 22],
        [50, 60],
      ],
    ],
    [
      'a minute is one, where the canary is asked twice a minute',
      [...minutes(0, 9), ...minutes(10, 60)],
      0.5,
      [[9, 10]],
    ],
    [
      'what is asked each five minutes has none between',
      [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55].map((at) => cell(at)),
      5,
      [],
    ],
    ['but where it was left out', [0, 5, 10, 25, 30, 35, 40, 45, 50, 55].map((at) => cell(at)), 5, [[11, 25]]],
    [
      'a cell in which the canary was not asked',
      [...minutes(0, 9), cell(9, { ok: 0, lagLowerMs: 0 }), ...minutes(10, 60)],
      0.5,
      [[9, 10]],
    ],
  ])('%s', (_what, cells, paceMinutes, gaps) =>
    expect(
      gapsOf(hourOf(cells), paceMinutes * minute).map(({ fromMs, toMs }) => [fromMs / minute, toMs / minute]),
    ).toEqual(gaps),
  );
  it('breaks a line: no line goes over it', () => {
    const runs = runsOf([...minutes(0, 9), ...minutes(12, 20)], minute, 0.5 * minute);
    expect(runs.map((run) => run.length)).toEqual([9, 8]);
  });
  it('counts with the silences within cells that the pace does not explain', () => {
    const trend = hourOf([
      ...minutes(0, 30).map((one, i) => (i === 4 ? { ...one, silentMs: 50_000 } : one)),
      ...minutes(35, 60),
    ]);
    expect(unwatchedMsOf(trend, 10_000)).toBe(5 * minute);
    const long = { ...trend, cells: trend.cells.map((one, i) => (i === 4 ? { ...one, silentMs: 61_000 } : one)) };
    expect(unwatchedMsOf(long, 10_000)).toBe(5 * minute + 61_000);
    expect(formatGaps(long, 10_000, say)).toBe('all the time except 6 min');
    expect(formatGaps(hourOf(minutes(0, 60)), 10_000, say)).toBe('all the time');
  });
});

describe('sums', () => {
  it.each<[string, readonly TrendCell[], string]>([
    ['nothing', [], 'no probe was judged'],
    ['what could not be checked', [cell(0, { ok: 0, unknown: 9 })], 'no probe was judged'],
    ['all', minutes(0, 4), '100 % of 4 probes'],
    ['never rounded up to all', [cell(0, { ok: 99_999, failed: 1 })], '99.9 % of 100000 probes'],
  ])('answered, of %s', (_what, cells, said) => expect(formatResponses(cells, say)).toBe(said));
  it('round trips lie between the medians of the cells', () => {
    expect(formatRtt([cell(0, { p50Ms: 42 }), cell(1), cell(2, { p50Ms: 1_240 })], say)).toBe('42 ms to 1.24 s');
    expect(formatRtt([cell(0, { p50Ms: 42 })], say)).toBe('42 ms');
    expect(formatRtt([cell(0)], say)).toBe('not measured');
  });
  it.each<[string, Partial<TrendCell>, string]>([
    ['unknown', {}, 'unknown'],
    ['not behind', { lagLowerMs: 0, lagUpperMs: 5 * minute }, 'not behind'],
    ['between bounds', { lagLowerMs: 120 * minute, lagUpperMs: 240 * minute }, 'between 2 h and 4 h'],
    ['bounds that read alike', { lagLowerMs: 120 * minute, lagUpperMs: 121 * minute }, '2 h'],
    ['without an upper bound', { lagLowerMs: 120 * minute }, 'at least 2 h'],
  ])('behind, %s', (_what, more, said) => expect(formatLag([cell(0, more), cell(1)], say)).toBe(said));
  it('failures by reason, the commonest first', () => {
    const cells = [cell(0, { failures: { refused: 2, server: 1 } }), cell(1, { failures: { server: 4 } })];
    expect(failuresOf(cells)).toEqual([
      ['server', 5],
      ['refused', 2],
    ]);
  });
});

describe('the history', () => {
  it.each(trendRanges)('over a %s is there, its range marked, the others linked', async (range) => {
    const page = await pageOf(`/history?range=${range}`);
    const marked = [...page.matchAll(/<a href="\/history\?range=(\w+)"( aria-current="true")?>/g)];
    expect(marked.map(([, one, mark]) => [one, mark !== undefined])).toEqual(
      trendRanges.map((one) => [one, one === range]),
    );
  });
  it('is a day where nothing else is said, or something that there is not', async () => {
    for (const path of ['/history', '/history?range=year', '/history?range=hour&range=week'])
      expect(words(await pageOf(path))).toContain('over the last day');
  });
  it('opens on an hour while ten minutes are known, on a day from an hour on', async () => {
    const openedWith = async (knownMs: number): Promise<string> => {
      const { deps } = fixture({
        trend: (registry, range) => {
          const trend = fixtureTrends().of(registry, range, { wallMs: nowMs, monotonicMs: 0 });
          return trend && { ...trend, cells: trend.cells.filter(({ startMs }) => startMs >= trend.toMs - knownMs) };
        },
      });
      const short = await serve(deps);
      const said = words((await short.ask('/history')).text) + words((await short.ask('/mirrors/coast')).text);
      await short.close();
      return [...new Set([...said.matchAll(/over the last (hour|day)/g)].map(([, range]) => range))].join(' ');
    };
    expect(await openedWith(600_000)).toBe('hour');
    expect(await openedWith(2 * 3_600_000)).toBe('day');
  });
  it('of a week says of each mirror what it answered, how fast, how far behind, and why it failed', async () => {
    const page = await pageOf('/history?range=week');
    expect(words(rowOf(page, 'coast'))).toMatch(
      /success rate 100 % of 98\d\d probes median round trip 1\d\d ms to 1\.21 s monitored all the time except 4 h/,
    );
    expect(words(rowOf(page, 'coast'))).toContain('worst lag between 90 min and 95 min');
    expect(words(rowOf(page, 'coast'))).toMatch(/downloads [\d.]+ MiB\/s to [\d.]+ MiB\/s/);
    expect(words(rowOf(page, 'campus'))).toMatch(/throttled \d+ .*timeout_connect \d+ .*refused \d+/);
    expect(words(rowOf(page, 'go-origin'))).toContain(
      'success rate no probe was judged median round trip not measured',
    );
    expect(words(rowOf(page, 'go-origin'))).toContain('failures by reason no probe was judged');
  });
  it('shows where nothing was watched as a gap, and no line over it', async () => {
    const chart =
      /<svg class="trend".*?<\/svg>.*?<\/svg>/s.exec(rowOf(await pageOf('/history?range=week'), 'coast'))?.[0] ?? '';
    const gaps = [...chart.matchAll(/<rect x="([\d.]+)%" width="([\d.]+)%"[^>]*class="gap"><title>([^<]*)/g)];
    const weekMs = 7 * 24 * 60 * minute;
    const share = (ms: number): number => (100 * (ms - (nowMs - weekMs))) / weekMs;
    expect(gaps).toHaveLength(1);
    const [, x, width, said] = gaps[0] ?? [];
    // To a cell of half an hour at each end.
    expect(Math.abs(Number(x) - share(fixtureGap.fromMs))).toBeLessThan(0.6);
    expect(Math.abs(Number(x) + Number(width) - share(fixtureGap.toMs))).toBeLessThan(0.6);
    expect(said).toMatch(/not monitored from 03-01 0\d:\d\d to 03-01 0\d:\d\d/);
    const lines = [...chart.matchAll(/<polyline class="rtt" points="([^"]*)"/g)].map(([, points = '']) =>
      points.split(' '),
    );
    expect(lines).toHaveLength(2);
    const along = lines.map((points) => points.map((point) => Number(point.split(',')[0]) / 10));
    expect(Math.max(...(along[0] ?? []))).toBeLessThanOrEqual(Number(x));
    expect(Math.min(...(along[1] ?? []))).toBeGreaterThanOrEqual(Number(x) + Number(width));
  });
  it('groups by ecosystem and upstream, those of one ecosystem together', async () => {
    const more = (name: string, ecosystem: string, upstream: string): Mirror[] =>
      fixtureConfig.mirrors.slice(0, 1).map((one) => ({ ...one, name, ecosystem, upstream }));
    const mirrors = [...more('hub', 'oci', 'docker.io'), ...fixtureConfig.mirrors, ...more('quay', 'oci', 'quay.io')];
    const page = await pageOf('/history', { configWith: { mirrors } });
    expect(
      [...page.matchAll(/<h2 id="(g-[^"]*)">(.*?)<\/h2>/g)].map(([, id, text = '']) => [id, words(text).trim()]),
    ).toEqual([
      ['g-oci-docker.io', 'oci / docker.io 1 mirror'],
      ['g-oci-quay.io', 'oci / quay.io 1 mirror'],
      ['g-go-go', 'go 4 mirrors'],
    ]);
    expect(page).toContain('<a href="#g-oci-quay.io">');
    expect(words(page)).toContain('No history of this mirror is stored yet.');
  });
});

describe('the history of mirrors that are compared', () => {
  const topOf = (chart: string): string | undefined => />([^<]*)<\/text><\/svg>/.exec(chart)?.[1];
  const chartIn = (text: string): string => /<svg class="trend".*?<\/svg>.*?<\/svg>/s.exec(text)?.[0] ?? '';

  it('has one axis of times for all, and its own on the page of one', async () => {
    const page = await pageOf('/history?range=week');
    const tops = ['coast', 'inland', 'campus'].map((name) => topOf(chartIn(rowOf(page, name))));
    expect(tops[0]).toMatch(/s$/);
    expect(new Set(tops).size).toBe(1);
    const alone = topOf(chartIn(await pageOf('/mirrors/campus?range=week')));
    expect(alone).toMatch(/ms$/);
    expect(alone).not.toBe(tops[0]);
  });
});

describe('the history of many mirrors', () => {
  const mirrors = Array.from({ length: 60 }, (_, i) =>
    fixtureConfig.mirrors.slice(0, 1).map((one) => ({ ...one, name: `m${i}`, upstream: i < 50 ? 'go' : 'own' })),
  ).flat();
  const shownOn = async (query: string): Promise<readonly [count: number, first: string, links: readonly string[]]> => {
    const page = (await pageOf(`/history${query}`, { configWith: { mirrors } })).replaceAll('&amp;', '&');
    const names = [...page.matchAll(/<h3><a href="[^"]*">(m\d+)<\/a>/g)].map(([, name = '']) => name);
    const links = [...(page.split('<p class="pages">')[1]?.split('</p>')[0] ?? '').matchAll(/<a href="([^"]*)">/g)].map(
      ([, href = '']) => href,
    );
    return [names.length, names[0] ?? '', links];
  };
  it('shows two dozen and leads to the others', async () => {
    expect(await shownOn('')).toEqual([24, 'm0', ['/history?range=day&from=24']]);
    expect(await shownOn('?range=week&from=24')).toEqual([
      24,
      'm24',
      ['/history?range=week&from=0', '/history?range=week&from=48'],
    ]);
    expect(await shownOn('?from=48')).toEqual([12, 'm48', ['/history?range=day&from=24']]);
    expect(await shownOn('?from=-3')).toEqual([24, 'm0', ['/history?range=day&from=24']]);
  });
  it('leads to a group on its page', async () => {
    const page = await pageOf('/history', { configWith: { mirrors } });
    expect(page).toContain('<a href="#g-go-go">go <small>50</small></a>');
    expect(page).toContain('<a href="/history?range=day&amp;from=48#g-go-own">go / own <small>10</small></a>');
  });
});

describe('a mirror over time', () => {
  it('has its own section, with a table that says the same in at most two dozen rows, and the same as JSON', async () => {
    for (const [range, rows] of [
      ['hour', 5],
      ['day', 24],
      ['week', 28],
    ] as const) {
      const page = await pageOf(`/mirrors/campus?range=${range}`);
      const section = page.split('aria-labelledby="over-time"')[1]?.split('</section>')[0] ?? '';
      expect([...section.matchAll(/<th scope="row">/g)]).toHaveLength(rows);
      expect(section).toContain(`/api/v1/mirrors/campus/trend?range=${range}`);
    }
  });
  it('says of each cell what it stands for', async () => {
    const page = await pageOf('/mirrors/campus?range=hour');
    expect(
      [
        ...page.matchAll(
          /class="tip"><title>03-04 0[78]:\d\d\. Success rate: (?:100|0) % of 1 probe\. Median round trip: /g,
        ),
      ].length,
    ).toBeGreaterThan(50);
  });
});

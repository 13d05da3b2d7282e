import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { queryWords } from '../../../src/api/lists.ts';
import { limits } from '../../../src/core/limits.ts';
import type { SeriesNow } from '../../../src/core/sample.ts';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { fixtureMirror, fixtureVerdict } from './fixture-advice.ts';
import { nowMs } from './fixture-config.ts';
import { fixture } from './fixture-deps.ts';
import { fixtureSeries, recentOf, sample, target } from './fixture-samples.ts';
import { serveFixture, serveInTest } from './serve-fixture.ts';
import type { Served } from './server.ts';

interface Rows {
  readonly rows: readonly { readonly id?: string; readonly registry: string }[];
  readonly next: string | null;
}
async function page(ask: Served['ask'], name: string, query: string): Promise<Rows> {
  const body = (await ask(`/api/v1/${name}?${query}`)).json() as Record<string, Rows['rows']> & { next: string | null };
  return { rows: body[name] ?? [], next: body.next };
}
async function leaf(ask: Served['ask'], name: string, limit: number, between: () => void = () => undefined) {
  const found: Rows['rows'][number][] = [];
  let cursor = '';
  for (let pages = 0; pages < 100; pages += 1) {
    const { rows, next } = await page(ask, name, `limit=${limit}${cursor}`);
    found.push(...rows);
    if (next === null) return found;
    expect(rows).toHaveLength(limit);
    cursor = `&cursor=${encodeURIComponent(next)}`;
    between();
  }
  throw new Error('never ends');
}

describe('states', () => {
  it.each(['/api/v1/mirrors', '/', '/mirrors/coast', '/history'])(
    'are computed once for a response: %s',
    async (path) => {
      const { deps } = fixture();
      let asked = 0;
      const served = await serveInTest({
        ...deps,
        standings() {
          asked += 1;
          return deps.standings();
        },
      });
      expect((await served.ask(path)).status).toBe(200);
      expect(asked).toBe(1);
    },
  );
});

describe('pages', () => {
  it.each([1, 2, 3, 4, 5, 500])('mirrors by %i are all of them, in the order of the file', async (limit) => {
    const { ask } = await serveFixture();
    const names = (await leaf(ask, 'mirrors', limit)).map(({ registry }) => registry);
    expect(names).toEqual(['coast', 'inland', 'campus', 'go-origin']);
  });
  it.each([1, 5, 7, 12, 500])('targets by %i are all of them, once', async (limit) => {
    const { ask } = await serveFixture();
    const ids = (await leaf(ask, 'targets', limit)).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(fixtureSeries.map(({ target: { id } }) => id).toSorted());
  });
  it('targets come newest sample first; never asked ones last', async () => {
    const at = (name: string, back: number | null): SeriesNow => {
      const of = target('coast', 'mod', `example.com/${name}`);
      const recent = back === null ? [] : [sample({ of, back, rttMs: 100 })];
      return {
        target: of,
        connection: 'cold',
        p50Ms: null,
        p95Ms: null,
        last: recent[0] ?? null,
        lastOkAtMs: null,
        phases: {},
        ...recentOf(recent),
      };
    };
    const { ask } = await serveFixture({
      series: () => [at('never', null), at('old', 9), at('new', 0), at('older', 10)],
    });
    const ids = (await leaf(ask, 'targets', 2)).map(({ id }) => id?.split('|')[1]);
    expect(ids).toEqual(['example.com/new', 'example.com/old', 'example.com/older', 'example.com/never']);
  });
  it('a target that is sampled while a client pages through the list is not missed', async () => {
    const series = new Map(
      ['a', 'b', 'c', 'd'].map((name, i) => {
        const of = target('coast', 'mod', `example.com/${name}`);
        return [name, { of, recent: [sample({ of, back: i + 1, rttMs: 100 })] }];
      }),
    );
    const views = (): SeriesNow[] =>
      [...series.values()].map(({ of, recent }) => ({
        target: of,
        connection: 'cold',
        p50Ms: 1,
        p95Ms: 1,
        last: recent.at(-1) ?? null,
        lastOkAtMs: null,
        phases: {},
        ...recentOf(recent),
      }));
    const { ask, setNow } = await serveFixture({ series: views });
    let turn = 0;
    const found = await leaf(ask, 'targets', 1, () => {
      turn += 1;
      setNow(nowMs + turn * 30_000);
      const last = series.get('d');
      last?.recent.push({ ...sample({ of: last.of, back: 0, rttMs: 100 }), startedAtMs: nowMs + turn * 30_000 });
    });
    expect(found.map(({ id }) => id?.split('|')[1]?.at(-1))).toEqual(['a', 'b', 'c', 'd']);
  });
  it('targets of one mirror alone', async () => {
    const { ask } = await serveFixture();
    const { rows } = await page(ask, 'targets', 'registry=campus');
    expect(rows.map(({ registry }) => registry)).toEqual(['campus', 'campus']);
  });
  it.each(['findings', 'advice'] as const)('%s are handed limit, cursor and history', async (name) => {
    const asked: unknown[] = [];
    const { ask } = await serveFixture({
      [name]: (given: unknown) => (asked.push(given) > 0 ? { items: [], next: '7.x' } : null),
    });
    expect(await page(ask, name, 'state=all&limit=3&cursor=12.abc')).toEqual({ rows: [], next: '7.x' });
    await page(ask, name, '');
    expect(asked).toEqual([
      { limit: 3, cursor: '12.abc', history: true },
      { limit: limits.pageRows, cursor: null, history: false },
    ]);
  });
  const lists = ['mirrors', 'targets', 'findings', 'advice'];
  const bad = table<string[]>('unit/api/lists', 'bad');
  it.each([
    ...lists.flatMap((name) => bad.map((query) => `${name}?${query}`)),
    'findings?state=open',
    'advice?state=x',
  ])('%s is 400', async (path) => {
    const { ask } = await serveFixture();
    expect((await ask(`/api/v1/${path}`)).status).toBe(400);
  });
  it.each([
    ...lists.flatMap((name) =>
      ['limit=1&limit=2', 'limit[]=1', 'cursor=1&cursor=1'].map((query) => `${name}?${query}`),
    ),
    'findings?state[]=all',
    'findings?state=all&state=all',
    'advice?state%5B0%5D=all',
    'targets?registry[name]=coast',
    'advice/go/remedy?as=env&as=json',
    'advice/go/remedy?upstream[]=go',
    'events?types=sample&types=finding',
  ])('%s, repeated or bracketed, is 400 and says which', async (path) => {
    const { ask, listeners } = await serveFixture();
    const reply = await ask(`/api/v1/${path}`);
    const name = /\?([a-z]+)/.exec(path.replace('state=all&', ''))?.[1];
    expect([reply.status, (reply.json() as { detail: string }).detail]).toEqual([
      400,
      `the parameter ${name} may be given only once, without brackets`,
    ]);
    expect(listeners()).toBe(0);
  });
  it.each(['mirrors?other=1&other=2', 'mirrors?other[]=1', 'mirrors?limit=1&limits[]=2'])(
    '%s: what is no parameter of ours is nobody’s business',
    async (path) => {
      const { ask } = await serveFixture();
      expect((await ask(`/api/v1/${path}`)).status).toBe(200);
    },
  );
  it('the parameters are those of openapi.yaml', () => {
    const text = readFileSync(`${repoDir}/openapi.yaml`, 'utf8');
    const found = [...text.matchAll(/name: (\w+),? *(?:\n *)?in: query/g)].map(([, name]) => name);
    // Those are the page's own.
    const ofPage = ['from', 'until', 'item', 'mirror', 'lang'];
    expect([...new Set(found)].filter((name) => !ofPage.includes(name ?? '')).toSorted()).toEqual(
      [...queryWords].toSorted(),
    );
  });
});

it('ranks: count only what may be advised, whatever stands between', async () => {
  const { ask } = await serveFixture({
    verdicts: () => [
      {
        ...fixtureVerdict,
        mirrors: (
          [
            ['campus', 0.1, 'outage'],
            ['inland', 0.2, 'ok'],
            ['go-origin', null, 'unmeasured'],
            ['coast', 0.4, 'current'],
          ] as const
        ).map(([registry, scoreSeconds, gate]) => ({
          ...fixtureMirror,
          registry,
          scoreSeconds,
          gate,
          sum: null,
          bound: null,
        })),
      },
    ],
  });
  const { mirrors } = (await ask('/api/v1/mirrors')).json() as {
    mirrors: { registry: string; rank: unknown; gate: unknown }[];
  };
  expect(mirrors.map(({ registry, rank, gate }) => [registry, rank, gate])).toEqual([
    ['coast', 2, 'current'],
    ['inland', 1, 'ok'],
    ['campus', null, 'outage'],
    ['go-origin', null, 'unmeasured'],
  ]);
});

it('verdicts: those of now or of a time, of one upstream or of all', async () => {
  const asked: number[] = [];
  const { ask } = await serveFixture({
    verdictsAt: (wallMs) => {
      asked.push(wallMs);
      const mirrors = fixtureVerdict.mirrors.map((one) => ({ ...one, sinceMs: 1_000 }));
      return [
        { ...fixtureVerdict, mirrors },
        { ...fixtureVerdict, upstream: 'other', mirrors },
      ];
    },
  });
  const read = async (query: string) => {
    const { verdicts } = (await ask(`/api/v1/verdicts${query}`)).json() as {
      verdicts: { upstream: string; mirrors: { sinceAt: string | null }[] }[];
    };
    return verdicts.map(({ upstream, mirrors }) => [upstream, mirrors[0]?.sinceAt]);
  };
  expect(await read('')).toEqual([['go', expect.anything()]]);
  expect(await read('?upstream=other')).toEqual([]);
  expect(await read('?at=2026-01-31T03:00:00Z&upstream=other')).toEqual([['other', '1970-01-01T00:00:01.000Z']]);
  expect(asked).toEqual([Date.parse('2026-01-31T03:00:00Z')]);
  const refused = await ask('/api/v1/verdicts?at=noon');
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('at must be a time such as');
});

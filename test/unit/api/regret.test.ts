import { describe, expect, it } from 'vitest';
import { regretByMonth } from '../../../src/api/page/overview.ts';
import type { Audited } from '../../../src/core/advice.ts';
import { serveFixture } from './serve-fixture.ts';

const seen = (at: string, isRegret = false): Audited => ({
  ecosystem: 'go',
  upstream: 'go',
  atMs: Date.parse(at),
  isRegret,
});

describe('regret by month', () => {
  it('the newest first, by UTC, of all upstreams together', () => {
    const all = [
      seen('2026-01-31T23:59:59.999Z', true),
      seen('2026-02-01T00:00:00.000Z'),
      { ...seen('2026-02-20T10:00:00.000Z', true), upstream: 'corp' },
    ];
    expect(regretByMonth(all)).toEqual([
      { name: '2026-02', moves: 2, regretted: 1 },
      { name: '2026-01', moves: 1, regretted: 1 },
    ]);
  });
  it('a year at most', () => {
    const all = Array.from({ length: 14 }, (_, at) => seen(new Date(Date.UTC(2025, at, 1)).toISOString()));
    expect(regretByMonth(all).map(({ name }) => name)).toEqual(
      Array.from({ length: 12 }, (_, at) => new Date(Date.UTC(2025, 13 - at, 1)).toISOString().slice(0, 7)),
    );
  });
  it.each([
    [[seen('2026-02-01T00:00:00.000Z', true), seen('2026-02-03T00:00:00.000Z')], true],
    [[], false],
  ] as const)('the page says it where there was any', async (all, isSaid) => {
    const served = await serveFixture({ audited: () => all });
    const { text } = await served.ask('/');
    expect([text.includes('1 of 2 reviewed switches regretted'), text.includes('Review of accepted advice')]).toEqual([
      isSaid,
      isSaid,
    ]);
  });
});

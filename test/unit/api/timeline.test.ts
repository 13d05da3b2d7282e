import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings } from './fixture-findings.ts';
import { fixturePast, fixtureWeek } from './fixture-past.ts';
import { serveFixture } from './serve-fixture.ts';

const pageOf = async (path: string, change: FixtureChange = fixturePast): Promise<string> =>
  (await (await serveFixture(change)).ask(path)).text;
const words = (page: string): string => page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const hour = 3_600_000;
const stamp = (ms: number): string => new Date(ms).toISOString();

/** Ids in the list, as its links name them. */
function listed(page: string): string[] {
  const list = page.split('<ul class="findings timeline">')[1]?.split('</ul>')[0] ?? '';
  return [...list.matchAll(/item=((?:finding|advice)-[\w-]+)/g)].map(([, id = '']) => id);
}

/** Bars by lane: which item, from where and how wide, in percent. */
const bars = (page: string): Record<string, readonly (readonly [item: string, x: number, width: number])[]> =>
  Object.fromEntries(
    [...page.matchAll(/<div class="lane"><span class="who"[^>]*>([^<]*)<\/span>(.*?)<\/div>/gs)].map(
      ([, who = '', drawn = '']) => [
        who,
        [...drawn.matchAll(/item=([\w-]+)[^"]*"[^>]*><rect x="([\d.]+)%" width="([\d.]+)%"/g)].map(
          ([, item = '', x, width]) => [item, Number(x), Number(width)] as const,
        ),
      ],
    ),
  );

describe('the timeline', () => {
  it('lists what lies in its stretch, the newest first', async () => {
    expect(listed(await pageOf('/timeline?range=hour'))).toEqual([
      'finding-0c9x2k4outage0campus',
      'advice-0c9x2k6advice0go0000',
      'finding-0c9x2k5spike0coast00',
      'finding-w1',
    ]);
    const day = listed(await pageOf('/timeline?range=day'));
    expect(day).toEqual(expect.arrayContaining(['finding-w2', 'finding-0c9x2k1spike0inland0']));
    expect(day).not.toContain('finding-w3');
    expect(listed(await pageOf('/timeline?range=week'))).toHaveLength(fixtureWeek.length + 3);
  });

  it('draws each from when it began until it ended, in the lane of its mirror; nothing covers another', async () => {
    const drawn = bars(await pageOf(`/timeline?range=week&until=${stamp(nowMs)}`));
    expect(Object.keys(drawn)).toEqual(['this vantage point', 'coast', 'inland', 'campus', 'advice go/go']);
    const share = (hours: number): number => 100 - (100 * hours) / 168;
    const [, x = 0, width = 0] = drawn['campus']?.find(([item]) => item === 'finding-w3') ?? [];
    expect(x).toBeCloseTo(share(33.6), 1);
    expect(x + width).toBeCloseTo(share(30), 1);
    expect(drawn['advice go/go']?.map(([item]) => item)).toEqual([
      'advice-a2',
      'advice-a1',
      'advice-0c9x2k6advice0go0000',
    ]);
    const page = await pageOf(`/timeline?range=week&until=${stamp(nowMs)}`);
    const height = (item: string): string | undefined =>
      new RegExp(`item=${item}[^>]*><rect[^>]* y="(\\d+)"`).exec(page)?.[1];
    expect(height('finding-w3')).not.toBe(height('finding-w4'));
    expect(height('finding-w8')).toBe(height('finding-w4'));
  });

  it('what has not ended reaches to its end, and is marked', async () => {
    const page = await pageOf('/timeline?range=hour');
    expect([...page.matchAll(/class="open-end"/g)]).toHaveLength(3);
    const [, x = 0, width = 0] = bars(page)['coast']?.find(([item]) => item.startsWith('finding-0c9x2k5')) ?? [];
    expect(x + width).toBeCloseTo(100, 1);
  });

  it('trouble of our own network lasts from its start, 10 min before the finding opened', async () => {
    const [finding] = fixtureFindings;
    const slow = {
      ...finding,
      kind: 'vantage',
      cause: 'all_slow',
      registry: null,
      openedAtMs: nowMs - 300_000,
    } as Finding;
    const change: FixtureChange = { ...fixturePast, findings: () => ({ items: [slow], next: null }) };
    expect(words(await pageOf('/', change))).toMatch(/since [-\d]+ [:\d]+ UTC ?, 15 min,/);
    expect(words(await pageOf('/timeline?range=hour', change))).toContain('for 15 min so far');
  });

  it('of one mirror: its findings, and advice from it or to it', async () => {
    const page = await pageOf('/timeline?range=week&mirror=campus');
    expect(listed(page).toSorted()).toEqual(
      ['advice-a1', 'advice-a2', 'finding-0c9x2k4outage0campus', 'finding-w3', 'finding-w4', 'finding-w8'].toSorted(),
    );
    expect(words(page)).toContain('only campus everything');
  });

  it('says so where there is nothing, and where there is more than is shown', async () => {
    expect(words(await pageOf('/timeline?until=2020-01-01T00:00:00Z'))).toContain(
      'No findings or advice to show in this range',
    );
    const many = Array.from({ length: 300 }, (_, i) =>
      fixtureWeek.slice(4, 5).map((one) => ({ ...one, id: `m${i}` })),
    ).flat();
    const page = await pageOf('/timeline', {
      findings: ({ history }) => ({ items: history ? many : [], next: null }),
      advice: () => ({ items: [], next: null }),
    });
    expect(listed(page)).toHaveLength(200);
    expect(words(page)).toContain('In this range 300');
    expect(words(page)).toContain('Only the newest 200 are shown.');
  });

  it('reads two pages of findings, not the whole past', async () => {
    const asked: (string | null)[] = [];
    const page = await pageOf('/timeline?range=week', {
      findings: ({ history, cursor }) => {
        if (!history) return { items: [], next: null };
        asked.push(cursor);
        return { items: fixtureWeek.slice(asked.length + 2, asked.length + 3), next: `${asked.length}.x` };
      },
      advice: () => ({ items: [], next: null }),
    });
    expect(asked).toEqual([null, '1.x']);
    expect(listed(page)).toEqual(['finding-w1', 'finding-w2']);
  });
});

describe('an address of the timeline', () => {
  it('marks the selected item, and shows it in full', async () => {
    const page = await pageOf('/timeline?range=week&item=finding-w3');
    expect(words(page.split('id="chosen"')[1]?.split('</section>')[0] ?? '')).toContain(
      'outage campus was down: no connection came about',
    );
    expect([...page.matchAll(/aria-current="true"><bdi>([^<]*)/g)].map(([, text]) => text)).toEqual([
      'Ended: the outage of campus',
    ]);
    expect([...page.matchAll(/class="bar-of \w+ chosen"/g)]).toHaveLength(1);
  });

  it('brings the stretch to what it names, where that lies further back', async () => {
    const page = await pageOf('/timeline?range=hour&item=finding-w7');
    expect(listed(page)).toContain('finding-w7');
    expect(words(page)).toContain('fixed range');
  });

  it.each(['finding-w3', 'advice-a1', 'advice-0c9x2k6advice0go0000'])(
    '%s: the link to it shows the same stretch whenever it is opened',
    async (item) => {
      const first = await pageOf('/timeline?range=week');
      const link = (new RegExp(`href="(/timeline[^"]*item=${item})[^"]*"`).exec(first)?.[1] ?? '').replaceAll(
        '&amp;',
        '&',
      );
      expect(link).toContain('until=2026-03-04T08%3A15%3A30.000Z');
      const { ask, setNow } = await serveFixture(fixturePast);
      setNow(nowMs + 3 * 24 * hour);
      const later = (await ask(link)).text;
      expect(listed(later)).toEqual(listed(first));
      expect(words(later)).toContain('02-25 08:15 to 03-04 08:15 UTC fixed range');
    },
  );

  it('of something that is not kept any more says so, and shows the rest', async () => {
    const page = await pageOf('/timeline?range=week&item=finding-long-gone');
    expect(words(page)).toContain('too old to be listed');
    expect(listed(page).length).toBeGreaterThan(5);
  });

  it.each([
    'until=soon',
    'until=',
    'until=9999-01-01T00:00:00Z',
    'until=-271821-04-20T00:00:00Z',
    'range=9',
    'item=',
    'item=%3Cscript%3E',
    'mirror=%22%3E',
    'until=1&until=2',
  ])('%s: what cannot be read is left out', async (query) => {
    const reply = await (await serveFixture(fixturePast)).ask(`/timeline?${query}`);
    expect(reply.status).toBe(200);
    expect(reply.text).not.toMatch(/<script>|mirror=">/);
  });

  it('goes back and forth by its own length', async () => {
    const linksOf = (page: string): Record<string, string> =>
      Object.fromEntries(
        [...page.matchAll(/<a href="(\/timeline[^"]*)">([^<]*)<\/a>/g)].map(([, href = '', text = '']) => [
          text.replace(/[←→ ]/g, ''),
          href.replaceAll('&amp;', '&'),
        ]),
      );
    const now = linksOf(await pageOf('/timeline?range=day'));
    expect(now['later']).toBeUndefined();
    expect(now['earlier']).toBe(`/timeline?range=day&until=${encodeURIComponent(stamp(nowMs - 24 * hour))}`);
    const before = linksOf(await pageOf(`/timeline?range=day&until=${stamp(nowMs - 50 * hour)}`));
    expect(before['later']).toBe(`/timeline?range=day&until=${encodeURIComponent(stamp(nowMs - 26 * hour))}`);
    expect(before['uptonow']).toBe('/timeline?range=day');
  });
});

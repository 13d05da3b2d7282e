import { describe, expect, it } from 'vitest';
import { pauseMsOf } from '../../../src/api/actions.ts';
import { renderPhaseBar, renderSampleStrip } from '../../../src/api/page/charts.ts';
import { bytes, createPageSay, durationHtml, html, percentHtml, span } from '../../../src/api/page/html.ts';
import { phases } from '../../../src/core/failure.ts';
import { table } from '../../support/table.ts';
import { sample, target } from './fixture-samples.ts';

const say = createPageSay('en');

it.each<[string, string, string]>([
  ['markup', html`<b>${'<i>&"\''}</b>`.text, '<b>&lt;i&gt;&amp;&quot;&#39;</b>'],
  ['markup of ours', html`<b>${html`<i>${'x'}</i>`}</b>`.text, '<b><i>x</i></b>'],
  ['lists', html`${['<', html`<br>`, ['a', 1]]}`.text, '&lt;<br>a1'],
  ['nothing', html`a${null}${undefined}${false}${''}b`.text, 'ab'],
  ['zero is something', html`${0}`.text, '0'],
  ['newline and tab stay', html`${'a\n\tb'}`.text, 'a\n\tb'],
  ['control characters do not', html`${'a\u0000\u001b\u007fb'}`.text, 'a\ufffd\ufffd\ufffdb'],
  ['direction overrides do not', html`${'a\u202e\u2066\u200fb'}`.text, 'a\ufffd\ufffd\ufffdb'],
])('html: %s', (_name, made, want) => expect(made).toBe(want));

describe('numbers for people', () => {
  it.each<[number | null, string]>(table('unit/api/parts', 'numbers for people'))('%s ms is %s', (ms, text) =>
    expect(durationHtml(say, ms)).toBe(text),
  );
  it.each<[number, string]>(table('unit/api/parts', '%i ms last %s'))('%i ms last %s', (ms, text) =>
    expect(span(say, ms)).toBe(text),
  );
  it.each<[number | null, string]>([
    [null, '—'],
    [0, '0 %'],
    [0.0001, '0.1 %'],
    [0.5, '50 %'],
    [0.9999, '99.9 %'],
    [1, '100 %'],
  ])('a share of %s is %s', (share, text) => expect(percentHtml(say, share)).toBe(text));
  it.each<[number, string]>([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [1_572_864, '1.5 MiB'],
  ])('%i bytes are %s', (count, text) => expect(bytes(count)).toBe(text));
  it.each<[unknown, number | null]>(table('unit/api/parts', '%j as a duration is %s'))(
    '%j as a duration is %s',
    (text, ms) => expect(pauseMsOf(text)).toBe(ms),
  );
});

describe('charts', () => {
  const rects = (text: string): (readonly [string, number, number])[] =>
    [...text.matchAll(/<rect x="([\d.]+)" width="([\d.]+)" height="12" class="p-(\w+)"/g)].map(
      ([, x, width, phase]) => [phase ?? '', Number(x), Number(width)],
    );
  it('phases stand end to end, to scale', () => {
    const bar = renderPhaseBar(say, { resolve: 10, connect: 20, tls: 30, processing: 100, transfer: 40 }, 400).text;
    expect(rects(bar)).toEqual([
      ['resolve', 0, 25],
      ['connect', 25, 50],
      ['tls', 75, 75],
      ['processing', 150, 250],
      ['transfer', 400, 100],
    ]);
    expect(bar).toContain('aria-label="resolve 10 ms, connect 20 ms, tls 30 ms, processing 100 ms, transfer 40 ms"');
  });
  it.each(phases)('%s alone fills its scale; the others are not drawn', (phase) =>
    expect(rects(renderPhaseBar(say, { [phase]: 50 }, 50).text)).toEqual([[phase, 0, 1000]]),
  );
  it('what was not measured is hatched and said', () => {
    const bar = renderPhaseBar(say, {}, 400).text;
    expect(bar).toContain('aria-label="not measured"');
    expect(bar).toContain('fill="url(#hatch)"');
    expect(rects(bar)).toEqual([]);
  });

  const of = target('coast', 'mod');
  const frame = { heightPx: 40, thresholdMs: 800, isKept: () => false, labelled: false, stretch: null };
  const kinds = ['fine', 'slow', 'fail"', 'first-fetch', 'url(#hatch)'] as const;
  it.each<[string, Parameters<typeof sample>[0], (typeof kinds)[number]]>([
    ['at the threshold is fine', { of, back: 0, rttMs: 800 }, 'fine'],
    ['above it is slow', { of, back: 0, rttMs: 800.1 }, 'slow'],
    ['above nothing, while warming, is fine', { of, back: 0, rttMs: 5_000, thresholdMs: null }, 'fine'],
    [
      'a failure is a cross',
      { of, back: 0, rttMs: 10, outcome: { tag: 'failed', failure: { kind: 'refused', code: 'X' } } },
      'fail"',
    ],
    ['a first fetch of a cache is hollow, however slow', { of, back: 0, rttMs: 5_000, cold: true }, 'first-fetch'],
    [
      'could not tell is hatched',
      { of, back: 0, rttMs: 5_000, outcome: { tag: 'unknown', because: 'vantage' } },
      'url(#hatch)',
    ],
  ])('%s', (_name, given, kind) => {
    const text = renderSampleStrip(say, [sample(given)], frame).text;
    expect(kinds.filter((one) => text.includes(one === 'url(#hatch)' ? one : `class="${one}`))).toEqual([kind]);
  });
  it('time runs to the right, slower is higher, and the line breaks at what is not ok', () => {
    const failed = { tag: 'failed', failure: { kind: 'refused', code: 'X' } } as const;
    const strip = renderSampleStrip(
      say,
      [
        sample({ of, back: 5, rttMs: 100 }),
        sample({ of, back: 4, rttMs: 200 }),
        sample({ of, back: 3, rttMs: 10, outcome: failed }),
        sample({ of, back: 1, rttMs: 300 }),
        sample({ of, back: 0, rttMs: 400 }),
      ],
      frame,
    ).text;
    const runs = [...strip.matchAll(/points="([^"]+)"/g)].map(([, points = '']) =>
      points.split(' ').map((point) => point.split(',').map(Number)),
    );
    expect(runs.map((run) => run.length)).toEqual([2, 2]);
    const [a = [], b = [], c = [], d = []] = runs.flat();
    // Thousandths of whatever width it is shown in.
    expect([a[0], d[0]]).toEqual([15, 985]);
    // A sample is missing between the third and the fourth: the gap is there to see.
    expect((c[0] ?? 0) - (b[0] ?? 0)).toBeCloseTo(3 * ((b[0] ?? 0) - (a[0] ?? 0)), 0);
    const heights = [a, b, c, d].map(([, y]) => y ?? 0);
    expect(heights).toEqual(heights.toSorted((x, y) => y - x));
    expect(strip).toContain('last 5 samples: 4 ok, 1 failed, slow above 800 ms');
  });
  it('only what is still kept is a link', () => {
    const samples = [sample({ of, back: 1, rttMs: 100 }), sample({ of, back: 0, rttMs: 100 })];
    const text = renderSampleStrip(say, samples, { ...frame, isKept: (one) => one === samples[1] }).text;
    expect([...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)).toEqual(['/probes/p-coast-mod-0']);
  });
});

import { describe, expect, it } from 'vitest';
import { pauseMsOf } from '../../../src/api/actions.ts';
import { renderGate } from '../../../src/api/page/badges.ts';
import { renderPhaseBar, renderSampleStrip, renderScaleHeads } from '../../../src/api/page/charts.ts';
import { bytes, createPageSay, durationHtml, html, percentHtml, span } from '../../../src/api/page/html.ts';
import { decadesOf, formatRound, shareOn, timeScaleOf } from '../../../src/api/page/scale.ts';
import type { Gate } from '../../../src/core/advice.ts';
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

it.each<[Gate, boolean]>([
  ['ok', true],
  ['spike', true],
  ['origin', false],
  ['paused', false],
  ['mismatch', false],
])('evidence for a switch to a mirror with the gate %s is shown: %s', (gate, isShown) => {
  const candidate = { registry: 'b', scoreSeconds: 1, gate, sum: 4, bound: 8 };
  const shown = renderGate(say, { candidate, rank: null, isAhead: false }, undefined, []);
  expect(shown?.text.includes('50 %')).toBe(isShown);
});

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
  // 100 ms is the middle: a tenth of the end, ten times the start.
  const times = { fromMs: 10, toMs: 1000 };
  it('a bar is as long as its sum on the scale, and each phase has its share of it', () => {
    const bar = renderPhaseBar(say, { resolve: 5, connect: 10, tls: 15, processing: 50, transfer: 20 }, times).text;
    expect(rects(bar)).toEqual([
      ['resolve', 0, 25],
      ['connect', 25, 50],
      ['tls', 75, 75],
      ['processing', 150, 250],
      ['transfer', 400, 100],
    ]);
    expect(bar).toContain('aria-label="resolve 5.0 ms, connect 10 ms, tls 15 ms, processing 50 ms, transfer 20 ms"');
    expect(bar).toContain('<path d="M500 0v12" class="decade"/>');
  });
  it.each(phases)('%s alone fills its scale; the others are not drawn', (phase) => {
    expect(rects(renderPhaseBar(say, { [phase]: 1000 }, times).text)).toEqual([[phase, 0, 1000]]);
  });
  it('tenfold times are the same step apart, so 1 ms and 904 ms of one upstream are told apart by eye', () => {
    const scale = timeScaleOf([1, 10, 100, 904]);
    expect(scale).toEqual({ fromMs: 0.5, toMs: 1000 });
    const shares = [1, 10, 100, 1000].map((ms) => shareOn(scale, ms));
    const steps = shares.slice(1).map((share, i) => share - (shares[i] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0);
    expect(decadesOf(scale)).toEqual([1, 10, 100]);
    const heads = renderScaleHeads(say, scale).text;
    expect(heads).toContain('<span>0.5 ms</span><span>1 s</span>');
    expect(heads).toContain('0.5 ms to 1 s, log scale');
  });
  it.each<[string, readonly number[]]>([
    ['nothing', []],
    ['zeros', [0, 0]],
    ['one time', [200]],
    ['times below the shortest end', [0.004, 0.08]],
    ['times above the longest end', [700_000]],
    ['a microsecond beside an hour', [0.001, 3_600_000]],
  ])('a scale of %s has a length, and shows each time between its ends', (_name, given) => {
    const scale = timeScaleOf(given);
    expect(scale.toMs).toBeGreaterThan(scale.fromMs);
    const shares = given.map((ms) => shareOn(scale, ms));
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(/ (ms|s)$/.test(formatRound(scale.fromMs))).toBe(true);
  });
  it('what was not measured is hatched and said', () => {
    const bar = renderPhaseBar(say, {}, times).text;
    expect(bar).toContain('aria-label="not measured"');
    expect(bar).toContain('fill="url(#hatch)"');
    expect(rects(bar)).toEqual([]);
  });

  const of = target('coast', 'mod');
  const frame = { heightPx: 40, thresholdMs: 800, isKept: () => false, labelled: false, stretch: null, times };
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

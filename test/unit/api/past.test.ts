import { describe, expect, it } from 'vitest';
import { renderRunningSum } from '../../../src/api/page/badges.ts';
import { createPageSay } from '../../../src/api/page/html.ts';
import { stretchOf, ticksOf } from '../../../src/api/page/scale.ts';
import type { Candidate } from '../../../src/core/advice.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { UpstreamVerdict } from '../../../src/core/verdict.ts';
import { phrase } from '../../../src/words/tell.ts';
import { fixtureMirror, fixtureVerdict } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureSeries, sample, target } from './fixture-samples.ts';
import { serveFixture } from './serve-fixture.ts';

const pageOf = async (path: string, change: FixtureChange = {}): Promise<string> =>
  (await (await serveFixture(change)).ask(path)).text;
const words = (page: string): string => page.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');
const hour = 3_600_000;
/** A record in which the mirrors have this order. */
const ranked = (candidates: readonly Candidate[]) => (): readonly UpstreamVerdict[] => [
  { ...fixtureVerdict, mirrors: candidates.map((one) => ({ ...one, ...fixtureMirror })) },
];

describe('rank and eligibility, side by side', () => {
  it('the mirror that ranks before the head is no second first choice, and a cost says what it includes', async () => {
    const verdicts = ranked([
      { registry: 'inland', scoreSeconds: 0.5, gate: 'ok', sum: null, bound: null } as const,
      { registry: 'coast', scoreSeconds: 16.7, gate: 'current', sum: null, bound: null } as const,
      { registry: 'campus', scoreSeconds: 17, gate: 'ok', sum: null, bound: null } as const,
    ]);
    const page = words(await pageOf('/', { verdicts }));
    expect(page).toContain('1can be advised once proven bettermodelled fetch cost 500 ms, failures included');
    expect(page).toContain('2head of the advised chainmodelled fetch cost 16.7 s, failures included');
    expect(page).toContain('3can be advisedmodelled fetch cost 17.0 s');
    expect(words(await pageOf('/mirrors/inland', { verdicts }))).toContain('can be advised once proven better');
  });

  it.each([
    ['has an open outage of some targets', true, 'usable, but some targets fail'],
    ['is to be left', false, 'a switch away is advised'],
  ])('a mirror that %s is not one that can be advised', async (_name, isOut, text) => {
    const verdicts = ranked([
      { registry: 'inland', scoreSeconds: 0.5, gate: 'current', sum: null, bound: null } as const,
      { registry: 'coast', scoreSeconds: 16.7, gate: 'ok', sum: 0, bound: 8 } as const,
    ]);
    const [finding] = fixtureFindings;
    if (finding === undefined) throw new Error('no finding');
    const sentence = phrase('found.part', {} as never);
    const outage: Finding = { ...finding, kind: 'outage', state: 'open', registry: 'coast', sentence };
    const standings = () =>
      fixtureStandings.map((one) => ({ ...one, findings: isOut && one.registry === 'coast' ? [outage] : [] }));
    for (const path of ['/', '/mirrors/coast']) {
      const page = words(await pageOf(path, { verdicts, standings }));
      expect(page).toContain(text);
      expect(page).not.toContain('can be advised');
      // A way back has no evidence, which reads as if the advice to leave had none.
      expect(page).not.toContain('no evidence for this switch');
    }
  });
});

describe('what the page says beside numbers', () => {
  it('the start of a state; nothing if it is unknown', async () => {
    const text = await pageOf('/');
    const since = [...text.matchAll(/data-label="state">(.*?)<\/td>/gs)].map(([, cell = '']) =>
      /since [^<]*<time[^>]*>[\d:]+ UTC<\/time>, 95 s/.test(cell),
    );
    expect(since).toEqual([true, true, true, false]);
  });
  it('controls, what waits for receivers, and maintenance', async () => {
    const mirrors = fixtureConfig.mirrors.map((one, i) => ({
      ...one,
      maintenance: i === 2 ? [{ cron: '0 2 * * 6', timeZone: null, forMs: 2 * hour }] : [],
    }));
    const text = words(
      /<section aria-labelledby="h-place">.*?<\/section>/s.exec(await pageOf('/', { configWith: { mirrors } }))?.[0] ??
        '',
    );
    expect(text).toContain('www.example.com:443 responds');
    expect(text).toContain('ops: queue empty');
    expect(text).toContain(
      'chat: 3 notices wait, the oldest has waited 21 min, next attempt in 12 min; HTTP status 429',
    );
    expect(text).toContain('campus 0 2 * * 6 for 2 h');
  });
  it('what waits for a receiver after a restart: when the next attempt is, although no failure is known', async () => {
    const waiting = { length: 2, oldestSeconds: 540, disabled: false, failure: null, nextAttemptSeconds: 360 };
    const text = words(await pageOf('/', { receivers: () => [{ receiver: 'ops', ...waiting }] }));
    expect(text).toContain('ops: 2 notices wait, the oldest has waited 9 min, next attempt in 6 min');
  });
  it.each([
    ['en', 'the address 10.0.0.7 of the receiver is not public; if', '<code>webhooks[].allow</code>'],
    ['zh', '接收方的地址 10.0.0.7 不是公网地址', '<code>webhooks[].allow</code>'],
  ] as const)('the key that allows the address of a receiver is marked as code (%s)', async (lang, because, key) => {
    const failure = { kind: 'forbidden_target', address: '10.0.0.7', retry: 'later' } as const;
    const waiting = { length: 1, oldestSeconds: 3, disabled: false, failure, nextAttemptSeconds: 2 };
    const page = await pageOf(`/?lang=${lang}`, { receivers: () => [{ receiver: 'ops', ...waiting }] });
    const row = /<dd>ops.*?<\/dd>/s.exec(page)?.[0] ?? '';
    expect(words(row)).toContain(because);
    expect(row).toContain(key);
    expect(row).not.toContain('`');
  });
  it('a receiver that is gone', async () => {
    const gone = { length: 0, oldestSeconds: null, disabled: true, failure: null, nextAttemptSeconds: null };
    const text = words(await pageOf('/', { receivers: () => [{ receiver: 'ops', ...gone }] }));
    expect(text).toContain('ops: queue empty; the receiver is gone (410)');
  });
  it.each([
    ['when its first probe is due', nowMs + 40_000, 'first probe due in 40 s'],
    ['that it is due now', nowMs - 1, 'first probe due now'],
    ['that no time will come', null, 'no first probe scheduled'],
  ])('a target that waits says %s', async (_what, dueAtMs, said) => {
    const seriesOf: FixtureChange['seriesOf'] = () =>
      fixtureSeries.slice(0, 1).map((one) => ({ ...one, last: null, recent: [] }));
    expect(words(await pageOf('/mirrors/coast', { seriesOf, dueAt: () => dueAtMs }))).toContain(said);
  });
});

describe('the running sum of the judge', () => {
  const of = (sum: number | null, bound: number | null): string | null =>
    renderRunningSum(createPageSay('en'), { registry: 'b', sum, bound })?.text ?? null;
  it.each<[string, number | null, number | null, string | null]>([
    ['nothing weighed', null, null, null],
    ['no bound', 3, null, null],
    ['zero', 0, 40, 'no evidence for this switch'],
    ['a trace', 0.001, 40, '1 % of the evidence that this switch needs'],
    ['a part', 10, 40, '25 % of the evidence that this switch needs'],
    ['never rounded up to all', 39.99, 40, '99 % of the evidence that this switch needs'],
    ['all of it', 40, 40, 'enough evidence for this switch'],
    ['more', 90, 40, 'enough evidence for this switch'],
  ])('%s', (_what, sum, bound, said) => {
    const text = of(sum, bound);
    expect(text === null ? null : words(text)).toBe(said);
  });
  it('is drawn as sum ÷ bound', () => {
    expect(/<rect width="([\d.]+)" height="5" class="sum-fill"/.exec(of(10, 40) ?? '')?.[1]).toBe('25');
    expect(/<rect width="([\d.]+)" height="5" class="sum-fill"/.exec(of(90, 40) ?? '')?.[1]).toBe('100');
  });
});

describe('scales', () => {
  it.each([
    ['half an hour', 30 * 60_000, ['08:00', '08:10', '08:20', '08:30']],
    ['a minute', 60_000, ['08:00:00', '08:00:30', '08:01:00']],
  ])('ticks of %s are round times', (_what, length, said) => {
    const fromMs = Date.UTC(2026, 2, 4, 8);
    const ticks = ticksOf({ fromMs, toMs: fromMs + length }, 4);
    expect(ticks.map((tick) => new Date(tick).toISOString().slice(11, 11 + (said[0]?.length ?? 0)))).toEqual(said);
  });
  it('strips side by side reach from the oldest sample of all until now: one that fell silent shows a gap', () => {
    const one = target('coast', 'mod');
    const strips = [[sample({ of: one, back: 5, rttMs: 10 })], [sample({ of: one, back: 2, rttMs: 10 })], []];
    expect(stretchOf(strips, nowMs)).toEqual({ fromMs: strips[0]?.[0]?.startedAtMs, toMs: nowMs });
    expect(stretchOf([[], []], nowMs)).toBeNull();
  });
});

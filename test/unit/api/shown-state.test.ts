import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPageSay } from '../../../src/api/page/html.ts';
import { mirrorsByState, renderSummary } from '../../../src/api/page/overview.ts';
import { type ShownState, shownStateOf, shownStates } from '../../../src/api/page/shown-state.ts';
import { type Advice, adviceCauses } from '../../../src/core/advice.ts';
import { type Finding, findingKinds } from '../../../src/core/finding.ts';
import { mirrorStates, type Standing } from '../../../src/core/standing.ts';
import { phrase } from '../../../src/words/tell.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig } from './fixture-config.ts';
import { fixture } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { serveFixture } from './serve-fixture.ts';
import { wordsOfPage } from './words-of-page.ts';

const [coast] = fixtureStandings as readonly [Standing, ...Standing[]];
const [spike] = fixtureFindings as readonly [Finding, ...Finding[]];

function standing(state: Standing['state'], ...findings: readonly Partial<Finding>[]): Standing {
  return { ...coast, state, why: phrase('why.answers'), findings: findings.map((one) => ({ ...spike, ...one })) };
}

const toLeave = (more: Partial<Advice> = {}): Advice => ({ ...fixtureAdvice, ...more });

describe('the state that a page shows', () => {
  test.each<[string, Standing | undefined, readonly Advice[], ShownState]>([
    ['not probed yet', undefined, [], 'unknown'],
    ['well', standing('up'), [], 'up'],
    ['an open spike of the canary', standing('degraded', {}), [], 'slow'],
    ['slow downloads', standing('degraded', { kind: 'throughput', actionable: false }), [], 'slow'],
    ['a spike of other targets than the canary', standing('up', { actionable: false }), [], 'slow'],
    ['a new level of latency', standing('up', { kind: 'level_shift' }), [], 'slow'],
    ['a spike that is over', standing('up', { state: 'closed' }), [], 'up'],
    ['a spike that was acknowledged', standing('up', { state: 'acknowledged' }), [], 'up'],
    ['slow and stale', standing('degraded', {}, { kind: 'lag', cause: 'behind' }), [], 'degraded'],
    ['slow, and a version vanished', standing('degraded', {}, { kind: 'lag', cause: 'vanished' }), [], 'slow'],
    [
      'slow, and a certificate that expires soon',
      standing('degraded', {}, { kind: 'certificate', cause: 'expires_soon' }),
      [],
      'slow',
    ],
    ['slow, and some targets fail', standing('degraded', {}, { kind: 'outage', actionable: false }), [], 'degraded'],
    ['throttled', standing('degraded'), [], 'degraded'],
    ['down and slow', standing('down', {}), [], 'down'],
    ['unknown and slow', standing('unknown', {}), [], 'unknown'],
    ['wrong bytes', standing('degraded', { kind: 'mismatch', cause: 'mismatch' }), [], 'wrong'],
    ['wrong bytes of a mirror that is down', standing('down', { kind: 'mismatch', cause: 'mismatch' }), [], 'wrong'],
    [
      'bytes of which it is not known who is right',
      standing('degraded', { kind: 'mismatch', cause: 'peers', actionable: false }),
      [],
      'degraded',
    ],
    [
      'wrong bytes that were acknowledged',
      standing('up', { kind: 'mismatch', cause: 'mismatch', state: 'acknowledged' }),
      [],
      'up',
    ],
    ['our own network', standing('up', { kind: 'vantage', cause: 'all_slow' }), [], 'up'],
    ['clients leave it because another one is faster', standing('up'), [toLeave({ cause: 'slower' })], 'slow'],
    ['an outage that is slowness now', standing('up'), [toLeave({ cause: 'outage', causeNow: 'slow' })], 'slow'],
    ['slowness that is an outage now', standing('up'), [toLeave({ cause: 'slower', causeNow: 'all' })], 'degraded'],
    ['slowness that is failures now', standing('up'), [toLeave({ cause: 'slower', causeNow: 'share' })], 'degraded'],
    ['clients leave it because of alerts', standing('up'), [toLeave({ cause: 'slo' })], 'degraded'],
    ['clients leave it because it is stale', standing('up'), [toLeave({ cause: 'lag' })], 'degraded'],
    ['clients go home', standing('up'), [toLeave({ cause: 'failback' })], 'up'],
    ['clients left it', standing('up'), [toLeave({ state: 'accepted' })], 'up'],
    ['no switch is advised', standing('up'), [toLeave({ state: 'refused' })], 'up'],
    ['its head stays', standing('up'), [toLeave({ to: fixtureAdvice.from })], 'up'],
    ['clients leave another mirror', standing('up'), [toLeave({ from: 'inland', to: 'coast' })], 'up'],
    ['clients leave its namesake', standing('up'), [toLeave({ upstream: 'other' })], 'up'],
    ['the trouble that it is left for is over', standing('up'), [toLeave({ phase: 'over' })], 'up'],
  ])('%s', (_name, given, advice, want) => {
    expect(shownStateOf(given, advice)).toBe(want);
  });

  const findingOf = fc.record({
    kind: fc.constantFrom(...findingKinds),
    state: fc.constantFrom('open' as const, 'closed' as const, 'acknowledged' as const),
    cause: fc.constantFrom<Finding['cause'][]>('slow', 'behind', 'peers', 'mismatch', 'expires_soon'),
    actionable: fc.boolean(),
  });
  const standingOf = fc
    .tuple(fc.constantFrom(...mirrorStates), fc.array(findingOf, { maxLength: 3 }))
    .map(([state, findings]) => standing(state, ...findings));
  const causeOf = fc.constantFrom(...adviceCauses.filter((cause) => cause !== 'failback'));

  test('whatever is found: who is to be left is never up, and no state but slow and wrong differs from the judge', () => {
    fc.assert(
      fc.property(standingOf, causeOf, (one, cause) => {
        expect(shownStateOf(one, [toLeave({ cause })])).not.toBe('up');
        const shown = shownStateOf(one, []);
        if (shown === 'up') expect(one.state).toBe('up');
        if (one.state === 'down' || one.state === 'unknown') expect([one.state, 'wrong']).toContain(shown);
      }),
    );
  });

  test('the counts of the strip add up to the mirrors, and each name leads to its row', () => {
    const { mirrors } = fixtureConfig;
    const each = fc.tuple(...mirrors.map(() => fc.option(standingOf, { nil: undefined })));
    fc.assert(
      fc.property(each, fc.boolean(), (all, isAdvised) => {
        const standings = all.flatMap((one, i) => (one ? [{ ...one, registry: mirrors[i]?.name ?? '' }] : []));
        const advice = isAdvised ? [fixtureAdvice] : [];
        const { deps } = fixture({ standings: () => standings });
        const { text } = renderSummary(createPageSay('en'), deps, advice);
        const counts = [...text.matchAll(/<\/svg>(\d+) /g)].map(([, count]) => Number(count));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(mirrors.length);
        const named = [...text.matchAll(/<a href="#mirror-([^"]+)"/g)].map(([, name]) => name);
        for (const [state, some] of mirrorsByState(deps, advice))
          expect(named).toEqual(expect.arrayContaining(some.slice(0, state === 'up' ? 1 : 3).map(({ name }) => name)));
        expect(text.includes('switch advised for go')).toBe(isAdvised);
      }),
    );
  });
});

describe('the strip', () => {
  test('says in one line what is what, and where the details are', async () => {
    const { text } = await (await serveFixture()).ask('/');
    const strip = /<ul class="summary".*?<\/ul>/s.exec(text)?.[0] ?? '';
    expect(wordsOfPage(strip.replaceAll('</li>', ' · '))).toBe(
      '1 up · 1 slow coast · 1 down campus · 1 unknown go-origin · switch advised for go · ',
    );
    const targets = [...strip.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    for (const id of targets) expect(text).toContain(`id="${id}"`);
    expect(targets).toEqual(['mirror-inland', 'mirror-coast', 'mirror-campus', 'mirror-go-origin', 'h-advice']);
  });

  test.each<[string, Partial<Advice>[], string]>([
    ['nothing', [], 'no switch advised'],
    ['what is over', [{ phase: 'over' }], 'no switch advised'],
    ['what was accepted', [{ state: 'accepted' }], 'no switch advised'],
    ['two upstreams', [{}, { ecosystem: 'npm', upstream: 'corp' }], 'switch advised for go, npm/corp'],
    ['a setting', [{ to: fixtureAdvice.from, bypass: 'GODEBUG=http2client=0' }], 'new setting advised for go'],
  ])('of %s', (_name, list, said) => {
    const { text } = renderSummary(createPageSay('en'), fixture().deps, list.map(toLeave));
    expect(wordsOfPage(text)).toMatch(new RegExp(`${said}$`));
  });

  test('names three mirrors of a state, and counts the others', () => {
    const mirrors = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...fixtureConfig.mirrors[0], name }) as never);
    const { deps } = fixture({ standings: () => [], configWith: { mirrors } });
    expect(wordsOfPage(renderSummary(createPageSay('en'), deps, []).text)).toContain('5 unknown a, b, c and 2 more');
  });
});

test.each<[ShownState, Standing, readonly Advice[]]>([
  ['slow', standing('up'), [toLeave({ cause: 'slower' })]],
  ['wrong', standing('degraded', { kind: 'mismatch', cause: 'mismatch' }), []],
])('strip, row, the page of the mirror, history and tab have the same word: %s', async (state, one, advice) => {
  const { ask } = await serveFixture({ standings: () => [one], advice: () => ({ items: advice, next: null }) });
  const word = createPageSay('en')(`state.${state}`);
  const badge = new RegExp(`<span class="state ${state}"><svg[^>]*>(?:(?!</span>).)*</svg>(?:1 )?${word}</span>`, 'g');
  const overview = (await ask('/')).text;
  expect(overview.match(badge)).toHaveLength(2);
  expect(overview).toMatch(new RegExp(`<title>1 mirror ${word}`));
  for (const path of ['/mirrors/coast', '/history'])
    expect([path, (await ask(path)).text.match(badge)?.length]).toEqual([path, 1]);
});

test('a mirror whose canary is well says what is slow', async () => {
  const text = 'coast has slow downloads: zip at 0.2 MiB/s';
  const { ask } = await serveFixture({ standings: () => [standing('up', { kind: 'throughput', text })] });
  const row = /<tr id="mirror-coast".*?<\/tr>/s.exec((await ask('/')).text)?.[0] ?? '';
  expect(row).toContain(text);
  expect(row).not.toContain('the canary probes succeed');
});

test('each state has a word and a shape of its own', () => {
  const say = createPageSay('en');
  const { deps } = fixture({ standings: () => [] });
  expect(renderSummary(say, deps, []).text).toContain('url(#hatch)');
  expect(new Set(shownStates.map((state) => say(`state.${state}`))).size).toBe(shownStates.length);
});

import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Standing, VantageStanding } from '../../../src/core/standing.ts';
import type { Stay } from '../../../src/core/verdict.ts';
import { messageFor, phrase } from '../../../src/words/tell.ts';
import { fixtureAdvice, fixtureVerdict } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { serveFixture } from './serve-fixture.ts';
import { wordsOfPage } from './words-of-page.ts';

const { text: reason, sentence } = messageFor('ground.refuse', {
  trouble: phrase('advice.cause.outage', { from: 'coast' }),
  refusal: phrase('ground.us'),
});
const suspect = { reason, sentence };

const advising = (...list: Partial<Advice>[]): FixtureChange => ({
  advice: () => ({ items: list.map((one) => ({ ...fixtureAdvice, ...one })), next: null }),
});
const noAdvice = advising();

/** The page's part of an API in which clients are not advised to leave the mirror coast. */
const stays = (stay: Stay): FixtureChange => ({ verdicts: () => [{ ...fixtureVerdict, stay }] });
const untilMs = Date.parse('2026-11-20T10:00:00Z');
const dismissed = stays({ kind: 'dismissed', to: 'hill', cause: 'outage', untilMs });

describe('what stands on top', () => {
  const vantage = (more: Partial<VantageStanding>): FixtureChange => ({
    vantage: () => ({ suspect: false, sinceMs: null, controls: [], contaminatedShare: null, ...more }),
  });
  const untouched: FixtureChange = {
    ...vantage({ suspect: true, sinceMs: nowMs - 60_000, controls: [{ name: 'www.example.com:443', up: false }] }),
    standings: () => fixtureStandings.map((one) => ({ ...one, state: 'unknown', lastOkAtMs: null, findings: [] })),
    findings: () => ({ items: [], next: null }),
    ...noAdvice,
  };
  it.each<[string, FixtureChange, readonly string[], readonly string[]]>([
    [
      'all is judged',
      {},
      ['Switch now from coast to inland', fixtureAdvice.reason, 'mirrorwatch advice accept'],
      ['network of this host', 'Starting'],
    ],
    [
      'it is us',
      { ...vantage({ suspect: true, sinceMs: nowMs - 60_000 }), ...noAdvice },
      [
        'The problem is the network of this host, not the mirrors.',
        'for 60 s',
        'No advice: the problem may be the network of this host',
      ],
      ['Switch now from', 'Nothing to change'],
    ],
    [
      'it is us, and a proposal of before stands',
      vantage({ suspect: true, sinceMs: nowMs - 60_000 }),
      ['The problem is the network of this host, not the mirrors.', 'Switch now from'],
      ['No advice: the problem may be the network of this host', 'Nothing to change'],
    ],
    [
      'the first pass is not over',
      vantage({ suspect: null }),
      ['Starting.', 'some mirrors were not probed yet.'],
      ['network of this host'],
    ],
    ['a busy machine', vantage({ contaminatedShare: 0.06 }), ['This host is too busy.', '6 %'], []],
    ['a busy machine, just below', vantage({ contaminatedShare: 0.05 }), [], ['too busy']],
    [
      'nothing can be reached at all',
      untouched,
      ['Nothing responds.', 'shanghai-ci', 'mirrorwatch demo', 'No findings, but no mirror is judged.'],
      ['Nothing to change', 'Switch now from', ' up ', ' down '],
    ],
    [
      'all mirrors respond with errors, and the network is not suspect',
      { ...untouched, ...vantage({ suspect: false }) },
      [],
      ['Nothing responds'],
    ],
    [
      'a control answers',
      { ...untouched, ...vantage({ suspect: null, controls: [{ name: 'c', up: true }] }) },
      ['Starting.', 'Not enough measurements yet.'],
      ['Nothing responds'],
    ],
    [
      'the state file is in trouble',
      { stateTrouble: () => 'full' },
      ['The state cannot be stored.', 'the disk is full'],
      [],
    ],
    [
      'the configuration that a reload read has mistakes',
      {
        reloadTrouble: () => ({
          sinceMs: nowMs - 300_000,
          reasons: () => ['/etc/mw.yaml:3:5 mirrors[0].url: saw "<b>", expected a URL', 'second', 'third'],
        }),
      },
      [
        'The new configuration was rejected. The old configuration stays in force. Reloads have failed since ',
        '(for 5 min): /etc/mw.yaml:3:5 mirrors[0].url: saw &quot;&lt;b&gt;&quot;, expected a URL and 2 more',
      ],
      ['second'],
    ],
    ['draining', { ready: () => ({ ready: false, because: 'draining' }) }, ['Not ready.', 'draining'], []],
    [
      'nothing to change',
      noAdvice,
      ['Nothing to change for go: stay on https://goproxy.coast.example.com,direct'],
      ['Switch now from'],
    ],
    [
      'a switch waits until slowness lasts',
      { ...noAdvice, ...stays({ kind: 'waiting', holdMs: 600_000 }) },
      ['coast is slow.', 'So a switch waits until the slowness has lasted 10 min.'],
      ['Nothing to change for go', 'Switch now from'],
    ],
    [
      'a switch that is needed was dismissed',
      { ...noAdvice, ...dismissed },
      [
        'The switch from coast to hill is dismissed until 2026-11-20 10:00 UTC',
        'Its cause is present now: requests to coast fail.',
      ],
      ['Nothing to change for go', 'Switch now from'],
    ],
    [
      'it was dismissed after another switch was accepted',
      { ...advising({ state: 'accepted' }), ...dismissed },
      ['The switch from coast to hill is dismissed until 2026-11-20 10:00 UTC'],
      ['Nothing to change for go', 'Switch now from'],
    ],
    [
      'nothing could be judged',
      { ...untouched, ...vantage({ suspect: false }) },
      ['Not enough measurements yet.'],
      ['Nothing to change', 'network of this host'],
    ],
    [
      'advice is refused',
      advising({ state: 'refused', refusal: 'shared_fate', remedy: {} }),
      ['No switch advised', 'several mirrors return failures of the upstream itself'],
      ['Switch now from', 'export GOPROXY'],
    ],
    [
      'advice is refused, because the network of this host may have a problem',
      advising({ ...suspect, state: 'refused', refusal: 'vantage_suspect', remedy: {} }),
      ['No switch advised', 'No switch is advised: the problem may be this host or its network.'],
      ['(the problem may be the network of this host)'],
    ],
    [
      'advice was accepted',
      advising({ state: 'accepted' }),
      ['In force: inland instead of coast', 'Accepted at 20', 'because: ', 'Rollback: '],
      ['advice accept', 'Switch now from'],
    ],
    [
      'no line can be pasted',
      advising({ remedy: {} }),
      ['There is no line to paste'],
      ["export GOPROXY='https://mirrors"],
    ],
  ])('%s', async (_name, change, has, hasNot) => {
    const { text } = await (await serveFixture(change)).ask('/');
    const words = wordsOfPage(text).replaceAll('&#39;', "'");
    for (const part of has) expect(words).toContain(part);
    for (const part of hasNot) expect(words).not.toContain(part);
  });
});

describe('the tab', () => {
  const states = (...list: Standing['state'][]): FixtureChange => ({
    configWith: { mirrors: fixtureConfig.mirrors.slice(0, list.length) },
    standings: () =>
      fixtureStandings.slice(0, list.length).map((one, i) => ({ ...one, state: list[i] ?? 'unknown', findings: [] })),
  });
  const allSlow = { ...fixtureFindings[0], kind: 'vantage', cause: 'all_slow', state: 'open' } as Finding;
  it.each<[FixtureChange, string]>([
    [{}, '1 mirror down, 1 mirror slow, 1 switch advised, 1 mirror unknown'],
    [{ ...states('up', 'up'), ...advising(), findings: () => ({ items: [allSlow], next: null }) }, 'most mirrors slow'],
    [{ ...states('up', 'up'), ...advising() }, 'all mirrors up'],
    [{ ...states('up', 'up'), ...advising({}) }, '1 mirror slow, 1 switch advised'],
    [{ ...states('up', 'up'), ...advising({ from: 'inland', to: 'coast', cause: 'failback' }) }, '1 switch advised'],
    [
      { ...states('down', 'unknown'), ...advising({}, { ecosystem: 'npm' }) },
      '1 mirror down, 2 switches advised, 1 mirror unknown',
    ],
    [
      { ...states('up', 'up'), ...advising({ state: 'accepted' }, { state: 'refused' }, { phase: 'over' }) },
      'all mirrors up',
    ],
    [{ ...states('up', 'unknown'), ...advising() }, '1 mirror unknown'],
    [{ ...states('down', 'down'), ...advising() }, '2 mirrors down'],
    [{ standings: () => [] }, 'starting'],
    [
      { vantage: () => ({ suspect: true, sinceMs: null, controls: [], contaminatedShare: null }) },
      'network of this host',
    ],
  ])('%#', async (change, title) => {
    expect(/<title>(.*?) · mirrorwatch<\/title>/.exec((await (await serveFixture(change)).ask('/')).text)?.[1]).toBe(
      title,
    );
  });
});

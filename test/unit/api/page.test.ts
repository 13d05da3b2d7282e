import { describe, expect, it } from 'vitest';
import type { Finding, Side } from '../../../src/core/finding.ts';
import type { Message } from '../../../src/core/result.ts';
import type { Standing, VantageStanding } from '../../../src/core/standing.ts';
import type { SignatureState } from '../../../src/core/transcript.ts';
import { messageFor, phrase } from '../../../src/words/tell.ts';
import { eachServed } from './each-served.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureProbes, fixtureSeries } from './fixture-samples.ts';
import type { Served } from './server.ts';

const served = eachServed();
const up = async (change: FixtureChange = {}): Promise<Served['ask']> => (await served(change)).ask;
/** The words of a page, tags left out. */
function wordsOf(page: string): string {
  return page
    .replace(/<title>.*?<\/title>|<head>.*?<\/head>/gs, '')
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');
}

describe('findings', () => {
  it('one that never clears by itself comes with the command as it must be called', async () => {
    const ask = await up({
      findings: () => ({
        items: fixtureFindings.slice(0, 1).map((one) => ({ ...one, id: 'f1', kind: 'mismatch' })),
        next: null,
      }),
    });
    const { text } = await ask('/');
    expect(text).toMatch(/<code>mirrorwatch ack f1 --reason (&#39;|')…(&#39;|')<\/code>/);
  });

  it.each([
    ['sha256:3ca6c', 'oci-b <code>sha256:3ca6c</code>'],
    ['3ca6c', 'oci-b sha256 <code>3ca6c</code>'],
  ])('names the algorithm of a digest once: %s', async (digest, want) => {
    const item = { module: 'base', version: '1', step: 'blob' } as const;
    const side: Side = { item, registries: ['oci-b'], algorithm: 'sha256', digest, sinceMs: null, seen: null };
    const items = fixtureFindings.slice(0, 1).map((one) => ({ ...one, evidence: { ...one.evidence, sides: [side] } }));
    const ask = await up({ findings: () => ({ items, next: null }) });
    expect((await ask('/')).text).toContain(want);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['all that are kept', [4, 3, 2, 1, 0].map((n) => `p-coast-mod-${n}`), []],
    ['those that are still kept', ['p-coast-mod-3'], []],
    ['nowhere, and says so', [], ['the probes of this finding are no longer stored']],
  ])('leads to %s', async (_where, kept, said) => {
    const ask = await up({
      findings: () => ({ items: fixtureFindings.slice(0, 1), next: null }),
      probe: (id) => (kept.includes(id) ? (fixtureProbes[0] ?? null) : null),
    });
    const { text } = await ask('/');
    const walks = [...text.matchAll(/<span class="walk[^"]*">(.*?)<\/span>/g)].map(([, inside = '']) => inside);
    expect(walks.flatMap((walk) => [...walk.matchAll(/\/probes\/([\w-]+)/g)].map(([, id]) => id))).toEqual(kept);
    expect(walks.filter((walk) => !walk.includes('<a'))).toEqual(said);
  });
});

/** The page's part of an API in which clients are not advised to leave the mirror coast. */
const stays = (kind: 'waiting' | 'dismissed', message: Message): FixtureChange => ({
  noAdvice: () => {
    const listed = [{ ecosystem: 'go' as const, upstream: 'go', registry: 'coast', ...message }];
    return { passedOver: [], waiting: [], dismissed: [], [kind]: listed };
  },
});
const dismissed = stays(
  'dismissed',
  messageFor('advice.muted', {
    from: 'coast',
    to: 'hill',
    until: '2026-11-20 10:00 UTC',
    why: phrase('advice.cause.outage', { from: 'coast' }),
  }),
);

describe('what stands on top', () => {
  const vantage = (more: Partial<VantageStanding>): FixtureChange => ({
    vantage: () => ({ suspect: false, sinceMs: null, controls: [], contaminatedShare: null, ...more }),
  });
  const untouched: FixtureChange = {
    ...vantage({ suspect: true, sinceMs: nowMs - 60_000, controls: [{ name: 'www.example.com:443', up: false }] }),
    standings: () => fixtureStandings.map((one) => ({ ...one, state: 'unknown', lastOkAtMs: null, findings: [] })),
    findings: () => ({ items: [], next: null }),
    advice: () => ({ items: [], next: null }),
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
      { ...vantage({ suspect: true, sinceMs: nowMs - 60_000 }), advice: () => ({ items: [], next: null }) },
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
      { advice: () => ({ items: [], next: null }) },
      ['Nothing to change for go: stay on https://goproxy.coast.example.com,direct'],
      ['Switch now from'],
    ],
    [
      'a switch waits until slowness lasts',
      {
        advice: () => ({ items: [], next: null }),
        ...stays('waiting', messageFor('advice.waiting', { from: 'coast', hold: '10 min' })),
      },
      ['coast is slow.', 'So a switch waits until the slowness has lasted 10 min.'],
      ['Nothing to change for go', 'Switch now from'],
    ],
    [
      'a switch that is needed was dismissed',
      { advice: () => ({ items: [], next: null }), ...dismissed },
      [
        'The switch from coast to hill is dismissed until 2026-11-20 10:00 UTC',
        'Its cause is present now: requests to coast fail.',
      ],
      ['Nothing to change for go', 'Switch now from'],
    ],
    [
      'it was dismissed after another switch was accepted',
      { advice: () => ({ items: [{ ...fixtureAdvice, state: 'accepted' as const }], next: null }), ...dismissed },
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
      {
        advice: () => ({
          items: [{ ...fixtureAdvice, state: 'refused', refusal: 'shared_fate', remedy: {} }],
          next: null,
        }),
      },
      ['No switch advised', 'several mirrors return failures of the upstream itself'],
      ['Switch now from', 'export GOPROXY'],
    ],
    [
      'advice is refused, because the network of this host may have a problem',
      {
        advice: () => ({
          items: [{ ...fixtureAdvice, state: 'refused', refusal: 'vantage_suspect', remedy: {} }],
          next: null,
        }),
      },
      ['No switch advised', fixtureAdvice.reason],
      ['(the problem may be the network of this host)'],
    ],
    [
      'advice was accepted',
      { advice: () => ({ items: [{ ...fixtureAdvice, state: 'accepted' }], next: null }) },
      ['In force: inland instead of coast', 'Accepted at 20', 'because: ', 'Rollback: '],
      ['advice accept', 'Switch now from'],
    ],
    [
      'no line can be pasted',
      { advice: () => ({ items: [{ ...fixtureAdvice, remedy: {} }], next: null }) },
      ['There is no line to paste'],
      ["export GOPROXY='https://mirrors"],
    ],
  ])('%s', async (_name, change, has, hasNot) => {
    const { text } = await (await up(change))('/');
    const words = wordsOf(text).replaceAll('&#39;', "'");
    for (const part of has) expect(words).toContain(part);
    for (const part of hasNot) expect(words).not.toContain(part);
  });
});

describe('"unknown" is neither fine nor down', () => {
  it('a mirror that is unknown has its own word, shape and hatching', async () => {
    const { text } = await (await up())('/');
    const row = /<tr class="unknown">.*?<\/tr>/s.exec(text)?.[0] ?? '';
    expect(wordsOf(row)).toContain('unknown');
    expect(row).toContain('url(#hatch)');
    expect(row).not.toMatch(/class="state (up|down|degraded)"/);
  });
  it('a probe that is unknown says that it counts neither way', async () => {
    const { text } = await (await up())('/probes/p-go-origin-mod-0');
    expect(wordsOf(text)).toContain(
      'Unknown: the problem may be the network of this host. The sample counts neither for nor against the mirror.',
    );
    expect(text).toContain('class="verdict unknown"');
  });
});

describe('the tab', () => {
  const states = (...list: Standing['state'][]): FixtureChange => ({
    standings: () => fixtureStandings.slice(0, list.length).map((one, i) => ({ ...one, state: list[i] ?? 'unknown' })),
  });
  const allSlow = { ...fixtureFindings[0], kind: 'vantage', cause: 'all_slow', state: 'open' } as Finding;
  it.each<[FixtureChange, string]>([
    [{}, '1 mirror down, 1 mirror degraded'],
    [{ ...states('up', 'up'), findings: () => ({ items: [allSlow], next: null }) }, 'most mirrors slow'],
    [states('up', 'up'), 'all mirrors up'],
    [states('up', 'unknown'), '1 mirror unknown'],
    [states('down', 'down'), '2 mirrors down'],
    [states(), 'starting'],
    [
      { vantage: () => ({ suspect: true, sinceMs: null, controls: [], contaminatedShare: null }) },
      'network of this host',
    ],
  ])('%#', async (change, title) => {
    expect(/<title>(.*?) · mirrorwatch<\/title>/.exec((await (await up(change))('/')).text)?.[1]).toBe(title);
  });
});

interface Targets {
  readonly targets: readonly { readonly signature: unknown }[];
}

describe('a signature', () => {
  const withState = (state: SignatureState) => {
    const series = fixtureSeries.map((one) => ({
      ...one,
      last: one.last && { ...one.last, facts: { ...one.last.facts, signature: { state, key: null } } },
    }));
    return up({ seriesOf: () => series, series: () => series });
  };

  it('that could not be verified is said beside the outcome, and in the list of targets', async () => {
    const ask = await withState('no_key');
    expect(wordsOf((await ask('/mirrors/coast')).text)).toContain('signature unverified: no trusted key is available');
    const { targets } = (await ask('/api/v1/targets')).json() as Targets;
    expect(targets[0]?.signature).toEqual({ state: 'no_key', key: null });
  });

  it('what was not checked is said beside the outcome', async () => {
    const facts = { unchecked: phrase('answer.noSignedBy') };
    const series = fixtureSeries.map((one) => ({ ...one, last: one.last && { ...one.last, facts } }));
    const ask = await up({ seriesOf: () => series, series: () => series });
    const words = wordsOf((await ask('/mirrors/coast')).text);
    expect(words).toContain('not verified: the entry of this signed list has no expect.signedBy');
  });

  it('that is valid is said by the probe alone', async () => {
    const ask = await withState('valid');
    expect((await ask('/mirrors/coast')).text).not.toContain('signature');
  });
});

describe('a mirror with many targets', () => {
  it('shows a hundred and leads to the rest', async () => {
    const one = fixtureSeries[0];
    const many = Array.from(
      { length: 230 },
      (_, i) => one && { ...one, target: { ...one.target, id: `coast|m${i}|v1|info`, canary: false } },
    );
    const ask = await up({ seriesOf: () => many.flatMap((series) => series ?? []) });
    const rows = async (path: string): Promise<[number, string]> => {
      const { text } = await ask(path);
      return [
        /<table class="targets">.*?<\/table>/s.exec(text)?.[0].match(/<tr>/g)?.length ?? 0,
        wordsOf(/<p class="pages">.*?<\/p>/s.exec(text)?.[0] ?? '').trim(),
      ];
    };
    expect(await rows('/mirrors/coast')).toEqual([101, '130 more']);
    expect(await rows('/mirrors/coast?from=200')).toEqual([31, 'previous page']);
    expect(await rows('/mirrors/coast?from=-1')).toEqual([101, '130 more']);
  });
});

describe('what real clients say', () => {
  it.each([
    ['coast', /Real clients .*go example\.com\/net@v0\.25\.0 10 min ago ok ok 3\.25 s/],
    ['inland', /failed reading https:\/\/mirrors\.inland\.example\.com: 403 Forbidden ok results differ/],
    ['campus', /unknown not installed here not run/],
  ])('of %s stands on its page', async (name, words) => {
    const ask = await up();
    expect(wordsOf((await ask(`/mirrors/${name}`)).text.replace(/<(?:small|td|th|strong)\b/g, ' $&'))).toMatch(words);
  });
  it('is left out where none is run', async () => {
    const ask = await up();
    expect(wordsOf((await ask('/mirrors/go-origin')).text)).not.toContain('Real clients');
  });
});

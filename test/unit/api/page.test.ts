import { afterEach, describe, expect, it } from 'vitest';
import { script } from '../../../src/api/page/script.ts';
import { style } from '../../../src/api/page/style.ts';
import { routes } from '../../../src/api/routes.ts';
import type { SignatureState } from '../../../src/core/signature.ts';
import type { Standing, VantageStanding } from '../../../src/core/standing.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig, nowMs, secretText } from './fixture-config.ts';
import { type FixtureChange, fixture } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureProbes, fixtureSeries } from './fixture-samples.ts';
import { type Served, serve } from './server.ts';

let served: Served | null = null;
afterEach(async () => {
  await served?.close();
  served = null;
});
async function up(change: FixtureChange = {}): Promise<Served['ask']> {
  served = await serve(fixture(change).deps);
  return served.ask;
}
const pages = [
  '/',
  '/mirrors/coast',
  '/mirrors/go-origin',
  '/probes/p-coast-mod-0',
  '/probes/p-campus-mod-0',
  '/probes/p-coast-zip-0',
  '/history?range=week',
  '/timeline?range=week',
  '/timeline?item=finding-0c9x2k4outage0campus',
];
/** The words of a page, tags left out. */
function wordsOf(page: string): string {
  return page
    .replace(/<title>.*?<\/title>|<head>.*?<\/head>/gs, '')
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');
}

describe('the policy', () => {
  it.each(pages)('%s needs nothing that the policy forbids, and nothing from elsewhere', async (path) => {
    const ask = await up();
    const reply = await ask(path);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';script-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(reply.text).not.toMatch(
      /\sstyle=|\son[a-z]+=|<style|<script(?! src="\/page\.js" defer><\/script>)|javascript:/i,
    );
    const loaded = [...reply.text.matchAll(/<(?:link|script|img|iframe|use|image)\b[^>]*?(?:href|src)="([^"]*)"/g)];
    expect(loaded.map(([, url]) => url).toSorted()).toEqual(['/icon.svg', '/page.css', '/page.js']);
  });
  it('style and script name no other place and keep to the policy', () => {
    expect(style).not.toMatch(/url\(|@import|https?:/);
    expect(script).not.toMatch(/https?:|innerHTML|eval\(|\.style\b/);
  });
  it.each(['/page.css', '/page.js', '/icon.svg'])('%s is sent once and then only checked', async (path) => {
    const ask = await up();
    const first = await ask(path);
    const again = await ask(path, { headers: { 'if-none-match': String(first.headers.etag) } });
    expect([first.status, again.status, again.bytes.length]).toEqual([200, 304, 0]);
  });
});

describe('links', () => {
  it.each(pages)('every link of %s leads somewhere', async (path) => {
    const ask = await up();
    const { text } = await ask(path);
    const links = new Set([...text.matchAll(/<a\b[^>]*?href="([^"]*)"/g)].map(([, href]) => href ?? ''));
    expect(links.size).toBeGreaterThan(3);
    for (const href of links) {
      if (href.startsWith('#')) expect(text).toContain(`id="${href.slice(1)}"`);
      else expect([href, (await ask(href)).status]).toEqual([href, 200]);
    }
  });
  it('each number of the overview leads to a probe', async () => {
    const { text } = await (await up())('/');
    const numbers = [...text.matchAll(/data-label="p(?:50|95)">(.*?)<\/td>/g)].map(([, cell]) => cell ?? '');
    expect(numbers).toHaveLength(8);
    for (const cell of numbers)
      expect(cell).toMatch(/^<a class="number" href="\/probes\/p-\w+-mod-\d+">[\d.]+ m?s<\/a>$|—/);
  });
  it.each(['/mirrors/nope', '/probes/nope'])('%s is a page that says what is not there', async (path) => {
    const reply = await (await up())(path);
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(wordsOf(reply.text)).toContain('Not found');
  });
});

describe('foreign words', () => {
  const evil = `"><script>alert(1)</script><img src=x onerror='x'>\u202e`;
  const mirrors = fixtureConfig.mirrors.map((mirror, i) =>
    i === 0 ? { ...mirror, name: evil, region: evil } : mirror,
  );
  const standings: readonly Standing[] = fixtureStandings.map((one, i) =>
    i === 0 ? { ...one, registry: evil, because: evil, paused: { untilMs: nowMs + 60_000, reason: evil } } : one,
  );
  const probe = fixtureProbes[0];
  const change: FixtureChange = {
    configWith: { mirrors, vantage: evil },
    standings: () => standings,
    findings: () => ({ items: fixtureFindings.map((one) => ({ ...one, registry: evil, text: evil })), next: null }),
    advice: () => ({
      items: [
        {
          ...fixtureAdvice,
          reason: evil,
          from: evil,
          to: evil,
          rollback: evil,
          remedy: { env: evil },
          doesNotCover: [evil],
        },
      ],
      next: null,
    }),
    seriesOf: () =>
      fixtureSeries.map((one) => ({ ...one, target: { ...one.target, registry: evil, module: evil, version: evil } })),
    probe: () =>
      probe === undefined
        ? null
        : {
            sample: {
              ...probe.sample,
              due: {
                ...probe.sample.due,
                probeId: evil,
                target: { ...probe.sample.due.target, module: evil, registry: evil },
              },
              facts: { resolvedVersion: evil },
            },
            transcript: probe.transcript && {
              ...probe.transcript,
              errorLine: evil,
              hops: probe.transcript.hops.map((hop) => ({
                ...hop,
                url: `https://a.example.com/${evil}`,
                responseHeaders: { [evil]: evil },
                fault: { code: evil, phase: 'connect', text: evil, bytesRead: 0 },
                tls: hop.tls && { ...hop.tls, issuer: evil, authorizationCode: evil },
              })),
            },
          },
  };
  it.each(['/', `/mirrors/${encodeURIComponent(evil)}`, '/probes/x'])('stay words on %s', async (path) => {
    const { text, status } = await (await up(change))(path);
    expect(status).toBe(200);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text.replace('<script src="/page.js" defer></script>', '')).not.toMatch(/<script|<img|\u202e/);
    for (const tag of text.match(/<[a-z][^>]*>/g) ?? []) expect(tag).not.toMatch(/\sonerror=(?!&)/);
  });
});

describe('secrets', () => {
  it('no answer of any route holds one', async () => {
    const ask = await up({ chainInForce: () => 'https://***@goproxy.coast.example.com,direct' });
    const paths = routes
      .filter(([method, path]) => method === 'GET' && path !== '/api/v1/events')
      .map(([, path]) => path);
    const found = [
      ...pages,
      ...paths.map((path) =>
        path.replace('{name}', 'coast').replace('{ecosystem}', 'go').replace('{id}', 'p-coast-zip-0'),
      ),
    ];
    for (const path of found) {
      const { text } = await ask(path);
      expect(text.length, path).toBeGreaterThan(0);
      for (const secret of [secretText, 'robot:pw', 'sig=abc', 'session=abc'])
        expect(text, `${path} holds ${secret}`).not.toContain(secret);
    }
  });
  it('a header that carries a credential is masked, whatever the wire did', async () => {
    const probe = fixtureProbes[0];
    const headers = { Authorization: secretText, 'proxy-authorization': secretText, cookie: secretText, accept: '*/*' };
    const ask = await up({
      probe: () =>
        probe === undefined
          ? null
          : {
              ...probe,
              transcript: probe.transcript && {
                ...probe.transcript,
                hops: probe.transcript.hops.map((hop) => ({ ...hop, requestHeaders: headers })),
              },
            },
    });
    for (const path of ['/probes/x', '/api/v1/probes/x']) expect((await ask(path)).text).not.toContain(secretText);
  });
});

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

  it.each<[string, readonly string[], readonly string[]]>([
    ['all that are kept', [4, 3, 2, 1, 0].map((n) => `p-coast-mod-${n}`), []],
    ['those that are still kept', ['p-coast-mod-3'], []],
    ['nowhere, and says so', [], ['its probes are not kept any more']],
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
      ['Set this now: leave coast for inland', fixtureAdvice.reason, 'mirrorwatch advice accept'],
      ['It is us', 'First look'],
    ],
    [
      'it is us',
      { ...vantage({ suspect: true, sinceMs: nowMs - 60_000 }), advice: () => ({ items: [], next: null }) },
      ['It is us, not the mirrors.', 'for 60 s', 'No advice while it may be us'],
      ['Set this now', 'Nothing to change'],
    ],
    [
      'it is us, and a proposal of before stands',
      vantage({ suspect: true, sinceMs: nowMs - 60_000 }),
      ['It is us, not the mirrors.', 'Set this now'],
      ['No advice while it may be us', 'Nothing to change'],
    ],
    ['the first pass is not over', vantage({ suspect: null }), ['First look.', 'Nothing is judged yet.'], ['It is us']],
    ['a busy machine', vantage({ contaminatedShare: 0.06 }), ['This machine is too busy.', '6 %'], []],
    ['a busy machine, just below', vantage({ contaminatedShare: 0.05 }), [], ['too busy']],
    [
      'nothing can be reached at all',
      untouched,
      [
        'Nothing can be reached from here.',
        'shanghai-ci',
        'mirrorwatch demo',
        'Nothing found, and nothing could be judged yet.',
      ],
      ['Nothing to change', 'Set this now', ' up ', ' down '],
    ],
    [
      'a control answers',
      { ...untouched, ...vantage({ suspect: null, controls: [{ name: 'c', up: true }] }) },
      ['First look.', 'Too early to tell.'],
      ['Nothing can be reached'],
    ],
    [
      'the state file is in trouble',
      { stateTrouble: () => 'full' },
      ['Nothing is being stored.', 'there is no room left for it'],
      [],
    ],
    ['draining', { ready: () => ({ ready: false, because: 'draining' }) }, ['Not ready.', 'draining'], []],
    [
      'nothing to change',
      { advice: () => ({ items: [], next: null }) },
      ['Nothing to change for go: stay on https://goproxy.coast.example.com,direct'],
      ['Set this now'],
    ],
    [
      'nothing could be judged',
      { ...untouched, ...vantage({ suspect: false }) },
      ['Too early to tell.'],
      ['Nothing to change', 'It is us'],
    ],
    [
      'advice is refused',
      {
        advice: () => ({
          items: [{ ...fixtureAdvice, state: 'refused', refusal: 'shared_fate', remedy: {} }],
          next: null,
        }),
      },
      ['No advice, on purpose', 'the upstream itself fails, on every mirror'],
      ['Set this now', 'export GOPROXY'],
    ],
    [
      'advice was accepted',
      { advice: () => ({ items: [{ ...fixtureAdvice, state: 'accepted' }], next: null }) },
      ['In force: inland in place of coast', 'To go back'],
      ['advice accept', 'Set this now'],
    ],
    [
      'no line can be pasted',
      { advice: () => ({ items: [{ ...fixtureAdvice, remedy: {} }], next: null }) },
      ['no line that can be pasted safely'],
      ["export GOPROXY='https://mirrors"],
    ],
  ])('%s', async (_name, change, has, hasNot) => {
    const { text } = await (await up(change))('/');
    const words = wordsOf(text).replaceAll('&#39;', "'");
    for (const part of has) expect(words).toContain(part);
    for (const part of hasNot) expect(words).not.toContain(part);
  });
});

describe('"we could not tell" is neither fine nor down', () => {
  it('a mirror that is unknown has its own word, shape and hatching', async () => {
    const { text } = await (await up())('/');
    const row = /<tr class="unknown">.*?<\/tr>/s.exec(text)?.[0] ?? '';
    expect(wordsOf(row)).toContain('could not tell');
    expect(row).toContain('url(#hatch)');
    expect(row).not.toMatch(/class="state (up|down|degraded)"/);
  });
  it('a probe that is unknown says that it counts neither way', async () => {
    const { text } = await (await up())('/probes/p-go-origin-mod-0');
    expect(wordsOf(text)).toContain(
      'We could not tell: it may be our own network. It counts neither for nor against the mirror.',
    );
    expect(text).toContain('class="verdict unknown"');
  });
});

describe('the tab', () => {
  const states = (...list: Standing['state'][]): FixtureChange => ({
    standings: () => fixtureStandings.slice(0, list.length).map((one, i) => ({ ...one, state: list[i] ?? 'unknown' })),
  });
  it.each<[FixtureChange, string]>([
    [{}, '1 down, 1 degraded'],
    [states('up', 'up'), 'all up'],
    [states('up', 'unknown'), '1 unknown'],
    [states('down', 'down'), '2 down'],
    [states(), 'starting'],
    [{ vantage: () => ({ suspect: true, sinceMs: null, controls: [], contaminatedShare: null }) }, 'It is us'],
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
    expect(wordsOf((await ask('/mirrors/coast')).text)).toContain('signature unverified: no trusted key at hand');
    const { targets } = (await ask('/api/v1/targets')).json() as Targets;
    expect(targets[0]?.signature).toEqual({ state: 'no_key', key: null });
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
    expect(await rows('/mirrors/coast?from=200')).toEqual([31, 'before']);
    expect(await rows('/mirrors/coast?from=-1')).toEqual([101, '130 more']);
  });
});

describe('what real clients say', () => {
  it.each([
    ['coast', /Real clients .*go example\.com\/net@v0\.25\.0 10 min ago ok ok 3\.25 s/],
    ['inland', /failed reading https:\/\/mirrors\.inland\.example\.com: 403 Forbidden ok they differ/],
    ['campus', /could not tell not installed here not asked/],
  ])('of %s stands on its page', async (name, words) => {
    const ask = await up();
    expect(wordsOf((await ask(`/mirrors/${name}`)).text.replace(/<(?:small|td|th|strong)\b/g, ' $&'))).toMatch(words);
  });
  it('is left out where none is run', async () => {
    const ask = await up();
    expect(wordsOf((await ask('/mirrors/go-origin')).text)).not.toContain('Real clients');
  });
});

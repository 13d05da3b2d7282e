import { describe, expect, it } from 'vitest';
import { formatScriptWords, script } from '../../../src/api/page/assets.ts';
import { createPageSay, html } from '../../../src/api/page/html.ts';
import { becauses, reasons } from '../../../src/core/failure.ts';
import { type Finding, findingKinds, type Side } from '../../../src/core/finding.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { messageFor, phrase } from '../../../src/words/tell.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { serveFixture } from './serve-fixture.ts';

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  const served = await serveFixture();
  return served.ask(path, { headers });
}
const langOf = (text: string): string | undefined => /<html lang="([^"]+)">/.exec(text)?.[1];

describe('the language of a page', () => {
  const cookie = (lang: string) => ({ cookie: `a=b; mirrorwatch-lang=${lang}` });
  const accept = (list: string) => ({ 'accept-language': list });
  it.each<[string, string, Readonly<Record<string, string>>, string]>([
    ['English where nothing is said', '/', {}, 'en'],
    ['what the reader of the page accepts', '/', accept('zh-CN,zh;q=0.9,en;q=0.8'), 'zh-CN'],
    ['the better one of both', '/', accept('zh;q=0.5,en-GB;q=0.7'), 'en'],
    ['English where neither is accepted', '/', accept('de, fr;q=0.5'), 'en'],
    ['Chinese of any kind before a language that we lack', '/', accept('ja, zh-TW;q=0.5'), 'zh-CN'],
    ['the cookie before what is accepted', '/', { ...cookie('zh'), ...accept('en') }, 'zh-CN'],
    ['a cookie of a language that we lack is none', '/', { ...cookie('tlh'), ...accept('zh') }, 'zh-CN'],
    ['the address before the cookie', '/?lang=en', cookie('zh'), 'en'],
    ['an address with a language that we lack is none', '/?lang=tlh', cookie('zh'), 'zh-CN'],
    ['an address with two is none', '/?lang=zh&lang=en', {}, 'en'],
    ['of what is not there too', '/probes/nope?lang=zh', {}, 'zh-CN'],
  ])('is %s', async (_what, path, headers, lang) => {
    const reply = await ask(path, headers);
    expect(langOf(reply.text)).toBe(lang);
    expect(reply.headers.vary).toBe('Accept-Language, Cookie');
  });

  it('of the address is kept, and nothing else is', async () => {
    const kept = (await ask('/?lang=zh')).headers['set-cookie'];
    expect(kept).toEqual(['mirrorwatch-lang=zh; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly']);
    expect((await ask('/', { 'accept-language': 'zh' })).headers['set-cookie']).toBeUndefined();
  });

  it.each([
    ['a name that no page reads', '/timeline?chain=https://u:s3cret@h'],
    ['a name with brackets, and one in capitals', '/history?range[]=s3cret&RANGE=s3cret'],
  ])('is switched without %s, whose value may be a secret', async (_, path) => {
    const { text } = await ask(path);
    expect(text).not.toContain('s3cret');
    expect(text).toContain(`<a href="${path.split('?')[0]}?lang=zh" lang="zh-CN"`);
  });

  it('is switched on our own host, however many slashes an address begins with', async () =>
    expect((await ask('//?lang=zh')).text).toContain('<a href="/?lang=en"'));

  it('is switched in the header, which keeps the rest of the address', async () => {
    const { text } = await ask('/mirrors/coast?from=100&lang=zh');
    expect(text).toContain('<a href="/mirrors/coast?from=100&amp;lang=en" lang="en" hreflang="en">English</a>');
    expect((await ask('/')).text).toContain('<a href="/?lang=zh" lang="zh-CN" hreflang="zh-CN">Chinese (中文)</a>');
  });
});

/** What the Chinese page may say in Latin letters: names of ours, of protocols and units, of closed words that metrics have too, and of the fixture. */
const names = new Set([
  ...[
    'mirrorwatch',
    'English',
    'UTC',
    'TLS',
    'TLSv',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'AES',
    'GCM',
    'SHA',
    'sha',
    'TCP',
    'HTTP',
    'JSON',
    'GET',
    'KiB',
    'MiB',
    'IPv',
    'latest',
    'gpgv',
    'demo',
  ],
  ...['example', 'com', 'https', 'goproxy'],
  ...[
    'coast',
    'inland',
    'campus',
    'origin',
    'shanghai',
    'mirrors',
    'www',
    'net',
    'ops',
    'chat',
    'north',
    'south',
    'east',
  ],
  ...[...reasons, ...becauses, ...registry.ids, ...registry.steps].flatMap((word) => word.split(/[^a-zA-Z]+/)),
]);

/** What a person sees or hears of a page, but for commands, what others said, and what came over the wire. */
function readBy(page: string): string {
  const body = page.slice(page.indexOf('<body')).replace(/ data-words="[^"]*"/, '');
  const ours = body.replace(/<(code|pre|bdi|q)\b[^>]*>.*?<\/\1>|<table class="header-list">.*?<\/table>/gs, ' ');
  const spoken = [...ours.matchAll(/\s(?:aria-label|title|data-label)="([^"]*)"/g)].map(([, text]) => text);
  return [...spoken, ours.replace(/<[^>]+>/g, '\n')].join('\n').replaceAll(/&#?\w+;/g, ' ');
}

/** Words in Latin letters that are no names. */
function foreignIn(text: string): readonly string[] {
  return [...new Set(text.match(/[a-z]{3,}/gi))].filter((word) => !names.has(word));
}

const [finding] = fixtureFindings as readonly [Finding, ...Finding[]];
const side: Side = {
  item: { module: 'example.com/net', version: 'v0.25.0', step: 'mod' },
  registries: [],
  algorithm: 'sha256',
  digest: 'abc',
  sinceMs: nowMs - 60_000,
  seen: { bytes: 12, firstHex: '3c68746d6c' },
};
const pages = [
  '/',
  '/mirrors/coast',
  '/mirrors/go-origin',
  '/history?range=week',
  '/timeline?range=week',
  `/timeline?item=finding-${finding.id}`,
  `/timeline?item=advice-${fixtureAdvice.id}&mirror=coast`,
  ...['coast-mod', 'campus-mod', 'coast-zip', 'go-origin-mod'].map((id) => `/probes/p-${id}-0`),
];

/** The fixture with its sentences as the detector tells them. */
const heard = messageFor('found.slow', { name: 'coast', observed: '1.2 s', step: 'mod', usual: '210 ms' });
const note = wordsOf('en')('note.goWins');
const spoken: FixtureChange = {
  standings: () =>
    fixtureStandings.map((one) => ({ ...one, why: phrase('why.silentAs', { seconds: 9, why: phrase('why.us') }) })),
  findings: () => ({ items: fixtureFindings.map((one) => ({ ...one, ...heard })), next: null }),
  advice: () => ({
    items: [
      {
        ...fixtureAdvice,
        sentence: phrase('ground.cannot', { head: 'coast' }),
        doesNotCover: [note],
        sentences: { doesNotCover: [phrase('note.goWins')], rollback: null },
      },
    ],
    next: null,
  }),
};

describe('the page in Chinese', () => {
  const suspect = { suspect: true, sinceMs: nowMs - 60_000, controls: [], contaminatedShare: 0.1 };
  const windows = fixtureConfig.mirrors.map((one) => ({
    ...one,
    maintenance: [{ cron: '0 2 * * 6', timeZone: null, forMs: 7_200_000 }],
  }));
  const states = ['proposed', 'refused', 'accepted'] as const;
  const refusal = 'shared_fate' as const;
  const shown = { items: states.map((state) => ({ ...fixtureAdvice, id: state, state, refusal })), next: null };
  const ended = {
    ...shown,
    items: shown.items.map((one) => ({ ...one, id: `past-${one.id}`, settledAtMs: nowMs - 1 })),
  };
  const sides = [{ ...side, registries: ['coast'] }, side];
  const changes: readonly (readonly [string, FixtureChange])[] = [
    ['as it is', {}],
    [
      'where it is us',
      { vantage: () => suspect, advice: () => ({ items: [], next: null }), stateTrouble: () => 'full' },
    ],
    [
      'after a reload of a file with mistakes',
      {
        reloadTrouble: () => ({
          sinceMs: nowMs - 60_000,
          reasons: () => ['mirrorwatch.yaml:3:5', 'mirrorwatch.yaml:4:5'],
        }),
      },
    ],
    [
      'at the first look',
      { vantage: () => ({ ...suspect, suspect: null }), findings: () => ({ items: [], next: null }) },
    ],
    [
      'where nothing answers',
      {
        vantage: () => suspect,
        standings: () => fixtureStandings.map((one) => ({ ...one, lastOkAtMs: null, state: 'unknown' })),
      },
    ],
    [
      'with advice of every kind',
      { advice: ({ history }) => (history ? ended : shown), configWith: { mirrors: windows } },
    ],
    [
      'with nobody to tell',
      {
        receivers: () => [],
        configWith: { controls: [] },
        audited: () => [{ ecosystem: 'go', upstream: 'go', atMs: nowMs, isRegret: true }],
      },
    ],
    [
      'with every kind of finding',
      {
        findings: () => ({
          items: findingKinds.map((kind) => ({
            ...finding,
            id: kind,
            kind,
            vantage: 'unverified',
            evidence: { ...finding.evidence, sides, statements: ['x'] },
          })),
          next: null,
        }),
      },
    ],
  ];

  it.each(changes)('says nothing in English %s', async (_what, change) => {
    const served = await serveFixture(change);
    for (const path of pages) {
      const { status, text } = await served.ask(`${path}${path.includes('?') ? '&' : '?'}lang=zh`);
      expect(status).toBe(200);
      expect([path, foreignIn(readBy(text))]).toEqual([path, []]);
    }
  });

  it('states the finding, and why a mirror is in its state', async () => {
    const served = await serveFixture(spoken);
    const words = (await served.ask('/?lang=zh')).text.replace(/<[^>]+>/g, '');
    expect(words).toContain('coast 缓慢：mod 耗时 1.2 s（通常 210 ms）。');
    expect(words).toContain('9 秒没有可用的金丝雀结果：可能是本机网络的问题');
    expect(words).toContain('coast 无法判断');
    expect(words).toContain(wordsOf('zh')('note.goWins'));
    expect(words).not.toContain('is slow');
  });

  it('would be caught at English', async () => {
    const served = await serveFixture();
    expect(foreignIn(readBy((await served.ask('/')).text)).length).toBeGreaterThan(50);
  });

  it('fills markup into a text where the text wants it', () => {
    const parts = { from: html`<b>${'<a>'}</b>`, to: 'b&c' };
    expect(createPageSay('zh').html('card.set', parts).text).toBe('请立即设置：从 <b>&lt;a&gt;</b> 切换到 b&amp;c');
    expect(createPageSay('en').html('card.set', parts).text).toBe('Switch now from <b>&lt;a&gt;</b> to b&amp;c');
  });

  it('knows every word that its script says', () => {
    const said = [...script.matchAll(/\bwords\.(\w+)|\bsay\('(\w+)'\)/g)].map(([, a, b]) => a ?? b ?? '');
    const known = Object.keys(JSON.parse(formatScriptWords(createPageSay('zh'))) as object);
    expect(known.toSorted()).toEqual([...new Set(said)].toSorted());
  });
});

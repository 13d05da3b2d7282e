import { describe, expect, it } from 'vitest';
import { script, style } from '../../../src/api/page/assets.ts';
import { routes } from '../../../src/api/problem.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig, nowMs, secretText } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureProbes, fixtureSeries } from './fixture-samples.ts';
import { serveFixture } from './serve-fixture.ts';

// What holds for every page, whatever stands in it: policy, links, words of others, secrets.

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

describe('the policy', () => {
  it.each(pages)('%s needs nothing that the policy forbids, and nothing from elsewhere', async (path) => {
    const { ask } = await serveFixture();
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
    const { ask } = await serveFixture();
    const first = await ask(path);
    const again = await ask(path, { headers: { 'if-none-match': String(first.headers.etag) } });
    expect([first.status, again.status, again.bytes.length]).toEqual([200, 304, 0]);
  });
});

describe('links', () => {
  it.each(pages)('every link of %s leads somewhere', async (path) => {
    const { ask } = await serveFixture();
    const { text } = await ask(path);
    const links = new Set([...text.matchAll(/<a\b[^>]*?href="([^"]*)"/g)].map(([, href]) => href ?? ''));
    expect(links.size).toBeGreaterThan(3);
    for (const href of links) {
      if (href.startsWith('#')) expect(text).toContain(`id="${href.slice(1)}"`);
      else expect([href, (await ask(href)).status]).toEqual([href, 200]);
    }
  });
  it('each number of the overview leads to a probe', async () => {
    const { text } = await (await serveFixture()).ask('/');
    const numbers = [...text.matchAll(/data-label="p(?:50|95)">(.*?)<\/td>/g)].map(([, cell]) => cell ?? '');
    expect(numbers).toHaveLength(8);
    for (const cell of numbers)
      expect(cell).toMatch(/^<a class="number" href="\/probes\/p-\w+-mod-\d+">[\d.]+ m?s<\/a>$|—/);
  });
  it.each(['/mirrors/nope', '/probes/nope'])('%s is a page that says what is not there', async (path) => {
    const reply = await (await serveFixture()).ask(path);
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(reply.text).toContain('<h1>Not found</h1>');
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
    const { text, status } = await (await serveFixture(change)).ask(path);
    expect(status).toBe(200);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text.replace('<script src="/page.js" defer></script>', '')).not.toMatch(/<script|<img|\u202e/);
    for (const tag of text.match(/<[a-z][^>]*>/g) ?? []) expect(tag).not.toMatch(/\sonerror=(?!&)/);
  });
});

describe('secrets', () => {
  it('no answer of any route holds one', async () => {
    const { ask } = await serveFixture({ chainInForce: () => 'https://***@goproxy.coast.example.com,direct' });
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
    const { ask } = await serveFixture({
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

import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { Step } from '../../../../src/core/mirror.ts';
import type { ProbeMemory } from '../../../../src/core/ports.ts';
import type { Facts, ProbeRequest, ProbeResponse } from '../../../../src/core/transcript.ts';
import type { OciContext, OciOwn } from '../../../../src/ecosystems/oci/context.ts';
import { probe } from '../../../../src/ecosystems/oci/conversation.ts';
import { digestOf } from '../../../../src/ecosystems/oci/digest.ts';
import { apiBaseOf, apiRootOf } from '../../../../src/ecosystems/oci/token.ts';
import { createProbeMemories } from '../../../../src/io/probe-memory.ts';
import { malformed, phrase } from '../../../../src/words/tell.ts';
import { answered, beginsAs, talk, targetOf } from '../talk.ts';

const base = 'https://registry.example.com';
const own: OciOwn = { platform: { os: 'linux', architecture: 'amd64', variant: null }, ns: false };
const startMs = 1_700_000_000_000;
const part = { mediaType: 'l', digest: digestOf('sha256', Buffer.from('layer')).text, size: 5 };
/** The manifest of an image whose config has the bytes of its only layer. */
const imageOf = (layer: { readonly mediaType: string; readonly digest: string; readonly size: number }): string =>
  JSON.stringify({ schemaVersion: 2, config: layer, layers: [layer] });
const text = imageOf(part);
const digest = digestOf('sha256', Buffer.from(text)).text;
const other = digestOf('sha256', Buffer.from('other')).text;
const realm = 'https://auth.example.net/token';
const wants = { 'www-authenticate': `Bearer realm="${realm}",service="s"` };
const typed = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
const said = { ...typed, 'docker-content-digest': digest };
const tokenUrl = `${realm}?service=s&scope=repository%3Ateam%2Fapp%3Apull`;

type Serve = (ask: ProbeRequest) => ProbeResponse;

/** A registry that wants a token of `token`; without one it is open. */
function registry(more: { token?: string; head?: ProbeResponse; expires?: number } = {}): Serve {
  return ({ url, method, headers }) => {
    if (url.startsWith(realm))
      return answered(200, JSON.stringify({ token: more.token, expires_in: more.expires ?? 100 }));
    if (more.token !== undefined && headers?.['authorization'] !== `Bearer ${more.token}`)
      return answered(401, '', wants);
    if (url.endsWith('/v2/')) return answered(200, '{}');
    if (url.includes('/blobs/')) return answered(200, 'layer');
    return method === 'HEAD' ? (more.head ?? answered(200, '', said)) : answered(200, text, said);
  };
}

function hold(step: Step, version: string | null, serve: Serve, more: Partial<OciContext> = {}) {
  const context = { baseUrl: base, pinned: {}, own, nowWallMs: startMs, ...more };
  const { asks, verdict } = talk(probe(targetOf(step, 'ghcr.io/team/app', version), context), serve);
  const shown = asks.map(({ url, method = 'GET', aside, foreign }) =>
    [aside === true ? 'aside' : '', foreign === true ? 'foreign' : '', method, url.replace(base, '')]
      .filter(Boolean)
      .join(' '),
  );
  return { ...verdict, asks, shown };
}

describe('tokens', () => {
  const memoryOf = (): ProbeMemory => createProbeMemories()('m');

  test('are fetched aside and reach the registry alone', () => {
    const { asks, shown, outcome } = hold('digest', '1', registry({ token: 't1' }));
    expect(outcome).toEqual({ tag: 'ok' });
    expect(shown).toEqual(['aside GET /v2/', `aside foreign GET ${tokenUrl}`, 'HEAD /v2/team/app/manifests/1']);
    expect(asks.map(({ headers }) => headers?.['authorization'])).toEqual([undefined, undefined, 'Bearer t1']);
  });

  test('are kept for four fifths of their life, and what is timed stays one ask', () => {
    const memory = memoryOf();
    const serve = registry({ token: 't1', expires: 100 });
    const at = (seconds: number) => hold('digest', '1', serve, { memory, nowWallMs: startMs + seconds * 1000 }).shown;
    const alone = ['HEAD /v2/team/app/manifests/1'];
    expect(at(0)).toHaveLength(3);
    expect(at(79)).toEqual(alone);
    expect(at(80)).toEqual([`aside foreign GET ${tokenUrl}`, ...alone]);
    expect(at(81)).toEqual(alone);
  });

  test('a kept one that is refused is fetched anew, once', () => {
    const memory = memoryOf();
    hold('digest', '1', registry({ token: 't1' }), { memory });
    const { shown, outcome } = hold('digest', '1', registry({ token: 't2' }), { memory });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(shown).toEqual([
      'HEAD /v2/team/app/manifests/1',
      `aside foreign GET ${tokenUrl}`,
      'HEAD /v2/team/app/manifests/1',
    ]);
  });

  test('of one repository are not given to another', () => {
    const memory = memoryOf();
    hold('digest', '1', registry({ token: 't1' }), { memory });
    const context = { baseUrl: base, pinned: {}, own, nowWallMs: startMs, memory };
    const { asks } = talk(probe(targetOf('digest', 'ghcr.io/team/other', '1'), context), registry({ token: 't1' }));
    expect(asks.map(({ url }) => url)[0]).toContain('scope=repository%3Ateam%2Fother%3Apull');
  });

  test('the scope of the challenge goes before ours', () => {
    const scope = 'repository:hub/team/app:pull';
    const serve: Serve = ({ url, headers }) => {
      if (url.startsWith(realm))
        return answered(200, JSON.stringify({ token: url.includes('hub') ? 'right' : 'wrong' }));
      if (url.endsWith('/v2/')) return answered(401, '', wants);
      if (headers?.['authorization'] === 'Bearer right') return answered(200, '', said);
      return answered(401, '', { 'www-authenticate': `${wants['www-authenticate']},scope="${scope}"` });
    };
    const { asks, outcome } = hold('digest', '1', serve);
    expect(outcome).toEqual({ tag: 'ok' });
    expect(asks).toHaveLength(5);
  });

  test('an open registry is asked without, and its door once an hour', () => {
    const memory = memoryOf();
    const at = (ms: number) => hold('digest', '1', registry(), { memory, nowWallMs: startMs + ms }).shown.length;
    expect([at(0), at(1), at(3_599_999), at(3_600_000)]).toEqual([2, 1, 1, 2]);
  });

  test.each([
    ['a fresh token is refused', registry({ token: 't' }), { kind: 'denied', status: 401 }],
    [
      'Basic alone',
      () => answered(401, '', { 'www-authenticate': 'Basic realm="x"' }),
      { kind: 'denied', status: 401 },
    ],
    [
      'a realm down from https',
      () => answered(401, '', { 'www-authenticate': 'Bearer realm="http://a/"' }),
      malformed('answer.tokenHttps'),
    ],
  ])('%s', (name, serve, failure) => {
    const deaf: Serve = (ask) =>
      serve(name.startsWith('a fresh') && !ask.url.startsWith(realm) ? { ...ask, headers: {} } : ask);
    const { outcome, asks } = hold('digest', '1', deaf);
    expect(outcome).toEqual({ tag: 'failed', failure });
    expect(asks.length).toBeLessThanOrEqual(5);
  });

  test.each([
    ['refused', { kind: 'refused', code: 'ECONNREFUSED' }],
    ['slow', { kind: 'timeout_processing', limitMs: 10_000 }],
    ['behind a private address', { kind: 'forbidden_target', hops: 1 }],
  ] as const)('a token server that is %s ends the probe as the wire said', (_, failure) => {
    const serve = registry({ token: 't' });
    const answer: Serve = (ask) => (ask.url.startsWith(realm) ? { tag: 'failed', failure } : serve(ask));
    expect(hold('digest', '1', answer).outcome).toEqual({ tag: 'failed', failure });
  });

  test('in the clear none is fetched but on this machine', () => {
    const serve = registry({ token: 't' });
    const clear: Serve = (ask) => {
      const answer = serve(ask);
      return answer.tag === 'answered' && answer.status === 401
        ? { ...answer, headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` } }
        : answer;
    };
    expect(hold('digest', '1', clear, { baseUrl: 'http://registry.example.com' }).outcome).toEqual({
      tag: 'unknown',
      because: 'local',
    });
    for (const here of ['http://127.0.0.1:5000', 'http://localhost:5000', 'http://[::1]:5000'])
      expect(hold('digest', '1', clear, { baseUrl: here }).outcome).toEqual({ tag: 'ok' });
  });
});

describe('heads', () => {
  const get = 'GET /v2/team/app/manifests/';
  test.each([
    ['say it', '1', answered(200, '', said), null],
    ['405', '1', answered(405), get],
    ['no digest', '1', answered(200, '', typed), get],
    ['an upper-case digest', '1', answered(200, '', { ...typed, 'docker-content-digest': digest.toUpperCase() }), get],
    ['a page', '1', answered(200, '', { ...said, 'content-type': 'text/html' }), get],
    ['another digest than asked for', digest, answered(200, '', { ...typed, 'docker-content-digest': other }), get],
  ])('%s', (_, version, head, then) => {
    const { shown, outcome, facts } = hold('digest', version, registry({ head }));
    const want = ['aside GET /v2/', `HEAD /v2/team/app/manifests/${version}`];
    expect(shown).toEqual(then === null ? want : [...want, `${then}${version}`]);
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.compared).toEqual({ algorithm: 'sha256', digest });
  });

  test.each([
    [400, { kind: 'status', status: 400 }],
    [403, { kind: 'denied', status: 403 }],
    [404, { kind: 'absent', status: 404 }],
    [500, { kind: 'server', status: 500 }],
    [501, { kind: 'server', status: 501 }],
    [503, { kind: 'server', status: 503 }],
    [429, { kind: 'throttled', status: 429, retryAfterMs: null }],
  ])('%s ends the probe, as it ends containerd', (status, failure) => {
    const { outcome, asks } = hold('digest', '1', registry({ head: answered(status) }));
    expect(outcome).toEqual({ tag: 'failed', failure });
    expect(asks).toHaveLength(2);
  });

  test('without Content-Type ends the probe: containerd chooses the format by it', () => {
    const { outcome, asks } = hold(
      'digest',
      '1',
      registry({ head: answered(200, '', { ...said, 'content-type': '' }) }),
    );
    expect(outcome).toEqual({ tag: 'failed', failure: malformed('answer.contentType') });
    expect(asks).toHaveLength(2);
  });

  test('every form of a manifest is accepted', () => {
    const { asks } = hold('digest', '1', registry());
    expect(asks[1]?.headers?.['accept']?.split(', ')).toHaveLength(4);
  });
});

describe('layers', () => {
  const size = 20 * 2 ** 20;
  const large = imageOf({ mediaType: 'l', digest: other, size });
  const serve =
    (blob: ProbeResponse): Serve =>
    (ask) =>
      ask.url.includes('/blobs/')
        ? blob
        : ask.url.includes('/manifests/')
          ? answered(200, large, typed)
          : answered(200, '{}');
  const range = answered(206, 'x', { 'content-range': `bytes 0-9/${size}` });

  test.each([
    ['a range', range, 'ok'],
    ['all of it, of which the beginning is read', answered(200, 'x'), 'ok'],
    ['a range of another size', answered(206, 'x', { 'content-range': 'bytes 0-9/10' }), 'malformed'],
    ['a range from elsewhere', answered(206, 'x', { 'content-range': `bytes 5-9/${size}` }), 'malformed'],
    ['a range of an unknown size', answered(206, 'x', { 'content-range': 'bytes 0-9/*' }), 'malformed'],
    ['a page', answered(200, '<html>'), 'wrong_content'],
    ['416', answered(416), 'status'],
    ['storage that refuses', answered(403), 'denied'],
  ])('of a large one: %s', (_, blob, want) => {
    const { outcome } = hold('blob', '1', serve(blob));
    expect(outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag).toBe(want);
  });

  test('a peek reads no further than it may, also of a large one', () => {
    const peek = hold('blob', '1', serve(range), { peekBytes: 10 }).asks.at(-1);
    expect(peek).toMatchObject({ headers: { range: 'bytes=0-9' }, stopAfterBytes: 10 });
    const usual = hold('blob', '1', serve(range)).asks.at(-1);
    expect(usual).toMatchObject({ headers: { range: 'bytes=0-1048575' }, stopAfterBytes: 2 ** 20 });
    expect(hold('blob', '1', registry(), { peekBytes: 3 }).asks.at(-1)).toMatchObject({ stopAfterBytes: 3 });
  });

  test('a peek of a pinned image shows how its layer begins, unless no whole download can be compared', () => {
    const { peekBytes } = limits;
    const body = Buffer.alloc(peekBytes, 'layer');
    const begins = (bytes: number, by: 'digest' | 'tag', read = peekBytes): unknown => {
      const text = imageOf({ mediaType: 'l', digest: other, size: bytes });
      const version = by === 'tag' ? '1' : digestOf('sha256', Buffer.from(text)).text;
      const part = answered(206, body.subarray(0, read), { 'content-range': `bytes 0-${read - 1}/${bytes}` });
      const serve: Serve = ({ url }) =>
        url.includes('/blobs/') ? part : answered(200, url.includes('/manifests/') ? text : '{}', typed);
      return hold('blob', version, serve, { peekBytes }).facts;
    };
    expect(begins(2 ** 20, 'digest')).toEqual(beginsAs(body, 2 ** 20));
    expect([begins(2 ** 20, 'tag'), begins(size, 'digest'), begins(2 ** 20, 'digest', 10)]).toEqual([{}, {}, {}]);
  });

  test.each([
    ['that is a page, as an artifact may be', '<html>a report</html>', { tag: 'ok' }],
    ['in whose place a page is', '<html>log in</html>', { failure: { kind: 'wrong_content' } }],
    ['with other bytes', 'another report', { failure: { kind: 'mismatch' } }],
  ])('one %s', (_, body, want) => {
    const layer = digestOf('sha256', Buffer.from('<html>a report</html>')).text;
    const report = imageOf({ mediaType: 'text/html', digest: layer, size: 21 });
    const { outcome } = hold('blob', '1', ({ url }) =>
      answered(200, url.includes('/blobs/') ? body : url.includes('/manifests/') ? report : '{}', typed),
    );
    expect(outcome).toMatchObject(want);
  });

  test('a small one is read whole; by a tag it can only be compared', () => {
    const whole = { algorithm: 'sha256', digest: digestOf('sha256', Buffer.from('layer')).text };
    const of = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
    expect(hold('blob', '1', registry()).facts).toEqual({ compared: { ...whole, of } });
    expect(hold('blob', digest, registry()).facts).toEqual({
      verified: { ...whole, against: 'pinned' },
      ...beginsAs(Buffer.from('layer'), 5),
    });
  });
});

describe('further blobs', () => {
  const bodies = ['one', 'two', 'three', 'config'].map((name) => Buffer.from(name.padEnd(3 * 2 ** 20, name)));
  const entries = bodies.map((body) => ({ mediaType: 'l', digest: digestOf('sha256', body).text, size: body.length }));
  const image = JSON.stringify({ schemaVersion: 2, config: entries[3], layers: entries.slice(0, 3) });
  const named = (...at: readonly number[]): string => at.map((one) => entries[one]?.digest.slice(0, 19)).join(', ');
  const serve =
    (wrong: number | null): Serve =>
    ({ url }) => {
      const at = entries.findIndex(({ digest: one }) => url.endsWith(one));
      if (at < 0) return answered(200, url.includes('/manifests/') ? image : '{}', typed);
      return answered(200, at === wrong ? 'other bytes' : (bodies[at] ?? ''));
    };

  test('are compared in turn, up to 8 MiB in one probe, and the record names them', () => {
    const memory = createProbeMemories()('m');
    const uncheckedOf = () => hold('blob', '1', serve(null), { memory }).facts.unchecked;
    // Of layers of one size the last one is chosen; the config comes before the layers.
    const wanted = [named(2, 3, 0), named(2, 1, 3), named(2, 0, 1)];
    expect([uncheckedOf(), uncheckedOf(), uncheckedOf()]).toEqual(
      wanted.map((names) => phrase('answer.blobs', { count: 3, total: 4, names })),
    );
  });

  test.each([0, 1, 3])('blob %i with other bytes is found, again by the probe that confirms', (wrong) => {
    const memory = createProbeMemories()('m');
    const kinds = Array.from({ length: 4 }, () => {
      const { outcome } = hold('blob', '1', serve(wrong), { memory });
      return outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag;
    });
    const first = kinds.indexOf('mismatch');
    expect(first).toBeGreaterThanOrEqual(0);
    expect(new Set(kinds.slice(first))).toEqual(new Set(['mismatch']));
  });

  test('are left alone by a peek', () => {
    const blobs = ({ shown }: { shown: readonly string[] }) => shown.filter((one) => one.includes('/blobs/'));
    expect(blobs(hold('blob', '1', serve(1), { peekBytes: 10 }))).toHaveLength(1);
  });

  test('of another size than the manifest says are malformed, as containerd finds', () => {
    const short = imageOf({ ...part, size: 6 });
    const { outcome } = hold('blob', '1', ({ url }) =>
      answered(200, url.includes('/blobs/') ? 'layer' : url.includes('/manifests/') ? short : '{}', typed),
    );
    expect(outcome).toEqual({ tag: 'failed', failure: malformed('answer.layers') });
  });
});

test.each([
  ['https://a.example.com', 'https://a.example.com/v2', 'https://a.example.com/v2/'],
  ['https://a.example.com/some/', 'https://a.example.com/some/v2', 'https://a.example.com/some/v2/'],
  ['https://a.example.com/v2/hub', 'https://a.example.com/v2/hub', 'https://a.example.com/v2/'],
  ['https://a.example.com/x/v2', 'https://a.example.com/x/v2', 'https://a.example.com/x/v2/'],
  ['https://v2.example.com/v2fs', 'https://v2.example.com/v2fs/v2', 'https://v2.example.com/v2fs/v2/'],
])('the API of %s', (url, root, door) => expect([apiRootOf(url), apiBaseOf(url)]).toEqual([root, door]));

test.each<[string, ProbeResponse, Facts['offers']]>([
  ['an index', answered(200, '{}', { 'content-type': 'application/vnd.oci.image.index.v1+json' }), { referrers: true }],
  ['another media type', answered(200, '{}', { 'content-type': 'application/json' }), { referrers: false }],
  ['400', answered(400), { referrers: false }],
  ['404', answered(404), { referrers: false }],
  ['500', answered(500), undefined],
  ['a refused connection', { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } }, undefined],
])('referrers of a manifest: %s', (_, answer, offers) => {
  const serve: Serve = (ask) => (ask.url.includes('/referrers/') ? answer : registry()(ask));
  const { outcome, facts, shown } = hold('manifest', '1', serve);
  expect([outcome, facts.offers]).toEqual([{ tag: 'ok' }, offers]);
  expect(shown.at(-1)).toBe(`aside GET /v2/team/app/referrers/${digest}`);
});

test('referrers are requested with the token of the manifest', () => {
  const { shown } = hold('manifest', '1', registry({ token: 't1' }));
  expect(shown).toEqual([
    'aside GET /v2/',
    `aside foreign GET ${tokenUrl}`,
    'GET /v2/team/app/manifests/1',
    `aside GET /v2/team/app/referrers/${digest}`,
  ]);
});

test('the namespace is that of the image', () => {
  const { shown } = hold('digest', '1', registry(), { own: { ...own, ns: true } });
  expect(shown.at(-1)).toBe('HEAD /v2/team/app/manifests/1?ns=ghcr.io');
});

test.each([null, '', '..', 'a/b', 'x?y=1', `sha256:${'A'.repeat(64)}`])(
  'the version %s is asked of nobody',
  (version) => {
    for (const step of ['digest', 'manifest', 'blob'])
      expect(hold(step, version, registry())).toMatchObject({
        asks: [],
        outcome: { tag: 'unknown', because: 'local' },
      });
  },
);

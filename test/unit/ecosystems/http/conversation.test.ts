import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { ProbeRequest, ProbeResponse, Verdict } from '../../../../src/core/transcript.ts';
import { buildHttpContext, type HttpContext } from '../../../../src/ecosystems/http/context.ts';
import { probe } from '../../../../src/ecosystems/http/conversation.ts';
import { http } from '../../../../src/ecosystems/http/http.ts';
import { httpNames } from '../../../../src/ecosystems/http/names.ts';
import { targetOf } from '../../../ecosystem/fixture.ts';
import { aMirror } from './mirror.ts';

const sha256 = '0'.repeat(64);

function hold(
  step: string,
  module: string | null,
  body: Uint8Array,
  { own, status = 200, ...more }: Partial<HttpContext> & { readonly status?: number } = {},
): { readonly ask: ProbeRequest | null; readonly verdict: Verdict } {
  const context: HttpContext = {
    baseUrl: 'https://m.example.com',
    pinned: {},
    own: own ?? { profile: null, expect: { 'x.bin': { sha256 } } },
    nowWallMs: 0,
    ...more,
  };
  const fixture = { name: '', what: '', step, module, version: null, pinned: {}, own: {}, nowWallMs: 0, answers: [] };
  const conversation = probe(
    targetOf('http', { ...fixture, upstream: undefined, want: { outcome: { tag: 'ok' }, facts: {} } }),
    context,
  );
  const first = conversation.next();
  if (first.done === true) return { ask: null, verdict: first.value };
  const answer: ProbeResponse = { tag: 'answered', status, headers: {}, body, finalUrl: first.value.url };
  const last = conversation.next(answer);
  if (last.done !== true) throw new Error('one ask at most');
  return { ask: first.value, verdict: last.value };
}

const unaskable = { tag: 'unknown', because: 'local' };

test.each([
  [null, true],
  ['debian', true],
  ['alpine', true],
  ['arch', true],
  ['maven', undefined],
  ['rubygems', undefined],
  ['conda', undefined],
])('a file is taken as it is sent, or decoded, as its client does: %s', (profile, asSent) => {
  for (const step of ['get', 'whole'])
    expect(hold(step, 'x.bin', Buffer.from('x'), { own: { profile, expect: {} } }).ask?.asSent).toBe(asSent);
});

describe('how far a file is read', () => {
  test.each([
    ['get', {}, limits.peekBytes],
    ['get', { peekBytes: 10 }, limits.peekBytes],
    ['whole', {}, limits.zipBytes],
    ['whole', { peekBytes: 10 }, 10],
  ])('%s with %o: %i bytes', (step, more, want) =>
    expect(hold(step, 'x.bin', Buffer.from('x'), more).ask).toMatchObject({
      url: 'https://m.example.com/x.bin',
      stopAfterBytes: want,
    }),
  );

  test('what was cut on purpose is held to no hash, and what is whole is', () => {
    const cut = hold('get', 'x.bin', Buffer.alloc(limits.peekBytes));
    const whole = hold('get', 'x.bin', Buffer.alloc(limits.peekBytes - 1));
    expect([cut.verdict.outcome.tag, whole.verdict.outcome]).toMatchObject([
      'ok',
      { tag: 'failed', failure: { kind: 'mismatch', want: sha256 } },
    ]);
    expect(hold('whole', 'x.bin', Buffer.alloc(10), { peekBytes: 10 }).verdict.outcome.tag).toBe('ok');
  });

  test('a file with the expected hash or beginning may be a page', () => {
    const feed = Buffer.from('<?xml version="1.0"?><feed/>');
    const kindOf = (expected: object) => {
      const { outcome } = hold('whole', 'feed', feed, { own: { profile: null, expect: { feed: expected } } }).verdict;
      return outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag;
    };
    expect(kindOf({ sha256: createHash('sha256').update(feed).digest('hex') })).toBe('ok');
    expect(kindOf({ startsHex: Buffer.from('<?xml').toString('hex') })).toBe('ok');
    expect(kindOf({ startsHex: Buffer.from('<rss').toString('hex') })).toBe('wrong_content');
    expect(kindOf({ sha256 })).toBe('wrong_content');
    expect(kindOf({})).toBe('wrong_content');
  });

  test('a file without its expected pattern is no file with a wrong hash: a hash makes no error page a response', () => {
    const kindOf = (text: string) => {
      const expected = { x: { sha256, matches: '^Suite: ' } };
      const { outcome } = hold('whole', 'x', Buffer.from(text), { own: { profile: null, expect: expected } }).verdict;
      return outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag;
    };
    expect([kindOf('upstream timeout\n'), kindOf('Suite: stable\n')]).toEqual(['wrong_content', 'mismatch']);
  });

  test('a page in its place is found however little is read', () => {
    const { verdict } = hold('whole', 'x.bin', Buffer.from('<html>'.repeat(9)), { peekBytes: 10 });
    expect(verdict.outcome).toMatchObject({ failure: { kind: 'wrong_content' } });
  });
});

describe('what cannot be asked is ours', () => {
  test.each([
    ['a path that climbs', 'get', '../x'],
    ['a query', 'whole', 'x?y'],
    ['no path', 'get', null],
    ['a marker without a profile', 'marker', null],
    ['a step of another ecosystem', 'zip', 'x'],
  ])('%s', (_, step, module) =>
    expect(hold(step, module, Buffer.alloc(0))).toMatchObject({ ask: null, verdict: { outcome: unaskable } }),
  );

  test('words that every object has are paths like others', () => {
    for (const path of ['__proto__', 'constructor', 'toString'])
      expect(hold('get', path, Buffer.from('x')).verdict.outcome.tag).toBe('ok');
  });
});

describe('what the file says', () => {
  const { form } = httpNames;

  test('an entry, with sizes, ages and beginnings as numbers and hex', () => {
    const entry = {
      upstream: 'tools',
      path: 'a/x.tar.gz',
      expect: {
        sha256: 'AB'.repeat(32),
        bytesMin: '1KiB',
        bytesMax: 5000,
        starts: 'é',
        newerThan: '2d',
        signedBy: 'k.gpg',
      },
    };
    expect(form?.schema.safeParse(entry).success).toBe(true);
    const files = { keyring: (keys: readonly string[], name: string) => `/at/${keys.join('/')}/${name}` };
    expect(form?.read(entry, files)).toEqual({
      module: 'a/x.tar.gz',
      version: null,
      upstream: 'tools',
      expect: {
        sha256: 'ab'.repeat(32),
        bytesMin: 1024,
        bytesMax: 5000,
        startsHex: 'c3a9',
        newerThanMs: 172_800_000,
        signedBy: '/at/expect/signedBy/k.gpg',
      },
    });
  });

  test.each([
    ['a path alone', { path: 'x' }, true],
    ['no path', { upstream: 'x' }, false],
    ['half a byte', { path: 'x', expect: { startsHex: '1f8' } }, false],
    ['a size below nothing', { path: 'x', expect: { bytesMin: -1 } }, false],
    ['a size in words', { path: 'x', expect: { bytesMin: 'much' } }, false],
    ['an age in words', { path: 'x', expect: { newerThan: 'old' } }, false],
    ['another key', { path: 'x', expect: { md5: '' } }, false],
  ])('%s: %o is %s', (_, entry, want) => expect(form?.schema.safeParse(entry).success).toBe(want));

  test('conversations get only the expectations of their own upstream', () => {
    const ref = (upstream: string, module: string) => ({
      ...{ ecosystem: 'http', upstream, module, version: null },
      expect: { bytes: 1 },
    });
    const mirror = aMirror('a', 'https://m.example.com', 'debian');
    const given = {
      modules: [ref('files', 'x'), ref('others', 'y')],
      privatePatterns: [],
      settings: null,
      origin: null,
      known: null,
    };
    expect(buildHttpContext({ mirror, ...given })).toEqual({ profile: 'debian', expect: { x: { bytes: 1 } } });
  });

  test.each([
    ['debian', true],
    ['maven', false],
    [null, false],
  ])('a marker is asked of a mirror with profile %s: %s', (profile, want) =>
    expect(http.steps['marker']?.isRequested?.(aMirror('a', 'https://m.example.com', profile), null)).toBe(want),
  );

  test('a marker that apt-cacher-ng refuses by 403 is not offered', () => {
    const own = { profile: 'debian', expect: {} } as const;
    const { verdict } = hold('marker', null, Buffer.from(''), { own, status: 403 });
    expect(verdict).toMatchObject({ outcome: { tag: 'ok' }, facts: { notOffered: true } });
  });
});

describe('which archive a Release file is of', () => {
  const digestAt = (path: string, fields: string, step = 'get'): unknown =>
    hold(step, path, Buffer.from(`${fields}\nDate: Thu, 01 Jan 1998 00:00:00 UTC\nSHA256:\n`), {
      own: { profile: 'debian', expect: {} },
    }).verdict.facts.compared?.digest;
  const example = 'Origin: Example\nLabel: Example';

  test.each([
    ['dists/stable/Release', 'Suite: stable\nCodename: one', ''],
    ['dists/one/Release', 'Suite: stable\nCodename: one', ''],
    ['debian/dists/one/updates/Release', 'Suite: stable\nCodename: one', ''],
    ['dists/one-security/Release', 'Suite: stable-security\nCodename: one-security', ''],
    ['Release', 'Suite: stable', ''],
    ['Release', '', ''],
    ['dists/devel/Release', 'Suite: two\nCodename: two', '; not devel'],
    ['dists/one/Release', 'Suite: stable\nCodename: two', '; not one'],
  ])('%s with %j', (path, fields, end) =>
    expect(digestAt(path, `${example}\n${fields}`)).toBe(`Origin: Example; Label: Example${end}`),
  );

  test('a release of the distribution changes nothing, another archive does', () => {
    const of = (label: string, codename: string): unknown =>
      digestAt('dists/stable/Release', `Origin: Example\nLabel: ${label}\nSuite: stable\nCodename: ${codename}`);
    expect(of('Example', 'two')).toBe(of('Example', 'one'));
    expect(of('Other', 'one')).not.toBe(of('Example', 'one'));
  });

  test('the whole file is compared by its bytes', () =>
    expect(digestAt('dists/stable/Release', example, 'whole')).toMatch(/^[0-9a-f]{64}$/));
});

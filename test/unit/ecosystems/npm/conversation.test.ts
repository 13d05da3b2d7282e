import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { heldBodyOf } from '../../../../src/core/body.ts';
import type { ProbeFailure } from '../../../../src/core/failure.ts';
import { limits } from '../../../../src/core/limits.ts';
import type { Step } from '../../../../src/core/mirror.ts';
import type { ProbeMemory } from '../../../../src/core/ports.ts';
import { atOnce } from '../../../../src/core/slices.ts';
import type { ProbeResponse } from '../../../../src/core/transcript.ts';
import { buildNpmContext } from '../../../../src/ecosystems/npm/context.ts';
import { probe } from '../../../../src/ecosystems/npm/conversation.ts';
import { parsePackument } from '../../../../src/ecosystems/npm/packument.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../../../src/words/tell.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { table } from '../../../support/table.ts';
import { answered, beginsAs, byUrl, contextOf, talk, targetOf } from '../talk.ts';
import { integrityOf } from './sri.ts';

const base = 'https://mirror.example.com/npm';
const tgz = gzipSync('an artifact');
const sri = integrityOf(tgz, 'sha512');
const tarball = `${base}/hello/-/hello-1.0.0.tgz`;
const publicHost = ['registry', 'npmjs', 'org'].join('.');
const page = '<!DOCTYPE html><body>Log in</body>';

function packument(dist: object | null = { tarball, integrity: sri }, more: object = {}): string {
  const versions = dist === null ? {} : { '1.0.0': { dist } };
  return JSON.stringify({ name: 'hello', 'dist-tags': { latest: '1.0.0' }, versions, ...more });
}

function hold(
  step: Step,
  version: string | null,
  answers: Readonly<Record<string, ProbeResponse>>,
  more: Parameters<typeof contextOf>[0] = {},
  module = 'hello',
) {
  const context = { ...contextOf({ baseUrl: base, ...more }), own: { tarballHosts: ['cdn.example.com'] } };
  const { asks, verdict } = talk(probe(targetOf(step, module, version), context), byUrl(answers));
  return { ...verdict, asks, asked: asks.map(({ url, aside }) => (aside === true ? `aside ${url}` : url)) };
}

const failed = (failure: ProbeFailure) => ({ tag: 'failed', failure });
const broken = (expected: string) => failed({ kind: 'malformed', expected, sentences: expect.any(Object) });

describe('a packument', () => {
  test('is asked in the short form, and in the full one where that is not found', () => {
    const { asks, outcome } = hold('metadata', '1.0.0', { [`${base}/hello`]: answered(404, '{}') });
    expect(outcome).toEqual(failed({ kind: 'absent', status: 404 }));
    expect(asks.map(({ headers }) => headers)).toEqual([
      {
        accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*',
        'accept-encoding': 'gzip,deflate',
      },
      { accept: 'application/json', 'accept-encoding': 'gzip,deflate' },
    ]);
  });

  test.each<[string, ProbeResponse, ReturnType<typeof failed>]>([
    ['a page', answered(200, page), failed(wrongContent('answer.notPage', { what: phrase('answer.packument') }))],
    ['nothing', answered(200, ''), broken('a packument: a JSON object')],
    ['JSON cut short', answered(200, packument().slice(0, -1)), broken('a packument: a JSON object')],
    ['a list', answered(200, '[]'), broken('a packument: a JSON object')],
    ['null', answered(200, 'null'), broken('a packument: a JSON object')],
    ['no UTF-8', answered(200, Buffer.from([0x7b, 0xff, 0x7d])), broken('a packument in UTF-8')],
    [
      'of another package',
      answered(200, packument(undefined, { name: 'other' })),
      broken('a packument with the name of the requested package'),
    ],
    [
      'an error with status 200',
      answered(200, '{"error":"not_found"}'),
      broken('a packument with the name of the requested package'),
    ],
    ['versions in a list', answered(200, packument(undefined, { versions: [] })), broken('a packument with versions')],
    ['a version without dist', answered(200, packument({})), broken('a version with dist.tarball')],
    ['a tarball that is no text', answered(200, packument({ tarball: 1 })), broken('a version with dist.tarball')],
    ['no such version', answered(200, packument(null)), failed({ kind: 'absent', status: 200 })],
    ['401', answered(401), failed({ kind: 'denied', status: 401 })],
    ['403 of an edge', answered(403, page), failed({ kind: 'denied', status: 403 })],
    ['451', answered(451), failed({ kind: 'policy', status: 451 })],
    ['500', answered(500), failed({ kind: 'server', status: 500 })],
    ['511', answered(511), failed(wrongContent('answer.portal'))],
  ])('%s', (_, answer, outcome) =>
    expect(hold('metadata', '1.0.0', { [`${base}/hello`]: answer }).outcome).toEqual(outcome),
  );

  test.each([400, 403, 405, 501])('of dist-tags refused by %i is not offered, and 401 stays a refusal', (left) => {
    const [refused, denied] = [left, 401].map((status) =>
      hold('tags', null, { [`${base}/-/package/hello/dist-tags`]: answered(status) }),
    );
    expect(refused).toMatchObject({ outcome: { tag: 'ok' }, facts: { notOffered: true } });
    expect(denied).toMatchObject({ outcome: failed({ kind: 'denied', status: 401 }) });
  });

  test('of 300 MB is cut off by the wire: each ask has its cap', () => {
    const caps = ['metadata', 'tags', 'packument'].map((step) =>
      hold(step, null, {
        [`${base}/hello`]: answered(500),
        [`${base}/-/package/hello/dist-tags`]: answered(500),
      }).asks.map(({ bodyBytesMax, stopAfterBytes }) => stopAfterBytes ?? bodyBytesMax),
    );
    expect(caps).toEqual([[256 * 2 ** 20], [2 ** 20], [256 * 2 ** 20]]);
    expect(
      hold('metadata', '1.0.0', { [`${base}/hello`]: { tag: 'failed', failure: { kind: 'oversize', limitBytes: 1 } } }),
    ).toMatchObject({ outcome: failed({ kind: 'oversize', limitBytes: 1 }), asked: [`${base}/hello`] });
  });

  test('of its tags the first ten thousand are looked at, and latest wherever it stands', () => {
    const many = Array.from({ length: limits.tagsRead }, (_, at) => [`t${at}`, 'x']);
    const tags = Object.fromEntries([...many, ['next', '1.0.0'], ['latest', '2.0.0']]);
    const body = JSON.stringify({ name: 'hello', versions: {}, 'dist-tags': tags });
    const read = atOnce(parsePackument(heldBodyOf(Buffer.from(body)), 'hello', null));
    expect(read.tag === 'ok' && read.value.contents.tags).toEqual({ latest: '2.0.0' });
  });

  test('nested a hundred thousand deep ends typed', () => {
    const deep = `{"name":"hello","versions":${'['.repeat(100_000)}`;
    expect(hold('metadata', '1.0.0', { [`${base}/hello`]: answered(200, deep) }).outcome).toEqual(
      broken('a packument: a JSON object (nested at most 100 deep)'),
    );
  });

  test('with 20 000 versions is read in proportion, the newest by number', () => {
    const packumentOf = (size: number) => {
      const versions = Object.fromEntries(
        Array.from({ length: size }, (_, at) => [`1.${at}.0`, { dist: { tarball, integrity: sri } }]),
      );
      return packument(undefined, { versions, 'dist-tags': { latest: `1.${size - 1}.0` } });
    };
    const read = (body: ReturnType<typeof packument>) =>
      hold('metadata', 'latest', { [`${base}/hello`]: answered(200, body) });
    expectInProportion(1_000, packumentOf, read);
    expect(read(packumentOf(20_000)).facts.listed).toEqual({ count: 20_000, newest: '1.19999.0' });
  });

  test('__proto__ as a version or a tag is nothing of an object’s own', () => {
    const body = '{"name":"hello","versions":{},"dist-tags":{}}';
    for (const version of ['__proto__', 'constructor', 'toString'])
      expect(hold('metadata', version, { [`${base}/hello`]: answered(200, body) }).outcome).toEqual(
        failed({ kind: 'absent', status: 200 }),
      );
  });

  test('a pinned hash of an algorithm that the packument lacks verifies nothing', () => {
    const pinned = { 'hello@1.0.0': integrityOf(tgz, 'sha1') };
    const { outcome, facts } = hold('metadata', '1.0.0', { [`${base}/hello`]: answered(200, packument()) }, { pinned });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.compared).toEqual({ algorithm: 'sha512', digest: sri });
    expect(facts.verified).toBe(undefined);
  });

  test.each(['../up', '', 'a/b', '@scope', 'a#b'])('a name such as %j is never asked', (name) => {
    for (const step of ['metadata', 'tags', 'tarball', 'packument'])
      expect(hold(step, '1.0.0', {}, {}, name)).toMatchObject({
        outcome: { tag: 'unknown', because: 'local' },
        asked: [],
      });
  });
});

describe('an artifact', () => {
  const at = (url: unknown, body: Uint8Array = tgz): Record<string, ProbeResponse> => ({
    [`${base}/hello`]: answered(200, packument({ tarball: url, integrity: sri })),
    [String(url).replace(/#.*/, '').replace(publicHost, 'mirror.example.com')]: answered(200, body),
  });

  test.each([
    ['on the mirror', tarball, tarball],
    [
      'on the mirror, outside its base',
      'https://mirror.example.com/files/x.tgz',
      'https://mirror.example.com/files/x.tgz',
    ],
    ['on a port of its own', 'https://mirror.example.com:8443/x.tgz', 'https://mirror.example.com:8443/x.tgz'],
    ['on a named host', 'https://cdn.example.com/x.tgz', 'https://cdn.example.com/x.tgz'],
    [
      'on the public registry, which npm replaces by the root of the mirror',
      `https://${publicHost}/hello/-/hello-1.0.0.tgz`,
      'https://mirror.example.com/hello/-/hello-1.0.0.tgz',
    ],
    ['with a query', `${tarball}?cache=0&sync_timestamp=1`, `${tarball}?cache=0&sync_timestamp=1`],
    ['with a fragment, which is dropped', `${tarball}#package`, tarball],
  ])('%s is asked there, as a URL that an answer gave', (_, written, asked) => {
    const told = hold('tarball', '1.0.0', at(written));
    expect(told.outcome).toEqual({ tag: 'ok' });
    expect(told.asked).toEqual([`aside ${base}/hello`, asked]);
    expect(told.asks[1]).toMatchObject({ foreign: true, bodyBytesMax: limits.zipBytes });
    expect(told.asks.map(({ headers }) => headers?.['authorization'])).toEqual([undefined, undefined]);
  });

  test.each(table<[string, string, string][]>('unit/ecosystems/npm/conversation', '%s is never asked'))(
    '%s is never asked',
    (_, written, words) => {
      const told = hold('tarball', '1.0.0', at(written));
      expect(told.outcome).toEqual(broken(`dist.tarball: ${words}`));
      expect(told.asked).toEqual([`aside ${base}/hello`]);
    },
  );

  test('the lock file’s hash decides, whatever the packument says', () => {
    const pinned = { 'hello@1.0.0': sri };
    const lying = packument({ tarball, integrity: integrityOf(Buffer.from('other'), 'sha512') });
    const answers = { [`${base}/hello`]: answered(200, lying), [tarball]: answered(200, tgz) };
    expect(hold('tarball', '1.0.0', answers, { pinned })).toMatchObject({
      outcome: { tag: 'ok' },
      facts: { verified: { algorithm: 'sha512', digest: sri, against: 'pinned' } },
    });
    const got = sri;
    const want = integrityOf(Buffer.from('other'), 'sha512');
    expect(hold('tarball', '1.0.0', answers).outcome).toEqual(
      failed(mismatchOf({ algorithm: 'sha512', want, got, by: phrase('answer.npmOwn') })),
    );
    expect(hold('tarball', '1.0.0', { ...at(tarball) }, { pinned: { 'hello@1.0.0': want } }).outcome).toEqual(
      failed(mismatchOf({ algorithm: 'sha512', want, got, by: phrase('answer.npmSignature') })),
    );
  });

  test('one of several hashes will do', () => {
    const both = `${integrityOf(Buffer.from('other'), 'sha512')} ${sri}`;
    const answers = {
      [`${base}/hello`]: answered(200, packument({ tarball, integrity: both })),
      [tarball]: answered(200, tgz),
    };
    expect(hold('tarball', '1.0.0', answers).outcome).toEqual({ tag: 'ok' });
  });

  test.each([
    ['a page', Buffer.from(page), wrongContent('answer.npmGzip')],
    ['nothing', Buffer.alloc(0), malformed('answer.npmGzip')],
  ] as const)('%s in its place', (_, body, failure) =>
    expect(hold('tarball', '1.0.0', at(tarball, body)).outcome).toEqual(failed(failure)),
  );
});

describe('a look at the beginning of an artifact', () => {
  const manifest = (more: object = {}) =>
    answered(200, JSON.stringify({ name: 'hello', version: '1.0.0', dist: { tarball, integrity: sri }, ...more }));

  test('requests the manifest of one version, and reads no further than allowed', () => {
    const answers = { [`${base}/hello/1.0.0`]: manifest(), [tarball]: answered(200, tgz.subarray(0, 20)) };
    const told = hold('tarball', '1.0.0', answers, { peekBytes: 20 });
    expect(told).toMatchObject({ outcome: { tag: 'ok' }, facts: {} });
    expect(told.asked).toEqual([`aside ${base}/hello/1.0.0`, tarball]);
    expect(told.asks[1]?.stopAfterBytes).toBe(20);
    const long = Buffer.concat([tgz, Buffer.alloc(limits.peekBytes)]).subarray(0, limits.peekBytes);
    const whole = { ...answers, [tarball]: answered(200, long, { 'content-length': '70000' }) };
    expect(hold('tarball', '1.0.0', whole, { peekBytes: limits.peekBytes }).facts).toEqual(beginsAs(long, 70_000));
  });

  test.each([
    ['a mirror without manifests', answered(404)],
    ['the manifest of another version', manifest({ version: '2.0.0' })],
    ['a page', answered(200, page)],
  ])('%s: the packument decides', (_, answer) => {
    const answers = {
      [`${base}/hello/1.0.0`]: answer,
      [`${base}/hello`]: answered(200, packument()),
      [tarball]: answered(200, tgz.subarray(0, 20)),
    };
    const told = hold('tarball', '1.0.0', answers, { peekBytes: 20 });
    expect(told.outcome).toEqual({ tag: 'ok' });
    expect(told.asked).toEqual([`aside ${base}/hello/1.0.0`, `aside ${base}/hello`, tarball]);
  });

  test('a page is seen in its first bytes', () => {
    const answers = { [`${base}/hello/1.0.0`]: manifest(), [tarball]: answered(200, page.slice(0, 20)) };
    expect(hold('tarball', '1.0.0', answers, { peekBytes: 20 }).outcome).toEqual(
      failed(wrongContent('answer.npmGzip')),
    );
  });

  test('of a full packument too', () => {
    const answers = { [`${base}/hello`]: answered(200, packument().slice(0, 20)) };
    const told = hold('packument', null, answers, { peekBytes: 20 });
    expect(told).toMatchObject({ outcome: { tag: 'ok' }, facts: {} });
    expect(told.asks[0]?.stopAfterBytes).toBe(20);
  });

  test('where an artifact lies is kept for five minutes, and no longer', () => {
    const kept = new Map<string, { text: string; until: number }>();
    const memory: ProbeMemory = {
      get: (key, now) => ((kept.get(key)?.until ?? 0) > now ? (kept.get(key)?.text ?? null) : null),
      keep: (key, text, until) => void kept.set(key, { text, until }),
    };
    const answers = { [`${base}/hello`]: answered(200, packument()), [tarball]: answered(200, tgz) };
    const ask = (nowWallMs: number) => {
      const context = { ...contextOf({ baseUrl: base, nowWallMs }), memory, own: { tarballHosts: [] } };
      const { asks, verdict } = talk(probe(targetOf('tarball', 'hello', '1.0.0'), context), byUrl(answers));
      return [asks.length, verdict] as const;
    };
    const first = ask(1_000);
    expect(first[0]).toBe(2);
    expect(ask(1_000 + 299_999)).toEqual([1, first[1]]);
    expect(ask(1_000 + 300_001)).toEqual(first);
  });

  test('a kept location is not used once an index has stated another one; a query is no other one', () => {
    const kept = new Map<string, string>();
    const memory: ProbeMemory = { get: (key) => kept.get(key) ?? null, keep: (key, text) => void kept.set(key, text) };
    const moved = `${base}/elsewhere/hello-1.0.0.tgz`;
    const probeOf = (step: 'metadata' | 'tarball', url: string, artifactAt?: string) => {
      const own = { tarballHosts: [] };
      const context = { ...contextOf({ baseUrl: base, nowWallMs: 1_000 }), memory, own };
      const answers = { [`${base}/hello`]: answered(200, packument({ tarball: url })), [url]: answered(200, tgz) };
      const given = artifactAt === undefined ? context : { ...context, artifactAt };
      const { asks, verdict } = talk(probe(targetOf(step, 'hello', '1.0.0'), given), byUrl(answers));
      return { asked: asks.map((ask) => ask.url), at: verdict.facts.artifact?.at };
    };
    const before = probeOf('metadata', tarball).at;
    probeOf('tarball', tarball);
    expect(probeOf('tarball', tarball, before).asked).toEqual([tarball]);
    expect(probeOf('metadata', `${tarball}?token=2`).at).toBe(before);
    const { at } = probeOf('metadata', moved);
    expect(probeOf('tarball', moved, at).asked).toEqual([`${base}/hello`, moved]);
    expect(probeOf('tarball', moved, at).asked).toEqual([moved]);
  });

  test('an outdated artifact URL is not held against the mirror: the packument is requested again, the bytes are not', () => {
    const kept = new Map<string, string>();
    const memory: ProbeMemory = { get: (key) => kept.get(key) ?? null, keep: (key, text) => void kept.set(key, text) };
    const other = Buffer.concat([tgz, Buffer.from([0])]);
    const ask = (told: string, bytes: Uint8Array) => {
      const context = { ...contextOf({ baseUrl: base, nowWallMs: 1_000 }), memory, own: { tarballHosts: [] } };
      const answers = { [`${base}/hello`]: answered(200, told), [tarball]: answered(200, bytes) };
      const { asks, verdict } = talk(probe(targetOf('tarball', 'hello', '1.0.0'), context), byUrl(answers));
      return [asks.length, verdict.outcome.tag] as const;
    };
    const anew = packument({ tarball, integrity: integrityOf(other, 'sha512') });
    expect(ask(packument(), tgz)).toEqual([2, 'ok']);
    expect(ask(anew, other)).toEqual([2, 'ok']);
    expect(ask(anew, other)).toEqual([1, 'ok']);
    // A packument that was wrong once, and is right by now.
    expect(ask(anew, tgz)).toEqual([2, 'failed']);
    expect(ask(packument(), tgz)).toEqual([2, 'ok']);
  });
});

test.each([
  ['none', undefined, []],
  ['hosts, in lower case', { tarballHosts: ['CDN.example.com'] }, ['cdn.example.com']],
])('what a mirror is prepared with: %s', (_, own, tarballHosts) => {
  const given = { mirror: { own }, modules: [], privatePatterns: [], settings: { keys: null }, known: null };
  expect(buildNpmContext(given as never)).toEqual({ tarballHosts });
});

test.each([
  ['hello', 200, { isUnlisted: true }],
  ['hello', 404, {}],
  ['@scope/hello', 200, { isUnlisted: true }],
])('the artifact of a version that the packument of %s lacks: the usual path is %i', (module, status, facts) => {
  const lacking = JSON.stringify({ name: module, versions: { '0.0.1-security': { dist: {} } } });
  const path = `${base}/${module}/-/hello-1.0.0.tgz`;
  const document = `${base}/${module.replace('/', '%2f')}`;
  const told = hold('tarball', '1.0.0', { [document]: answered(200, lacking), [path]: answered(status) }, {}, module);
  expect(told.outcome).toEqual(failed({ kind: 'absent', status: 200 }));
  expect(told.facts).toEqual(facts);
  expect(told.asked).toEqual([`aside ${document}`, `aside ${path}`]);
  expect(told.asks.at(-1)?.method).toBe('HEAD');
});

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { listKnownMirrors } from '../../../../src/config/known-mirrors.ts';
import { heldBodyOf } from '../../../../src/core/body.ts';
import { atOnce } from '../../../../src/core/slices.ts';
import { cargo } from '../../../../src/ecosystems/cargo/cargo.ts';
import { cargoClient } from '../../../../src/ecosystems/cargo/client.ts';
import { buildCargoContext, cargoLearning } from '../../../../src/ecosystems/cargo/context.ts';
import { probe } from '../../../../src/ecosystems/cargo/conversation.ts';
import { parseIndexFile } from '../../../../src/ecosystems/cargo/index-file.ts';
import { readCargoLock } from '../../../../src/ecosystems/cargo/locks.ts';
import { cargoNames, isCrateName, isCrateVersion } from '../../../../src/ecosystems/cargo/names.ts';
import { downloadUrlOf, indexPathOf } from '../../../../src/ecosystems/cargo/paths.ts';
import { sampleMirror } from '../../../support/sample-config.ts';
import { answered, byUrl, talk, targetOf } from '../talk.ts';

const sum = 'a'.repeat(64);
const other = 'b'.repeat(64);
const lineOf = (vers: string, more: object = {}) => JSON.stringify({ name: 'serde', vers, cksum: sum, ...more });

describe('names', () => {
  test.each(['serde', 'cfg-if', 'a', '_x', 'Inflector'])('%s is a crate', (name) =>
    expect(isCrateName(name)).toBe(true),
  );
  test.each(['', '1a', 'a/b', 'a.b', '..', 'a b', 'x'.repeat(65)])('%j is none', (name) =>
    expect(isCrateName(name)).toBe(false),
  );
  test.each(['1.2.3', '0.9.34+deprecated', '1.0.0-rc.1', '1.0.0-rc.1+a.b'])('%s is a version', (text) =>
    expect(isCrateVersion(text)).toBe(true),
  );
  test.each(['1.2', '01.0.0', 'v1.0.0', '1.0.0-', '1.0.0-01', '1.0.0/../x'])('%s is none', (text) =>
    expect(isCrateVersion(text)).toBe(false),
  );
  test('an entry is a crate and a version, or latest', () => {
    expect(cargoNames.parse('serde@latest')).toEqual({ tag: 'ok', value: { module: 'serde', version: 'latest' } });
    for (const text of ['serde', 'serde@', 'serde@1', 'a/b@1.0.0']) expect(cargoNames.parse(text).tag).toBe('error');
    expect(cargoNames.byHand(' any thing@x@y ')).toEqual({ module: 'any thing', version: 'x@y' });
    expect(['latest', '1.0.0', null].map(cargoNames.isFixed)).toEqual([false, true, false]);
  });
  test('private patterns', () => {
    const { isPattern, matches } = cargoNames.private ?? { isPattern: () => false, matches: () => false };
    expect(['corp-*', 'corp', '*', '', 'a b'].map(isPattern)).toEqual([true, true, false, false, false]);
    const names = ['corp-a', 'Corp-A', 'corp_a', 'xcorp-a'];
    for (const one of ['corp-*', 'corp_*'])
      expect(names.map((name) => matches([one], name))).toEqual([true, true, true, false]);
  });
});

// https://doc.rust-lang.org/cargo/reference/registry-index.html
describe('paths', () => {
  test.each([
    ['a', '1/a'],
    ['io', '2/io'],
    ['Url', '3/u/url'],
    ['SERDE', 'se/rd/serde'],
  ])('%s: %s', (name, path) => expect(indexPathOf(name)).toBe(path));

  test.each([
    ['https://dl.example.com/api', 'https://dl.example.com/api/Serde/1.0.0/download'],
    ['https://dl.example.com/{crate}-{version}.crate', 'https://dl.example.com/Serde-1.0.0.crate'],
    ['https://dl.example.com/{prefix}/{lowerprefix}/{other}', 'https://dl.example.com/Se/rd/se/rd/%7Bother%7D'],
    ['https://dl.example.com/{sha256-checksum}', `https://dl.example.com/${sum}`],
    ['https://dl.example.com/{crate}#x', 'https://dl.example.com/Serde'],
    ['https://ada:hunter2@dl.example.com', null],
    [`https://${'a'.repeat(64)}.example.com`, null],
    ['file:///dl', null],
    ['{crate}', null],
  ])('%s: %s', (dl, url) => expect(downloadUrlOf(dl, 'Serde', '1.0.0', sum)).toBe(url));
});

describe('a path at the front door', () => {
  test.each([
    ['crates/corp-3d-0.1.0.crate', 'corp-3d'],
    ['corp-2-b/corp-2-b-1.0.0-alpha-2.0.0.crate', 'corp-2-b'],
    ['a/b-1/serde-1.0.0+x-1.2.crate', 'serde'],
    ['api/v1/crates/corp-2/1.0.0/download', 'corp-2'],
    ['co/rp/corp-2', 'corp-2'],
  ])('%s names the whole crate', (path, module) => expect(cargo.door?.read(path)).toMatchObject({ module }));
  test.each(['crates/corp-3d.crate', '1.0.0.crate', 'corp.d-1.0.0.crate'])('%s names none', (path) =>
    expect(cargo.door?.read(path)).toBeNull(),
  );
  test('is private for printed proxies in each spelling', () => {
    const pattern = new RegExp(`^${cargo.door?.patterns.privateOf('corp_a*')}`, 'i');
    for (const path of ['co/rp/corp-a', 'co/rp/corp_a2', 'x/corp-a-1.0.0.crate']) expect(path).toMatch(pattern);
    expect('co/rp/corpxa').not.toMatch(pattern);
  });
});

describe('an index file', () => {
  const read = (text: string, wanted: string | null = null) => {
    const result = atOnce(parseIndexFile(heldBodyOf(Buffer.from(text)), 'serde', wanted));
    return result.tag === 'ok' ? result.value : result.error.kind;
  };
  test('of all yanked versions has no newest one, and each version that a lock has', () => {
    const text = lineOf('1.0.0', { yanked: true });
    expect(read(text)).toMatchObject({ version: null, sum: null, listed: { count: 0, newest: null } });
    expect(read(text, '1.0.0')).toMatchObject({ version: '1.0.0', sum });
  });
  test('lists each version, and marks the yanked ones', () => {
    const text = [lineOf('1.0.0', { yanked: true }), lineOf('1.1.0'), lineOf('1.2.0-rc.1', { yanked: true })].join(
      '\n',
    );
    expect(read(text)).toMatchObject({
      version: '1.1.0',
      contents: {
        versions: {
          count: 3,
          newest: ['1.0.0', '1.1.0', '1.2.0-rc.1'],
          pre: ['1.2.0-rc.1'],
          yanked: ['1.0.0', '1.2.0-rc.1'],
        },
      },
    });
  });
  test('marks the yanked versions, as clients with a lock file may still have them', () => {
    const lines = [lineOf('1.0.0'), lineOf('1.1.0', { yanked: true }), lineOf('1.2.0', { yanked: true })];
    expect(read(lines.join('\n'))).toMatchObject({
      version: '1.0.0',
      contents: { versions: { count: 3, newest: ['1.0.0', '1.1.0', '1.2.0'], yanked: ['1.1.0', '1.2.0'] } },
    });
  });
  test.each([
    ['one string', `{"name":"serde","note":"${'x'.repeat(2_000_000)}"}`],
    ['one list', `[${'[],'.repeat(500_000)}[]]`],
  ])('parses no line that is longer than real ones: %s', (_, long) => {
    const parse = vi.spyOn(JSON, 'parse');
    expect(read([long, lineOf('1.0.0'), long].join('\n'))).toMatchObject({ version: '1.0.0', listed: { count: 1 } });
    expect(parse.mock.calls.map(([text]) => text)).toEqual([lineOf('1.0.0')]);
    parse.mockRestore();
  });
  test('parses no line that is too short for a version', () => {
    const parse = vi.spyOn(JSON, 'parse');
    expect(read(['{}\n\n'.repeat(999), lineOf('1.0.0')].join(''))).toMatchObject({ version: '1.0.0' });
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });
  test('of pre-releases alone gives the highest one', () =>
    expect(read(`${lineOf('1.0.0-rc.1')}\n${lineOf('1.0.0-rc.2')}`)).toMatchObject({ version: '1.0.0-rc.2' }));
  test('a later line of a version replaces the earlier one', () =>
    expect(read([lineOf('1.0.0', { cksum: other }), lineOf('1.0.0')].join('\n'))).toMatchObject({ sum }));
  test.each(['', '[]', '{}', lineOf('1.0.0', { cksum: 'A' }), lineOf('1.0.0', { name: 'other' })])(
    '%s has no version',
    (text) => expect(read(text)).toBe('malformed'),
  );
  test('is read whole however long its lines are', () => {
    const text = Array.from({ length: 300 }, (_, at) => lineOf(`1.${at}.0`, { note: 'é'.repeat(999) })).join('\n');
    expect(read(text)).toMatchObject({ version: '1.299.0', listed: { count: 300 } });
  });
  test('skips a line of any length, which does not fill the memory', () => {
    const parts: string[] = [];
    const long = {
      bytes: 300 * 2 ** 20,
      read: (at: number, bytes: number) => (parts.push(`${at}`), Buffer.alloc(bytes, 'x')),
    };
    expect(atOnce(parseIndexFile(long, 'serde', null))).toMatchObject({ error: { kind: 'malformed' } });
    expect(parts.length).toBeGreaterThan(4_000);
    const body = heldBodyOf(Buffer.from(`${'x'.repeat(2 ** 22)}\n${lineOf('1.0.0')}\n`));
    expect(atOnce(parseIndexFile(body, 'serde', null))).toMatchObject({ value: { version: '1.0.0' } });
  });
  test('never throws', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => read(text)).not.toThrow();
      }),
    ));
});

describe('a conversation', () => {
  const context = {
    baseUrl: 'https://m.example.com',
    pinned: {},
    own: { isOrigin: false, upstreamHosts: [] },
    nowWallMs: 0,
  };
  test('a name or version that cannot be requested is no failure', () => {
    for (const target of [targetOf('crates', 'a/b', '1.0.0'), targetOf('crate', 'serde', 'x'), targetOf('none')])
      expect(talk(probe(target, context), () => answered(200)).verdict.outcome).toEqual({
        tag: 'unknown',
        because: 'local',
      });
  });
  test('a peek reads the beginning of a crate', () => {
    const crate = Buffer.concat([Buffer.from('1f8b08', 'hex'), Buffer.alloc(99_999)]);
    const { asks, verdict } = talk(
      probe(targetOf('crate', 'serde', '1.0.0'), { ...context, peekBytes: 65_536 }),
      byUrl({
        'https://m.example.com/se/rd/serde': answered(200, lineOf('1.0.0')),
        'https://m.example.com/config.json': answered(200, '{"dl":"https://d.example.com"}'),
        'https://d.example.com/serde/1.0.0/download': answered(200, crate.subarray(0, 65_536)),
      }),
    );
    expect(asks.at(-1)).toMatchObject({ stopAfterBytes: 65_536, foreign: true });
    expect(verdict).toMatchObject({ outcome: { tag: 'ok' }, facts: { begins: { bytes: null } } });
  });
});

test('the first checksum of the origin is stored for its upstream, and never replaced', () => {
  const own = { upstream: 'crates', crate: 'serde@1.0.0', sum };
  const learnt = new Map(cargoLearning.learn(new Map(), { own }));
  expect(cargoLearning.pinned(learnt, 'crates')).toEqual({ 'serde@1.0.0': sum });
  expect(cargoLearning.pinned(learnt, 'corp')).toEqual({});
  expect(cargoLearning.learn(learnt, { own: { ...own, sum: other } })).toEqual([]);
  const given = { modules: [], privatePatterns: [], settings: null, known: null };
  const corp = sampleMirror('a', { upstream: 'corp', role: 'origin' });
  expect(buildCargoContext({ ...given, mirror: corp, origin: 'https://o.example.com/x' })).toEqual({
    isOrigin: true,
    upstreamHosts: ['o.example.com'],
  });
});

describe('the client', () => {
  const chain = (url: string) => {
    const parsed = cargoClient.parse(url);
    if (parsed.tag === 'error') throw new Error(url);
    return parsed.value;
  };
  test.each(['', 'a', 'https://a https://b', 'https://a|https://b', 'ftp://a'])('%j is no chain', (text) =>
    expect(cargoClient.mistake(text)).not.toBeNull(),
  );
  test('sparse+ may be before the URL', () => {
    expect(cargoClient.mistake('sparse+https://a.example.com/index/')).toBeNull();
    expect(chain('sparse+https://a.example.com').members[0]?.key).toBe('https://a.example.com');
  });
  test('one mirror, and no other after any status', () => {
    for (const status of [404, 410, 451, 429, 500, 503]) {
      const reply = { tag: 'failed', tookMs: 1, status } as const;
      expect(cargoClient.walk(chain('https://a.example.com'), () => reply)).toEqual({ tag: 'failed', at: 0 });
    }
    const to = cargoClient.member('https://b.example.com');
    expect(cargoClient.headed?.(chain('https://a.example.com'), to, new Set())).toEqual({
      members: [to],
      separators: [],
    });
  });
  test('settings of the public registry replace it; those of another name the registry', () => {
    const [a, b] = ['https://a.example.com/i', 'https://b.example.com'].map(chain) as [
      ReturnType<typeof chain>,
      ReturnType<typeof chain>,
    ];
    const ofPublic = cargoClient.remedy(a, b, []);
    expect(ofPublic.remedy['cargo']).toBe(
      '# ~/.cargo/config.toml\n[source.crates-io]\nreplace-with = "mirrorwatch"\n\n[source.mirrorwatch]\nregistry = "sparse+https://b.example.com/"',
    );
    expect(ofPublic.rollback).toContain('registry = "sparse+https://a.example.com/i/"');
    const ofOwn = cargoClient.remedy(a, b, [], { upstream: 'corp' });
    expect(ofOwn.remedy['cargo']).toBe(
      '# ~/.cargo/config.toml\n[registries.corp]\nindex = "sparse+https://b.example.com/"',
    );
    expect(ofOwn.notes).toContainEqual(expect.objectContaining({ key: 'note.cargoOwn' }));
    const odd = cargoClient.remedy(a, chain('https://b.example.com/$x'), []);
    expect([odd.remedy, odd.notes.some((note) => typeof note !== 'string' && note.key === 'note.urlByHand')]).toEqual([
      {},
      true,
    ]);
  });
  test('HTTP/2 is for TLS, and can be switched off', () => {
    expect(cargoClient.protocols(sampleMirror('a'))).toEqual(['2', '1.1']);
    expect(cargoClient.protocols(sampleMirror('a', { url: 'http://a.example.com' }))).toEqual(['1.1']);
    expect(cargoClient.withoutHttp2?.({})?.setting).toBe('http.multiplexing=false');
  });
});

describe('a Cargo.lock', () => {
  const source = 'registry+https://github.com/rust-lang/crates.io-index';
  const one = (name: string, from: string | null, more = '') =>
    `[[package]]\nname = "${name}"\nversion = "1.0.0"\n${from === null ? '' : `source = "${from}"\nchecksum = "${sum}"\n`}${more}\n`;
  const read = (text: string) =>
    readCargoLock({
      name: 'Cargo.lock',
      text,
      beside: () => null,
      mirrors: [
        { url: 'https://m.example.com/index', upstream: 'crates' },
        { url: 'https://corp.example.com', upstream: 'corp' },
        ...listKnownMirrors('cargo'),
      ],
      sources: [],
      isPrivate: (name) => name.startsWith('corp-'),
    });
  test.each([3, 4])(
    'of version %i: requirements of the project first, and checksums of what mirrors have',
    (version) => {
      const text = `version = ${version}\n${[
        one('app', null, 'dependencies = [\n "b",\n "c 1.0.0 (registry+x)",\n]'),
        one('a', source),
        one('b', source, 'dependencies = ["a"]'),
        one('c', source, 'dependencies = ["a", "d"]'),
        one('d', 'sparse+https://index.crates.io/'),
        one('e', 'sparse+https://m.example.com/index/'),
        one('f', 'sparse+https://corp.example.com/'),
        one('g', 'git+https://git.example.com/g#1'),
        one('corp-x', source),
        one('1x', source),
      ].join('\n')}`;
      const lock = read(text);
      if (lock.tag === 'error') throw new Error('no lock');
      expect(lock.value.entries.map(({ module, because }) => `${module} ${because}`)).toEqual([
        'b null',
        'c null',
        'a null',
        'd null',
        '1x malformed',
        'app replaced',
        'corp-x private',
        'e null',
        'f foreign',
        'g replaced',
      ]);
      expect(Object.keys(lock.value.pinned).sort()).toEqual(['a@1.0.0', 'b@1.0.0', 'c@1.0.0', 'd@1.0.0', 'e@1.0.0']);
    },
  );
  test.each(['x', '', 'package = 1'])('%j is none', (text) => expect(read(text).tag).toBe('error'));
  test('is recognised by its name', () => {
    expect(
      ['Cargo.lock', 'a/Cargo.lock', 'x-Cargo.lock', 'Cargo.toml'].map((name) => cargo.locks?.isLock(name)),
    ).toEqual([true, true, false, false]);
  });
});

test.each([
  ['config.json', { module: null, kind: 'index', bytesMax: 65_536 }],
  ['se/rd/serde', { module: 'serde', kind: 'index' }],
  ['1/a', { module: 'a', kind: 'index' }],
  ['se/rd/other', null],
  ['Se/rd/serde', null],
  ['dl/Serde/1.0.0/download', { module: 'Serde', kind: 'artifact' }],
  ['crates/cfg-if/cfg-if-1.0.0.crate', { module: 'cfg-if', kind: 'artifact' }],
  ['index.html', null],
  ['se/rd/%2e%2e', null],
  ['se%252f', null],
])('the front door reads %s', (path, want) => expect(cargo.door?.read(path)).toEqual(want));

import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { ProbeResponse } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/go/conversation.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../../../src/words/tell.ts';
import { answered, contextOf, talk, targetOf } from '../talk.ts';
import { headOf, lookupOf, type Relay, relayAnswers } from './relay.ts';
import {
  at,
  at1,
  base,
  failed,
  hold,
  page,
  relay,
  rootOf,
  signedHead,
  signer,
  type Twist,
  tree,
} from './sumdb-hold.ts';
import { createSigner } from './tree.ts';

describe('a relay that works', () => {
  test('is asked what a client asks, and proven aside', () => {
    const { outcome, facts, asks } = hold();
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts).toEqual({
      treeHead: { name: 'log.example.com', size: 65_900, rootBase64: rootOf(65_900) },
      contents: { serial: 65_900 },
      offers: { sumdb: true },
      logged: { 'example.com/m@v0.0.1000': 'h1:zip1000=', 'example.com/m@v0.0.1000/go.mod': 'h1:mod1000=' },
      own: { head: signedHead(65_900), after: null },
    });
    expect(asks.map(({ url, aside }) => `${aside === true ? 'aside ' : ''}${url.slice(base.length)}`)).toEqual([
      '/sumdb/log.example.com/supported',
      '/sumdb/log.example.com/lookup/example.com/m@v0.0.1000',
      'aside /sumdb/log.example.com/latest',
      'aside /sumdb/log.example.com/tile/8/2/000.p/1',
      'aside /sumdb/log.example.com/tile/8/1/001.p/1',
      'aside /sumdb/log.example.com/tile/8/0/257.p/108',
      'aside /sumdb/log.example.com/tile/8/0/003',
      'aside /sumdb/log.example.com/tile/8/1/000',
      'aside /mirrorwatch-negative-control',
    ]);
  });

  test.each<[string, Partial<Relay>, NonNullable<Parameters<typeof contextOf>[0]>, number]>([
    ['its latest is ahead of the lookup', { latestSize: 66_000, lookupSize: 65_900 }, {}, 66_000],
    ['both heads are one', { latestSize: 65_900, lookupSize: 65_900 }, {}, 65_900],
    ['a head seen before is a prefix', {}, { treeHead: { size: 700, rootBase64: rootOf(700) } }, 65_900],
    ['a head seen before is the same', {}, { treeHead: { size: 65_900, rootBase64: rootOf(65_900) } }, 65_900],
    ['the first head of all', {}, { treeHead: { size: 0, rootBase64: rootOf(0) } }, 65_900],
    ['it lags behind a head seen elsewhere', {}, { treeHead: { size: 66_050, rootBase64: rootOf(66_050) } }, 65_900],
  ])('%s', (_, of, more, size) => {
    const { outcome, facts, asks } = hold(undefined, more, { ...relay, ...of });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.treeHead).toEqual({ name: 'log.example.com', size, rootBase64: rootOf(size) });
    expect(asks.length).toBeLessThanOrEqual(limits.requestsPerProbe);
  });

  test('a partial tile that has become full', () => {
    const { outcome, asks } = hold(({ url }) => (url.includes('/tile/8/0/257.p/') ? answered(410) : undefined));
    expect(outcome).toEqual({ tag: 'ok' });
    expect(asks.map((ask) => ask.url)).toContain(at('tile/8/0/257'));
  });

  test('without a module to look up, its head is still verified', () => {
    const context = contextOf({ sumdb: { name: signer.name, verifierKey: signer.verifierKey } });
    const target = { ...targetOf('sumdb'), upstream: 'corp' };
    const { asks, verdict } = talk(probe(target, context), relayAnswers(relay));
    expect(verdict.facts).toEqual({
      treeHead: { name: 'log.example.com', size: 65_800, rootBase64: rootOf(65_800) },
      contents: { serial: 65_800 },
      offers: { sumdb: true },
      own: { head: signedHead(65_800), after: null },
    });
    expect(asks.some((ask) => ask.url.includes('/lookup/'))).toBe(false);
    const without = talk(probe(target, context), (ask) =>
      ask.url.endsWith('/latest') ? answered(404) : relayAnswers(relay)(ask),
    );
    expect(without.verdict.outcome).toEqual(failed({ kind: 'absent', status: 404 }));
  });

  test('without `latest`, which no client requests, the head of the record is verified', () => {
    const { outcome, facts } = hold(at1('latest', answered(404)));
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.treeHead?.size).toBe(65_900);
  });

  test("a public mirror's default lookup, capitals literal in the database's paths", () => {
    const { asks } = hold(undefined, { lookup: { module: 'github.com/BurntSushi/toml', version: 'v1.0.0' } });
    expect(asks[1]?.url).toBe(at('lookup/github.com/!burnt!sushi/toml@v1.0.0'));
    const context = contextOf({ sumdb: { name: signer.name, verifierKey: signer.verifierKey } });
    const bare = talk(probe(targetOf('sumdb'), context), relayAnswers(relay));
    expect(bare.asks[1]?.url).toBe(at('lookup/rsc.io/quote@v1.5.2'));
  });
});

describe('a relay that does not offer it, or breaks', () => {
  test.each([404, 410])('%i on supported is ok, and nothing more is asked', (status) => {
    const { outcome, facts, asks } = hold(at1('supported', answered(status, 'not found')));
    expect([outcome, facts, asks.length]).toEqual([{ tag: 'ok' }, { notOffered: true, offers: { sumdb: false } }, 1]);
  });

  const flipped = (path: string): ProbeResponse => {
    const tile = Buffer.from(tree.tile(path) ?? '');
    tile.writeUInt8((tile[0] ?? 0) ^ 1, 0);
    return answered(200, tile);
  };
  const forged = headOf(relay, 65_900).replace('65900', '65901');
  const fork = headOf(relay, 65_800, tree.root(65_799));
  const longer = lookupOf(relay, 1000).replace('h1:zip1000=', 'h1:evil=');
  const forgery = {
    ...mismatchOf({
      algorithm: 'ed25519',
      want: signer.verifierKey.split('+', 2).join('+'),
      got: '',
      by: phrase('answer.goKey'),
    }),
    got: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
  };

  const lookup = 'lookup/example.com/m@v0.0.1000';
  const flippedAt =
    (path: string): Twist =>
    ({ url }) =>
      url === at(path) ? flipped(path) : undefined;
  const otherTree = (want: string, got: Parameters<typeof mismatchOf>[0]['got']) =>
    mismatchOf({ algorithm: 'tree', want, got, by: phrase('answer.treeHead') });

  test.each<[string, Twist, object]>([
    [
      'supported: trouble upstream',
      at1('supported', answered(404, 'not found: bad upstream')),
      { kind: 'masked_upstream', status: 404 },
    ],
    ['supported: 500', at1('supported', answered(500)), { kind: 'server', status: 500 }],
    ['supported: a page', at1('supported', answered(200, page)), wrongContent('answer.everyPath')],
    ['lookup: missing', at1(lookup, answered(404)), { kind: 'absent', status: 404 }],
    ['lookup: 504', at1(lookup, answered(504)), { kind: 'server', status: 504 }],
    ['lookup: a page', at1(lookup, answered(200, page)), wrongContent('answer.record')],
    ['lookup: empty', at1(lookup, answered(200)), malformed('answer.record')],
    ['lookup: another record', at1(lookup, answered(200, lookupOf(relay, 7))), malformed('answer.record')],
    ['lookup: a forged head', at1(lookup, answered(200, lookupOf(relay, 1000, forged))), forgery],
    [
      'lookup: a head below its id',
      at1(lookup, answered(200, lookupOf(relay, 1000, headOf(relay, 1000)))),
      malformed('answer.recordTree'),
    ],
    ['lookup: another hash', at1(lookup, answered(200, longer)), otherTree(rootOf(65_900), phrase('answer.notInTree'))],
    ['latest: out of order', at1('latest', answered(500)), { kind: 'server', status: 500 }],
    ['latest: a page', at1('latest', answered(200, page)), wrongContent('answer.treeHead')],
    [
      "latest: another log's",
      at1('latest', answered(200, createSigner('log.example.com').note('go.sum database tree\n1\n\n'))),
      malformed('answer.treeHead'),
    ],
    ['latest: forged', at1('latest', answered(200, forged)), forgery],
    ['latest: a fork', at1('latest', answered(200, fork)), otherTree(rootOf(65_799), rootOf(65_800))],
    ['a tile is missing', at1('tile/8/0/003', answered(404)), { kind: 'absent', status: 404 }],
    ['a tile is short', at1('tile/8/0/003', answered(200, Buffer.alloc(8191))), malformed('answer.tile')],
    [
      'an unfinished tile is wrong',
      flippedAt('tile/8/0/257.p/108'),
      {
        ...otherTree(rootOf(65_900), ''),
        got: expect.any(String),
      },
    ],
    ['a full tile is wrong', flippedAt('tile/8/0/003'), otherTree(rootOf(65_900), phrase('answer.tileParent'))],
    [
      'throttled on the way',
      at1('tile/8/1/000', answered(429, '', { 'retry-after': '5' })),
      { kind: 'throttled', status: 429, retryAfterMs: 5_000 },
    ],
  ])('%s', (_, twist, failure) => expect(hold(twist)).toMatchObject({ outcome: { tag: 'failed', failure } }));

  test('a head seen before that is no prefix is proof of a fork', () => {
    const treeHead = { size: 700, rootBase64: rootOf(701) };
    expect(hold(undefined, { treeHead }).outcome).toEqual(
      failed(mismatchOf({ algorithm: 'tree', want: rootOf(701), got: rootOf(700), by: phrase('answer.treeHead') })),
    );
  });

  test('a catch-all server, though all else was right', () => {
    const { outcome, facts } = hold(({ url }) =>
      url.endsWith('/mirrorwatch-negative-control') ? answered(200, page) : undefined,
    );
    expect(outcome).toEqual(failed(wrongContent('answer.everyPath')));
    expect(facts.logged).toBeDefined();
  });

  test.each<[string, ProbeResponse]>([
    ['a 500', answered(500)],
    ['a timeout', { tag: 'failed', failure: { kind: 'timeout_transfer', limitMs: 1 } }],
  ])('%s on the negative control says nothing', (_, answer) =>
    expect(hold(({ url }) => (url.endsWith('/mirrorwatch-negative-control') ? answer : undefined)).outcome).toEqual({
      tag: 'ok',
    }),
  );
});

test.each([
  ['off', null],
  ['with a broken key', { name: 'log.example.com', verifierKey: 'log.example.com+00000000+AAAA' }],
])('a database that is %s is never asked', (_, sumdb) => {
  const { outcome, asks } = hold(undefined, { sumdb });
  expect([outcome, asks]).toEqual([{ tag: 'unknown', because: 'local' }, []]);
});

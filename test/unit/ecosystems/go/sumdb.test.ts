import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { Mirror } from '../../../../src/core/mirror.ts';
import type { ProbeRequest, ProbeResponse } from '../../../../src/core/transcript.ts';
import { buildGoContext, goLearning } from '../../../../src/ecosystems/go/context.ts';
import { tilesToProve } from '../../../../src/ecosystems/go/proof.ts';
import { sampleMirror } from '../../../support/sample-config.ts';
import { answered } from '../talk.ts';
import { headOf, lookupOf, type Relay, relayAnswers } from './relay.ts';
import { at, at1, base, hold, page, relay, rootOf, signedHead, signer, type Twist, texts } from './sumdb-hold.ts';
import { createSigner, createTree } from './tree.ts';

describe('the database asked itself', () => {
  const direct = 'https://log.example.com';
  const sumdb = { name: signer.name, verifierKey: signer.verifierKey, direct };
  const itself = (size: number, of: Partial<Relay> = {}): Twist => {
    const answers = relayAnswers({ ...relay, ...of, base: direct, latestSize: size });
    // A relay's paths, without the part that names it as one.
    return (ask) =>
      ask.url.startsWith(`${direct}/`)
        ? answers({ ...ask, url: ask.url.replace(direct, `${direct}/sumdb/${signer.name}`) })
        : undefined;
  };
  const askedItself = (asks: readonly ProbeRequest[]) =>
    asks.filter(({ url }) => url.startsWith(direct)).map(({ url, aside }) => `${aside} ${url.slice(direct.length)}`);
  // Another history from record 60,000 on, signed by the same key.
  const texts2 = texts.map((text, id) => (id < 60_000 ? text : `${text.slice(0, -2)}!\n`));
  const tree2 = createTree(texts2);
  const other: Partial<Relay> = { texts: texts2, tree: tree2 };

  test('beside a relay that is not behind, it is asked for its head, and what a client asks for one record', () => {
    const { outcome, facts, asks } = hold(itself(65_850), { sumdb });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.authority).toEqual({ name: 'log.example.com', size: 65_850 });
    expect(askedItself(asks)).toEqual([
      'true /latest',
      'true /lookup/rsc.io/quote@v1.5.2',
      'true /tile/8/2/000.p/1',
      'true /tile/8/1/001.p/1',
      'true /tile/8/0/257.p/108',
      'true /tile/8/0/003',
      'true /tile/8/1/000',
    ]);
    expect(facts.authorityCost).toBeUndefined();
  });

  describe('the cost of a lookup for a client', () => {
    /** Answers that took so long: of the relay, and of the database itself. */
    const timed = (relayMs: (path: string) => number, ownMs: (path: string) => number): Twist => {
      const [byRelay, byItself] = [relayAnswers(relay), itself(65_850)];
      return (ask) => {
        const isOwn = ask.url.startsWith(direct);
        const answer = isOwn ? byItself(ask) : byRelay(ask);
        if (answer?.tag !== 'answered') return answer;
        const answerMs = (isOwn ? ownMs : relayMs)(ask.url);
        return { ...answer, took: { connectMs: ask.url.endsWith('/latest') ? 1_000 : 0, answerMs } };
      };
    };
    const byKind = (supported: number, lookupMs: number, tile: number) => (url: string) =>
      url.endsWith('/supported')
        ? supported
        : url.includes('/lookup/')
          ? lookupMs
          : url.includes('/tile/8/0/003')
            ? 5 * tile
            : tile;

    test('by the relay over the connection that there is, itself over one of its own, tiles at once', () => {
      const { facts } = hold(timed(byKind(10, 20, 3), byKind(0, 40, 7)), { sumdb });
      expect(facts.authorityCost).toEqual({
        // supported, the record, five tiles of which the slowest took 15 ms
        relayed: { requests: 7, ms: 45 },
        direct: { requests: 6, ms: 1_075 },
      });
    });

    test('a relay that has to prove more than a client asks for costs a client no more', () => {
      const treeHead = { size: 700, rootBase64: rootOf(700) };
      const { facts, asks } = hold(timed(byKind(10, 20, 3), byKind(0, 40, 7)), { sumdb, treeHead });
      expect(asks.filter(({ url }) => url.startsWith(at('tile/'))).length).toBeGreaterThan(5);
      expect(facts.authorityCost?.relayed?.requests).toBe(7);
    });

    test('out of reach it is only the relay', () => {
      const whole = timed(byKind(10, 20, 3), byKind(0, 40, 7));
      const gone: ProbeResponse = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
      const { facts } = hold((ask) => (ask.url.startsWith(direct) ? gone : whole(ask)), { sumdb });
      expect(facts.authorityCost).toEqual({ relayed: { requests: 7, ms: 45 }, direct: null });
    });

    test('where no relay is offered it is only itself, which is what such a client asks', () => {
      const whole = timed(byKind(10, 20, 3), byKind(0, 40, 7));
      const { outcome, facts } = hold((ask) => (ask.url === at('supported') ? answered(404) : whole(ask)), { sumdb });
      expect([outcome, facts]).toEqual([
        { tag: 'ok' },
        {
          notOffered: true,
          offers: { sumdb: false },
          authorityCost: { relayed: null, direct: { requests: 6, ms: 1_075 } },
        },
      ]);
    });

    test('a relay that was not timed is not taken for no relay', () => {
      const whole = timed(byKind(10, 20, 3), byKind(0, 40, 7));
      const twist: Twist = (ask) => (ask.url.startsWith(direct) ? whole(ask) : relayAnswers(relay)(ask));
      const { outcome, facts } = hold(twist, { sumdb });
      expect([outcome.tag, facts.authorityCost]).toEqual(['ok', undefined]);
    });

    test.each(['lookup', 'tile'])('a %s that the database itself does not answer is no fault of the relay', (part) => {
      const whole = timed(byKind(10, 20, 3), byKind(0, 40, 7));
      const twist: Twist = (ask) => (ask.url.startsWith(`${direct}/${part}`) ? answered(500) : whole(ask));
      const { outcome, facts } = hold(twist, { sumdb });
      expect([outcome.tag, facts.authorityCost]).toEqual(['ok', { relayed: { requests: 7, ms: 45 }, direct: null }]);
    });
  });

  test('a relay that is late is no liar: its head is a prefix, and the larger one is learnt', () => {
    const { outcome, facts, asks } = hold(itself(66_100), { sumdb });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts).toMatchObject({
      treeHead: { size: 65_900 },
      authority: { size: 66_100 },
      own: { head: signedHead(66_100), after: null },
    });
    // Its head and the tiles between both; then one record with its own, as a client asks.
    expect(askedItself(asks).length).toBeLessThan(12);
  });

  test.each<[string, ProbeResponse]>([
    ['refuses', { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } }],
    ['cannot be told', { tag: 'unknown', because: 'resolver', code: 'EAI_AGAIN' }],
    ['is a page', answered(200, page)],
    ['is signed by another', answered(200, createSigner('log.example.com').note('go.sum database tree\n1\n\n'))],
  ])('that %s is out of reach, which is no fault of the relay', (_, answer) => {
    const { outcome, facts } = hold(({ url }) => (url.startsWith(direct) ? answer : undefined), { sumdb });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.authority).toEqual({ name: 'log.example.com', size: null });
    expect(facts.own).toMatchObject({ head: { size: 65_900 } });
  });

  test.each([404, 500])('whose tiles are a %i proves nothing: the larger head is not learnt', (status) => {
    const whole = itself(66_100);
    const twist: Twist = (ask) => (ask.url.startsWith(`${direct}/tile`) ? answered(status) : whole(ask));
    const { outcome, facts } = hold(twist, { sumdb });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts).toMatchObject({ authority: { size: 66_100 }, own: { head: { size: 65_900 } } });
  });

  test.each<[string, number, number]>([
    ['ahead of the relay', 66_100, 66_100],
    ['behind the relay', 65_000, 65_000],
    ['of the same size', 65_900, 65_900],
  ])('that signs another history is a fork, %s: both heads are kept in full', (_, size) => {
    const { outcome, facts } = hold(itself(size, other), { sumdb });
    expect(outcome).toMatchObject({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'tree' } });
    expect(facts.forked?.name).toBe('log.example.com');
    const statements = facts.forked?.statements ?? [];
    expect(statements).toContain(headOf({ signer, tree: tree2 }, size));
    expect(statements.filter((one) => one === headOf(relay, 65_900) || one === headOf(relay, 65_800))).toHaveLength(1);
  });

  test('a relay of another history than was known is a fork, also where the database is out of reach', () => {
    const { facts } = hold(undefined, { treeHead: signedHead(65_500) }, { ...relay, ...other });
    expect(facts.forked?.statements).toEqual([headOf(relay, 65_500), headOf({ signer, tree: tree2 }, 65_900)]);
  });

  test('the same history is no fork, whatever was known before', () => {
    const sizes = [1, 255, 256, 257, 59_999, 65_536, 65_900, 66_100];
    for (const size of sizes) {
      const { outcome, facts } = hold(itself(66_000), { sumdb, treeHead: signedHead(size) });
      expect([outcome, facts.forked, facts.own?.['after']]).toEqual([{ tag: 'ok' }, undefined, size]);
    }
  });
});

describe('where the database is asked itself', () => {
  const key = { name: signer.name, verifierKey: signer.verifierKey };
  const home = 'https://log.example.com';
  const open = sampleMirror('a');
  const pinned = { ...open, access: { ...open.access, tls: { ...open.access.tls, pin: 'sha256/x' as const } } };
  test.each<[string, Mirror, string | null, string | null, string | undefined]>([
    ['at its home', open, null, home, home],
    ['where the file says', open, 'https://near.example.com', home, 'https://near.example.com'],
    ['nowhere, where nobody knows it', open, null, null, undefined],
    ['nowhere beside a mirror on this machine', { ...open, url: 'http://127.0.0.1:8081' }, null, home, undefined],
    ['nor by its name', { ...open, url: 'http://localhost:8081' }, null, home, undefined],
    ['but where the file says', { ...open, url: 'http://[::1]:8081' }, home, null, home],
    ['nowhere beside a mirror whose key is pinned', pinned, home, home, undefined],
  ])('%s', (_, mirror, url, known, want) => {
    const given = {
      mirror,
      origin: null,
      modules: [],
      privatePatterns: [],
      settings: { sumdb: { ...key, url, home: known } },
    };
    expect(buildGoContext({ ...given, known: new Map() }).sumdb?.direct).toBe(want);
    // A probe by hand has no time for what may not answer.
    expect(buildGoContext({ ...given, known: null }).sumdb?.direct).toBeUndefined();
  });
});

describe('the head that is kept', () => {
  const own = (size: number, after: number | null, name = 'log') => ({
    own: { head: { name, size, rootBase64: `r${size}` }, after },
  });
  const learn = (known: ReadonlyMap<string, unknown>, facts: object) => new Map(goLearning.learn(known, facts));
  const first = learn(new Map(), own(10, null));

  test('is the first, then each larger one that was held against it', () => {
    expect([...first]).toEqual([['head/log', { name: 'log', size: 10, rootBase64: 'r10' }]]);
    expect(learn(first, own(12, 10)).get('head/log')).toMatchObject({ size: 12 });
  });
  test.each<[string, object]>([
    ['a smaller one', own(9, 10)],
    ['one that was held against nothing', own(12, null)],
    ['one that was held against what came before: another probe has brought a larger one since', own(12, 8)],
    ['none', {}],
  ])('not %s', (_, facts) => expect([...learn(first, facts)]).toEqual([]));
  test('of each database its own, and of one an older release has stored', () => {
    expect([...learn(first, own(3, null, 'other')).keys()]).toEqual(['head/other']);
    const old = new Map([['head', { name: 'log', size: 10, rootBase64: 'r10' }]]);
    expect([...learn(old, own(12, null))]).toEqual([]);
    expect([...learn(old, own(12, 10)).keys()]).toEqual(['head/log']);
  });
});

describe('hashes that are not known yet', () => {
  let count = 0;
  // Far apart, as real ones are: no two in one tile.
  const ids = Array.from({ length: 100 }, (_, i) => 600 * i + 17);
  const named = (id: number) => ({ module: 'example.com/m', version: `v0.0.${id}` });
  const unknown = ids.map(named);
  const lookups = (asks: readonly ProbeRequest[]) => asks.filter(({ url }) => url.includes('/lookup/')).length;

  test('a hundred are learnt in one probe, proven together: tiles above them are fetched once', () => {
    const { outcome, facts, asks } = hold(undefined, { unknown });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(Object.keys(facts.logged ?? {})).toHaveLength(2 * 101);
    expect(facts.logged).toMatchObject({
      'example.com/m@v0.0.17': 'h1:zip17=',
      'example.com/m@v0.0.17/go.mod': 'h1:mod17=',
    });
    // Each has a tile of its own; one lookup is timed; supported, latest, the negative control; five tiles above them.
    expect(lookups(asks)).toBe(101);
    expect(asks.length).toBeLessThanOrEqual(2 * 101 + 3 + 5);
    expect(new Set(asks.map(({ url }) => url)).size, 'nothing is asked twice').toBe(asks.length);
    expect(asks.filter(({ aside }) => aside !== true)).toHaveLength(2);
    expect(asks.length).toBeLessThan(limits.requestsPerProbe);
  });

  test('of a log of 70 million records a hundred are proven by two tiles each, and a few above them', () => {
    const size = 70_991_285;
    const leaves = Array.from({ length: limits.lookupsPerProbe }, (_, i) => 709_001 * i + 5);
    const tiles = tilesToProve(size, leaves, [size, size - 40, size - 90_000]);
    expect(tiles.length).toBeLessThanOrEqual(2 * leaves.length + 20);
  });

  test.each<[string, number, ProbeResponse, string, number]>([
    ['what the log does not have is passed over', 1_217, answered(404), 'ok', 101],
    ['trouble ends it for this time', 1_217, answered(500), 'ok', 4],
    ['being told to wait ends it', 1_217, answered(429, '', { 'retry-after': '60' }), 'ok', 4],
    ['a record that is no record ends it', 1_217, answered(200, 'no'), 'ok', 4],
    [
      'a forged one is a lie',
      1_217,
      answered(200, lookupOf(relay, 1_217, headOf(relay, 65_900).replace('65900', '65901'))),
      'failed',
      4,
    ],
    [
      'one that is not in the log is a lie',
      1_217,
      answered(200, lookupOf({ ...relay, texts: texts.map((one) => one.replace('h1:zip', 'h1:evil')) }, 1_217)),
      'failed',
      1 + limits.lookupsAtOnce,
    ],
  ])('%s', (_, id, answer, tag, asked) => {
    const { outcome, facts, asks } = hold(at1(`lookup/example.com/m@v0.0.${id}`, answer), { unknown });
    expect([outcome.tag, lookups(asks)]).toEqual([tag, asked]);
    if (tag === 'ok') expect(facts.logged).not.toHaveProperty([`example.com/m@v0.0.${id}`]);
    else expect(facts.logged).toBeUndefined();
  });

  test('what has no time left is left for the next probe: what was proven before is learnt', () => {
    const late: ProbeResponse = { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: 1 } };
    const { outcome, facts, asks } = hold((_ask) => (count++ > 60 ? late : undefined), { unknown });
    expect(outcome).toEqual({ tag: 'ok' });
    // The one that is timed, and two lots.
    expect(Object.keys(facts.logged ?? {})).toHaveLength(2 * (1 + 2 * limits.lookupsAtOnce));
    expect(lookups(asks)).toBeLessThanOrEqual(1 + 3 * limits.lookupsAtOnce);
  });

  test('are asked for until they are known, never those of private modules; what is timed stays the same', () => {
    const modules = [...ids, 59_418, 59_419].map((id) => ({ ecosystem: 'go', upstream: 'go', ...named(id) }));
    const hidden = { ecosystem: 'go', upstream: 'go', module: 'corp.example.com/x', version: 'v1.0.0' };
    const branch = { ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'latest' };
    const settings = { sumdb: { name: signer.name, verifierKey: signer.verifierKey, url: null, home: null } };
    const mirror = { ...sampleMirror('a'), url: base };
    let known = new Map<string, unknown>();
    const all: number[] = [];
    const timed: (string | undefined)[] = [];
    for (let probes = 0; probes < 3; probes += 1) {
      const own = buildGoContext({
        mirror,
        origin: null,
        modules: [...modules, hidden, branch],
        privatePatterns: ['corp.example.com'],
        settings,
        known,
      });
      const { facts, asks } = hold(undefined, own);
      all.push(lookups(asks));
      timed.push(asks[1]?.url);
      known = new Map([...known, ...goLearning.learn(known, facts)]);
    }
    expect(all).toEqual([101, 2, 1]);
    expect(new Set(timed)).toEqual(new Set([at('lookup/example.com/m@v0.0.17')]));
    expect([...known.keys()].filter((key) => key.startsWith('pin/'))).toHaveLength(2 * 102);
  });
});

import { createHash, generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../../../src/core/mirror.ts';
import type { ProbeResponse, Signature, SignatureState } from '../../../../src/core/transcript.ts';
import { buildNpmContext, type NpmOwn, npmLearning } from '../../../../src/ecosystems/npm/context.ts';
import { probe } from '../../../../src/ecosystems/npm/conversation.ts';
import { npm } from '../../../../src/ecosystems/npm/npm.ts';
import { readSigningKeys, type SigningKey } from '../../../../src/ecosystems/npm/signatures.ts';
import { mismatchOf, phrase } from '../../../../src/words/tell.ts';
import { makeNpmSigner } from '../../../support/npm-signer.ts';
import { answered, byUrl, contextOf, talk, targetOf } from '../talk.ts';

const base = 'https://mirror.example.com/npm';
const tgz = gzipSync('an artifact');
const otherTgz = gzipSync('another artifact');
const sriOf = (bytes: Uint8Array): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
const [sri, otherSri] = [sriOf(tgz), sriOf(otherTgz)];
const tarball = `${base}/hello/-/hello-1.0.0.tgz`;
const nowWallMs = Date.parse('2026-06-01T00:00:00Z');

const [old, present, stranger] = [makeNpmSigner('old'), makeNpmSigner('present'), makeNpmSigner('stranger')];
const keysOf = (...listed: readonly object[]): readonly SigningKey[] => {
  const read = readSigningKeys(Buffer.from(JSON.stringify({ keys: listed })));
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
};
const keys = keysOf(old.listed('2025-01-29T00:00:00.000Z'), present.listed());
const bySigner = (signer = present, integrity = sri) => signer.over('hello', '1.0.0', integrity);

interface Case {
  readonly integrity?: string;
  readonly signatures?: unknown;
  /** Fields of the packument beside. */
  readonly more?: object;
  readonly own?: Partial<NpmOwn>;
  readonly pinned?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

function hold(step: 'metadata' | 'tarball', { integrity = sri, signatures, more = {}, own, pinned, body = tgz }: Case) {
  const dist = { tarball, integrity, ...(signatures === undefined ? {} : { signatures }) };
  const packument = { name: 'hello', 'dist-tags': {}, versions: { '1.0.0': { dist } }, ...more };
  const answers: Record<string, ProbeResponse> = {
    [`${base}/hello`]: answered(200, JSON.stringify(packument)),
    [tarball]: answered(200, body),
  };
  const context = {
    ...contextOf({ baseUrl: base, nowWallMs, ...(pinned && { pinned }) }),
    own: { tarballHosts: [], keys, isPublic: true, ...own },
  };
  const { asks, verdict } = talk(probe(targetOf(step, 'hello', '1.0.0'), context), byUrl(answers));
  return { ...verdict, asked: asks.map(({ url }) => url) };
}

const valid: Signature = { state: 'valid', key: 'present' };
const notSigned = (by: string, got: string) => ({
  tag: 'failed',
  failure: mismatchOf({
    algorithm: 'ecdsa',
    want: phrase('answer.signedBy', { whom: by }),
    got,
    by: phrase('answer.registrySignature'),
    side: 'packument',
  }),
});

describe('a packument that a trusted key signed', () => {
  test('is verified, and its hash may be pinned', () =>
    expect(hold('metadata', { signatures: [bySigner()] })).toMatchObject({
      outcome: { tag: 'ok' },
      facts: {
        signature: valid,
        verified: { algorithm: 'sha512', digest: sri, against: 'signature' },
        logged: { 'hello@1.0.0': sri },
      },
    }));

  test('of a private registry is verified, and pinned for no other', () => {
    const { facts } = hold('metadata', { signatures: [bySigner()], own: { isPublic: false } });
    expect(facts.verified?.against).toBe('signature');
    expect(facts.logged).toBe(undefined);
  });

  test('has its artifact held against what was signed', () => {
    const signatures = [bySigner()];
    expect(hold('tarball', { signatures }).facts).toMatchObject({
      signature: valid,
      verified: { algorithm: 'sha512', digest: sri, against: 'signature' },
    });
    expect(hold('tarball', { signatures, body: otherTgz }).outcome).toEqual({
      tag: 'failed',
      failure: mismatchOf({ algorithm: 'sha512', want: sri, got: otherSri, by: phrase('answer.npmSignature') }),
    });
  });

  test('a lock file’s other hash outranks it: a version never has two', () => {
    const given = { signatures: [bySigner()], pinned: { 'hello@1.0.0': otherSri } };
    expect(hold('metadata', given).outcome).toEqual({
      tag: 'failed',
      failure: mismatchOf({
        algorithm: 'sha512',
        want: otherSri,
        got: sri,
        by: phrase('answer.npmSignature'),
        side: 'packument',
      }),
    });
    expect(hold('tarball', given).outcome).toMatchObject({ failure: { kind: 'mismatch', want: otherSri, got: sri } });
  });

  test('verifies by SHA-512 where a lock file has SHA-1 alone, and holds the bytes against both', () => {
    const sha1 = (bytes: Uint8Array) => `sha1-${createHash('sha1').update(bytes).digest('base64')}`;
    const given = (bytes: Uint8Array): Case => ({ signatures: [bySigner()], pinned: { 'hello@1.0.0': sha1(bytes) } });
    expect(hold('tarball', given(tgz)).facts.verified).toEqual({
      algorithm: 'sha512',
      digest: sri,
      against: 'signature',
    });
    expect(hold('tarball', given(otherTgz)).outcome).toMatchObject({ failure: { algorithm: 'sha1', got: sha1(tgz) } });
  });
});

describe('a trusted key that signed something else is a mismatch of the packument, and nothing is downloaded', () => {
  const wrongSig = { keyid: 'present', sig: bySigner(stranger).sig };
  test.each<[string, Case, ReturnType<typeof notSigned>]>([
    [
      'another hash in the packument',
      { integrity: otherSri, signatures: [bySigner()] },
      notSigned('present', otherSri),
    ],
    [
      'the signature of another version',
      { signatures: [present.over('hello', '1.0.1', sri)] },
      notSigned('present', sri),
    ],
    [
      'the signature of another package',
      { signatures: [present.over('hullo', '1.0.0', sri)] },
      notSigned('present', sri),
    ],
    ['another key’s signature under its name', { signatures: [wrongSig] }, notSigned('present', sri)],
    [
      'no signature at all under its name',
      { signatures: [{ keyid: 'present', sig: 'AAAA' }] },
      notSigned('present', sri),
    ],
    ['one of two that is wrong', { signatures: [bySigner(), wrongSig] }, notSigned('present', sri)],
    [
      'of an expired key, without a time of publication',
      { integrity: otherSri, signatures: [bySigner(old)] },
      notSigned('old', otherSri),
    ],
  ])('%s', (_, given, outcome) => {
    expect(hold('metadata', given).outcome).toEqual(outcome);
    expect(hold('tarball', given)).toMatchObject({ outcome, asked: [`${base}/hello`] });
  });
});

describe('what is not verified is said, and only compared', () => {
  const published = (at: string) => ({ time: { '1.0.0': at } });
  test.each<[string, Case, SignatureState, string | null]>([
    ['no trusted key', { signatures: [bySigner()], own: { keys: undefined as never } }, 'no_key', 'present'],
    ['a key that nobody listed', { signatures: [bySigner(stranger)] }, 'unknown_key', 'stranger'],
    ['stripped of its signatures', {}, 'unsigned', null],
    ['signatures that are no list', { signatures: 'present' }, 'unsigned', null],
    ['signatures that are none', { signatures: [null, 1, { keyid: 'present' }, { sig: 'x' }] }, 'unsigned', null],
    ['a label that cannot be shown', { signatures: [{ ...bySigner(), keyid: '\u001b[2J' }] }, 'unsigned', null],
    [
      'an expired key',
      { signatures: [bySigner(old)], more: published('2025-01-29T00:00:00.000Z') },
      'expired_key',
      'old',
    ],
    [
      'an expired key and no time of publication',
      { signatures: [bySigner(old)], more: { modified: '2026-01-01T00:00:00.000Z' } },
      'undated',
      'old',
    ],
    [
      'a wrong signature of an expired key',
      { signatures: [{ ...bySigner(old), sig: 'AAAA' }], more: published('2025-06-01') },
      'expired_key',
      'old',
    ],
    [
      'a hash of SHA-1 alone',
      { integrity: `sha1-${Buffer.alloc(20).toString('base64')}`, signatures: [bySigner()] },
      'unsigned',
      null,
    ],
  ])('%s', (_, given, state, key) => {
    const { outcome, facts } = hold('metadata', given);
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.signature).toEqual({ state, key });
    expect([facts.verified, facts.logged]).toEqual([undefined, undefined]);
    expect(facts.compared?.digest).toBe(given.integrity ?? sri);
  });

  test('without keys and without signatures no state is reported: none is expected', () =>
    expect(hold('metadata', { own: { keys: undefined as never } }).facts).not.toHaveProperty('signature'));

  test('a lock file still verifies', () => {
    const { facts } = hold('metadata', { pinned: { 'hello@1.0.0': sri } });
    expect(facts.signature).toEqual({ state: 'unsigned', key: null });
    expect(facts.verified?.against).toBe('pinned');
  });
});

describe('a key counts for what was published before it expired', () => {
  test.each([
    ['by the full packument', { time: { '1.0.0': '2025-01-28T23:59:59.999Z' } }],
    ['because the packument changed last before then', { modified: '2024-05-01T10:00:00.000Z' }],
  ])('%s; it pins nothing any more, because a mirror may tell any time', (_, more) => {
    const { facts } = hold('metadata', { signatures: [bySigner(old)], more });
    expect(facts.signature).toEqual({ state: 'valid', key: 'old' });
    expect(facts.verified?.against).toBe('signature');
    expect(facts.logged).toBe(undefined);
  });

  test('while keys are changed, one of two is enough, and a stranger’s beside it decides nothing', () => {
    const late = { time: { '1.0.0': '2026-01-01T00:00:00.000Z' } };
    const { facts } = hold('metadata', { signatures: [bySigner(old), bySigner(stranger), bySigner()], more: late });
    expect(facts.signature).toEqual(valid);
  });

  test('one that will expire is in force until then', () => {
    const soon = keysOf(present.listed('2026-06-01T00:00:00.001Z'));
    expect(hold('metadata', { signatures: [bySigner()], own: { keys: soon } }).facts.logged).toEqual({
      'hello@1.0.0': sri,
    });
    const gone = keysOf(present.listed('2026-06-01T00:00:00.000Z'));
    expect(hold('metadata', { signatures: [bySigner()], own: { keys: gone } }).facts.signature?.state).toBe('undated');
  });
});

describe('a list of keys', () => {
  const [one] = [present.listed()] as const;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({ format: 'der', type: 'spki' });
  test.each<[string, unknown]>([
    ['no JSON', 'keys'],
    ['null', null],
    ['a list', [one]],
    ['without keys', {}],
    ['of none', { keys: [] }],
    ['of another type alone', { keys: [{ ...one, keytype: 'ed25519' }] }],
    ['with a key on another curve', { keys: [{ ...one, key: p384.toString('base64') }] }],
    ['with a key that is none', { keys: [one, { ...one, keyid: 'b', key: 'AAAA' }] }],
    ['with an expiry that is no date', { keys: [{ ...one, expires: 'never' }] }],
    ['with an expiry that is a number', { keys: [{ ...one, expires: 1 }] }],
    ['with a label of control characters', { keys: [{ ...one, keyid: 'a\nb' }] }],
    ['with a label twice', { keys: [one, one] }],
    ['of 51', { keys: Array.from({ length: 51 }, (_, at) => ({ ...one, keyid: `${at}` })) }],
  ])('%s is none', (_, list) => {
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    expect(readSigningKeys(Buffer.from(text)).tag).toBe('error');
  });

  test('keys of other types are left out, and so are entries that are nothing', () =>
    expect(keysOf({ ...one, keyid: 'x', keytype: 'ed25519' }, null as never, one).map(({ keyid }) => keyid)).toEqual([
      'present',
    ]));
});

describe('whose keys are trusted', () => {
  const mirror = (more: Partial<Mirror>) =>
    ({ name: 'm', upstream: 'npm', role: 'mirror', url: base, ...more }) as Mirror;
  const given = (more: object) => ({
    mirror: mirror({}),
    origin: 'https://origin.example.com',
    modules: [],
    privatePatterns: [],
    settings: { keys: null },
    known: new Map<string, unknown>(),
    ...more,
  });
  const listed = { upstream: 'npm', origin: 'https://origin.example.com', keys };
  const learnt = new Map(npmLearning.learn(new Map(), { own: { listed } }));

  test('those that the origin listed, for mirrors of that upstream, while it is the origin', () => {
    expect(buildNpmContext(given({ known: learnt })).keys).toEqual(keys);
    expect(buildNpmContext(given({ known: learnt, mirror: mirror({ upstream: 'corp' }) })).keys).toBe(undefined);
    expect(buildNpmContext(given({ known: learnt, origin: 'https://elsewhere.example.com' })).keys).toBe(undefined);
    expect(buildNpmContext(given({ known: learnt, origin: null })).keys).toBe(undefined);
    expect(buildNpmContext(given({ known: null })).keys).toBe(undefined);
  });

  test('the file’s in their place, for the public registry alone', () => {
    const file = keysOf(stranger.listed());
    expect(buildNpmContext(given({ known: learnt, settings: { keys: file } })).keys).toEqual(file);
    const corp = mirror({ upstream: 'corp' });
    expect(buildNpmContext(given({ settings: { keys: file }, mirror: corp })).keys).toBe(undefined);
  });

  test('are requested only from an origin, and only if they cannot be changed on the network path', () => {
    const isAsked = (more: Partial<Mirror>, file: readonly SigningKey[] | null = null) =>
      npm.steps['signkeys']?.isRequested?.(mirror(more), { keys: file });
    const origin = { role: 'origin' } as const;
    expect(isAsked({})).toBe(false);
    expect(isAsked(origin)).toBe(true);
    expect(isAsked({ ...origin, url: 'http://origin.example.com' })).toBe(false);
    expect(isAsked({ ...origin, url: 'http://127.0.0.1:4873/npm' })).toBe(true);
    expect(isAsked({ ...origin, url: 'http://localhost.example.com' })).toBe(false);
    expect(isAsked(origin, keys)).toBe(false);
    expect(isAsked({ ...origin, upstream: 'corp' }, keys)).toBe(true);
  });

  test('a changed list replaces the old one: a key that it lacks counts no more; the same list is no news', () => {
    expect(npmLearning.learn(learnt, { own: { listed } })).toEqual([]);
    const changed = { ...listed, keys: keysOf(stranger.listed()) };
    for (const [key, value] of npmLearning.learn(learnt, { own: { listed: changed } })) learnt.set(key, value);
    expect(buildNpmContext(given({ known: learnt })).keys).toEqual(changed.keys);
  });
});

describe('what is pinned', () => {
  const learn = (known: ReadonlyMap<string, unknown>, logged: Readonly<Record<string, string>>) =>
    npmLearning.learn(known, { logged });

  test('a signed hash, for ever', () => {
    const known = new Map(learn(new Map(), { 'hello@1.0.0': sri }));
    expect(npmLearning.pinned(known, 'npm')).toEqual({ 'hello@1.0.0': sri });
    // A company's registry may have built the same version anew.
    expect(npmLearning.pinned(known, 'company')).toEqual({});
    expect(learn(known, { 'hello@1.0.0': otherSri })).toEqual([]);
  });

  test('at most 50 000', () => {
    const known = new Map(Array.from({ length: 49_999 }, (_, at) => [`npm/pin/a@0.0.${at}`, sri] as const));
    expect(learn(known, { 'b@1.0.0': sri, 'c@1.0.0': sri })).toEqual([['npm/pin/b@1.0.0', sri]]);
  });
});

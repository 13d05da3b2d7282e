import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { ProbeResponse, SignatureCheck, SignatureState } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/http/conversation.ts';
import { profileOf } from '../../../../src/ecosystems/http/profiles.ts';
import { malformed, mismatchOf, phrase } from '../../../../src/words/tell.ts';
import { answered, talk, targetOf } from '../talk.ts';

const base = 'https://m.example.com/debian';
const keyring = '/etc/mirrorwatch/archive.gpg';
const fingerprint = 'F8C0F3B3D2D9E0A1B2C3D4E5F60718293A4B5C6D';
const id = fingerprint.slice(-16);
const inRelease = [
  '-----BEGIN PGP SIGNED MESSAGE-----',
  'Hash: SHA512',
  '',
  'Suite: stable',
  'Date: Sat, 11 Nov 2023 09:59:12 UTC',
  'SHA256:',
  '-----BEGIN PGP SIGNATURE-----',
  '',
  'iQ==',
  '-----END PGP SIGNATURE-----',
  '',
].join('\n');
const plain = 'Suite: stable\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const valid = (key = fingerprint): string => `[GNUPG:] VALIDSIG ${key} 2023-11-11 1699696752 0 4 0 1 10 01 ${key}`;
const good = `[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG ${id} Archive <a@example.com>\n${valid()}\n`;
const bad = `[GNUPG:] NEWSIG\n[GNUPG:] BADSIG ${id} Archive <a@example.com>\n`;
const missing = `[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG ${id} 1 10 01 1699696752 9 ${fingerprint}\n[GNUPG:] NO_PUBKEY ${id}\n`;

interface Given {
  readonly path?: string;
  readonly body?: string;
  /** What stands beside the file, by path. */
  readonly beside?: Readonly<Record<string, ProbeResponse>>;
  /** What gpgv prints; an answer where it prints nothing. */
  readonly report?: string | ProbeResponse | ((check: SignatureCheck) => string);
  readonly expect?: object;
  readonly step?: 'get' | 'whole';
  readonly profile?: string;
}

function hold({ path = 'dists/stable/InRelease', body = inRelease, beside = {}, report = good, ...more }: Given) {
  const expected = { [path]: { signedBy: keyring, ...more.expect } };
  const context = {
    baseUrl: base,
    pinned: {},
    own: { profile: more.profile ?? null, expect: expected },
    nowWallMs: 1_700_000_000_000,
  };
  const { asks, verdict } = talk(probe(targetOf(more.step ?? 'get', path), context), ({ url, check }) => {
    if (check !== undefined) {
      const printed = typeof report === 'function' ? report(check) : report;
      return typeof printed === 'string' ? answered(200, printed) : printed;
    }
    return url === `${base}/${path}` ? answered(200, body) : (beside[url.slice(base.length + 1)] ?? answered(404));
  });
  const checks = asks.flatMap(({ check }) => (check === undefined ? [] : [check]));
  return { ...verdict, checks, asked: asks.filter(({ check }) => check === undefined).map(({ url }) => url) };
}

describe('what gpgv says of a signature', () => {
  test('a good one verifies the file', () => {
    const { outcome, facts, checks } = hold({});
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.signature).toEqual({ state: 'valid', key: fingerprint });
    expect(facts.verified).toEqual({ algorithm: 'sha256', digest: sha256(inRelease), against: 'signature' });
    expect(checks).toEqual([{ keyring, signed: Buffer.from(inRelease) }]);
  });

  test('a bad one is a mismatch, in its own words', () =>
    expect(hold({ report: bad }).outcome).toEqual({
      tag: 'failed',
      failure: mismatchOf({
        algorithm: 'openpgp',
        want: phrase('answer.goodSignature', { said: `BADSIG ${id} Archive <a@example.com>` }),
        got: `sha256:${sha256(inRelease)}`,
        by: phrase('answer.entryKeyring'),
      }),
    }));

  test.each<[string, string | ProbeResponse, SignatureState, string | null]>([
    ['a missing key', missing, 'unknown_key', id],
    ['an expired key', `[GNUPG:] KEYEXPIRED 1\n[GNUPG:] EXPKEYSIG ${id} A\n${valid()}\n`, 'expired_key', fingerprint],
    ['a revoked key', `[GNUPG:] REVKEYSIG ${id} A\n${valid()}\n`, 'revoked_key', fingerprint],
    ['an expired signature', `[GNUPG:] EXPSIG ${id} A\n${valid()}\n`, 'expired', fingerprint],
    ['by a hash that proves nothing', `[GNUPG:] ERRSIG ${id} 1 2 00 1699696752 5 -\n`, 'unsupported', id],
    ['no gpgv', { tag: 'unknown', because: 'local', code: 'ENOENT' }, 'no_tool', null],
    ['a gpgv that never ends', { tag: 'unknown', because: 'local', code: 'SIGKILL' }, 'no_tool', null],
  ])('%s: unverified, and said to be', (_, report, state, key) => {
    const { outcome, facts } = hold({ report });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.signature).toEqual({ state, key });
    expect(facts.verified).toBe(undefined);
  });

  test.each([
    ['a good one beside a stranger’s', missing + good, 'valid'],
    [
      'a good one behind an expired key’s',
      `[GNUPG:] EXPKEYSIG 0123456789ABCDEF A\n${valid('0'.repeat(40))}\n${good}`,
      'valid',
    ],
  ])('of several, %s decides', (_, report, state) =>
    expect(hold({ report }).facts.signature).toEqual({ state, key: fingerprint }),
  );

  test('a bad one beside a stranger’s is bad', () =>
    expect(hold({ report: missing + bad }).outcome).toMatchObject({ failure: { kind: 'mismatch' } }));

  test.each([
    ['nothing', ''],
    ['no signature', '[GNUPG:] NODATA 4\n'],
    ['words of the file itself', `GOODSIG ${id} A\n gnupg: [GNUPG:] GOODSIG ${id} A\n`],
  ])('%s: what clients cannot read is malformed', (_, report) =>
    expect(hold({ report }).outcome).toEqual({ tag: 'failed', failure: malformed('answer.openpgp') }),
  );
});

describe('what is signed', () => {
  test.each([
    ['before', `Suite: forged\n${inRelease}`],
    ['behind', `${inRelease}Suite: forged\n`],
    ['as a second message', `${inRelease}${inRelease}`],
    ['in the line that begins the signature of', inRelease.replace('BEGIN PGP SIGNATURE', 'BEFIN PGP SIGNATURE')],
  ])('text %s the message is signed by nobody', (where, body) => {
    const { outcome, checks } = hold({ body });
    // Before it, the file does not look signed at all, and nothing stands beside it.
    if (where === 'before') expect(outcome).toEqual({ tag: 'ok' });
    else expect(outcome).toMatchObject({ failure: malformed('answer.oneSigned') });
    expect(checks).toEqual([]);
  });

  test.each([
    ['dists/stable/Release', 'dists/stable/Release.gpg'],
    ['core/os/x86_64/core.db', 'core/os/x86_64/core.db.sig'],
  ])('%s by %s, asked aside', (path, beside) => {
    const signature = Buffer.from('a signature');
    const { facts, checks, asked } = hold({ path, body: plain, beside: { [beside]: answered(200, signature) } });
    expect(asked).toEqual([`${base}/${path}`, `${base}/${beside}`]);
    expect(checks).toEqual([{ keyring, signed: Buffer.from(plain), signature }]);
    expect(facts.verified?.against).toBe('signature');
  });

  test('without one beside it, the file is unsigned; one that cannot be asked for ends as it ended', () => {
    const given = { path: 'dists/stable/Release', body: plain };
    expect(hold(given).facts.signature).toEqual({ state: 'unsigned', key: null });
    expect(hold({ ...given, beside: { 'dists/stable/Release.gpg': answered(503) } }).outcome).toEqual({
      tag: 'failed',
      failure: { kind: 'server', status: 503 },
    });
  });

  test('a file that `get` does not read whole is verified by `whole` alone', () => {
    const body = inRelease.replace('Suite: stable', `Suite: stable\n${'#'.repeat(limits.peekBytes)}`);
    expect(hold({ body }).checks).toEqual([]);
    expect(hold({ body, step: 'whole' }).facts.signature?.state).toBe('valid');
  });

  test('without a key nothing of a signed list is verified, and that is said', () => {
    const list = (profile: string, path = 'dists/stable/InRelease') => {
      const own = { profile, expect: {} };
      const context = { baseUrl: base, pinned: {}, own, nowWallMs: 1_700_000_000_000 };
      return talk(probe(targetOf('get', path), context), () => answered(200, inRelease)).verdict.facts.unchecked;
    };
    expect(list('debian')).toEqual(phrase('answer.noSignedBy'));
    expect([list('arch'), list('debian', 'ls-lR')]).toEqual([undefined, undefined]);
  });

  test('the hash of its entry decides first, and is named as what verified', () => {
    expect(hold({ expect: { sha256: sha256(inRelease) } }).facts.verified?.against).toBe('pinned');
    const other = hold({ expect: { sha256: sha256(plain) } });
    expect([other.outcome.tag, other.checks]).toEqual(['failed', []]);
  });
});

describe('a Release whose Release.gpg is wrong', () => {
  const path = 'dists/stable/Release';
  const older = plain.replace('11 Nov', '10 Nov');
  /** gpgv calls the InRelease good, and what has a signature beside it bad. */
  function step(release: string, inReleaseBody: string | null, ofList: string = good): unknown {
    const beside = {
      [`${path}.gpg`]: answered(200, Buffer.from('a signature')),
      ...(inReleaseBody === null ? {} : { 'dists/stable/InRelease': answered(200, inReleaseBody) }),
    };
    const report = ({ signature }: SignatureCheck): string => (signature === undefined ? ofList : bad);
    const { outcome } = hold({ path, body: release, beside, report });
    return outcome.tag === 'failed' ? outcome.failure : outcome.tag;
  }

  test.each<[string, string, string | null, string | undefined, object]>([
    ['InRelease says the same: out of step', plain, inRelease, good, malformed('answer.releaseStep')],
    ['InRelease has another date: out of step', older, inRelease, good, malformed('answer.releaseStep')],
    [
      'InRelease has that date and other text',
      plain.replace('stable', 'stabbe'),
      inRelease,
      good,
      { kind: 'mismatch' },
    ],
    ['InRelease is bad too', plain, inRelease, bad, { kind: 'mismatch' }],
    ['InRelease is not signed', plain, plain, good, { kind: 'mismatch' }],
    ['there is no InRelease', plain, null, good, { kind: 'mismatch' }],
  ])('%s', (_, release, list, ofList, failure) => expect(step(release, list, ofList)).toMatchObject(failure));
});

describe('an index of Debian, by the signed list of its suite', () => {
  const packages = 'Package: hello\n\n';
  const path = 'dists/stable/main/binary-amd64/Packages';
  const line = (text: string, name: string): string => ` ${sha256(text)} ${text.length} ${name}`;
  const listOf = (...lines: readonly string[]): ProbeResponse =>
    answered(
      200,
      inRelease.replace('SHA256:', ['MD5Sum:', ` ${'0'.repeat(32)} 1 ${path}`, 'SHA256:', ...lines].join('\n')),
    );
  const given = (list: ProbeResponse, more: Given = {}): ReturnType<typeof hold> =>
    hold({ path, body: packages, beside: { 'dists/stable/InRelease': list }, profile: 'debian', ...more });
  const well = listOf(line('other', 'main/binary-arm64/Packages'), line(packages, 'main/binary-amd64/Packages'));

  test('of that size and hash is verified; the list is asked aside', () => {
    const { facts, asked, checks } = given(well);
    expect(asked).toEqual([`${base}/${path}`, `${base}/dists/stable/InRelease`]);
    expect(checks.map(({ signed }) => Buffer.from(signed).toString('latin1').split('\n', 1)[0])).toEqual([
      '-----BEGIN PGP SIGNED MESSAGE-----',
    ]);
    expect(facts.signature).toEqual({ state: 'valid', key: fingerprint });
    expect(facts.verified).toEqual({ algorithm: 'sha256', digest: sha256(packages), against: 'signature' });
  });

  test('another byte of it is a mismatch; another length is a mirror that is being synchronised', () => {
    const other = packages.replace('h', 'j');
    expect(given(well, { body: other }).outcome).toEqual({
      tag: 'failed',
      failure: mismatchOf({
        algorithm: 'sha256',
        want: sha256(packages),
        got: sha256(other),
        by: phrase('answer.signedList', { list: 'dists/stable/InRelease' }),
      }),
    });
    expect(given(well, { body: `${packages}\n` }).outcome).toMatchObject({
      failure: malformed('answer.listedSize', { list: 'dists/stable/InRelease' }),
    });
  });

  test('another byte of a file that clients read by hash: malformed if that one is right, a mismatch if not', () => {
    const other = packages.replace('h', 'j');
    const text = (answer: ProbeResponse): string =>
      answer.tag === 'answered' ? Buffer.from(answer.body).toString() : '';
    const list = answered(200, text(well).replace('MD5Sum:', 'Acquire-By-Hash: yes\nMD5Sum:'));
    const hashed = `dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(packages)}`;
    const of = (content: string | null | ProbeResponse) => {
      const answer = typeof content === 'string' ? answered(200, content) : content;
      const beside = { 'dists/stable/InRelease': list, ...(answer === null ? {} : { [hashed]: answer }) };
      const { outcome } = given(list, { body: other, beside });
      return outcome.tag === 'failed' ? outcome.failure : outcome.tag;
    };
    expect(of(packages)).toEqual(malformed('answer.listedByHash', { list: 'dists/stable/InRelease' }));
    expect([of(other), of(null)]).toMatchObject([{ kind: 'mismatch' }, { kind: 'mismatch' }]);
    expect(of(answered(503))).toMatchObject({ kind: 'server' });
  });

  test('a list that is forged is a mismatch, and one that cannot be judged proves nothing', () => {
    expect(given(well, { report: bad }).outcome).toMatchObject({ failure: { kind: 'mismatch', algorithm: 'openpgp' } });
    const { facts } = given(well, { report: missing });
    expect([facts.signature?.state, facts.verified]).toEqual(['unknown_key', undefined]);
    expect(given(well, { report: missing, body: 'forged' }).outcome).toEqual({ tag: 'ok' });
  });

  test('one that does not list it proves nothing, and neither does none at all', () => {
    const { outcome, facts } = given(listOf(line(packages, 'main/binary-amd64/Packages.gz')));
    expect([outcome, facts.verified]).toEqual([{ tag: 'ok' }, undefined]);
    expect(facts.signature).toEqual({ state: 'unlisted', key: null });
    expect(given(answered(404)).facts.signature).toEqual({ state: 'unsigned', key: null });
    expect(given(answered(503)).outcome).toMatchObject({ failure: { kind: 'server' } });
  });

  const sum = (algorithm: string, text = packages): string => createHash(algorithm).update(text).digest('hex');
  const byHash = (kind: string, hex: string): string => `dists/stable/main/binary-amd64/by-hash/${kind}/${hex}`;

  test.each(['md5', 'sha1', 'sha256', 'sha512'])('is verified also by its path by %s', (algorithm) => {
    const lines = ['md5', 'sha1', 'sha256', 'sha512'].map(
      (one) => ` ${sum(one)} ${packages.length} main/binary-amd64/Packages`,
    );
    const kind = algorithm === 'md5' ? 'MD5Sum' : algorithm.toUpperCase();
    const { facts, outcome } = given(listOf(...lines), { path: byHash(kind, sum(algorithm)) });
    expect([outcome, facts.signature?.state, facts.verified?.digest]).toEqual([
      { tag: 'ok' },
      'valid',
      sha256(packages),
    ]);
    const elsewhere = given(listOf(...lines), {
      path: byHash(kind, sum(algorithm)).replace('binary-amd64', 'binary-arm64'),
    });
    expect([elsewhere.outcome, elsewhere.facts.signature?.state]).toEqual([{ tag: 'ok' }, 'unlisted']);
  });

  test('by the hash of an older list: well, and not verified; other bytes than its path states are a mismatch', () => {
    const old = 'Package: older\n\n';
    const path = byHash('SHA256', sha256(old));
    const kept = given(well, { path, body: old });
    expect([kept.outcome, kept.facts.signature?.state, kept.facts.verified]).toEqual([
      { tag: 'ok' },
      'unlisted',
      undefined,
    ]);
    const wrong = given(well, { path, body: packages });
    expect(wrong.outcome).toMatchObject({ failure: { kind: 'mismatch', want: sha256(old), got: sha256(packages) } });
  });

  describe('and its patches, by the index of them that the list names', () => {
    const folder = 'dists/stable/main/binary-amd64/Packages.diff';
    const patch = '1d\n';
    const name = 'T-2023-11-11-0000.00-F-2023-11-10-0000.00';
    const index = `SHA256-Current: ${sha256(packages)} ${packages.length}\nSHA256-Patches:\n${line('x', name)}\nSHA256-Download:\n${line(patch, `${name}.gz`)}\n`;
    const listed = listOf(line(index, 'main/binary-amd64/Packages.diff/Index'));
    const ofPatch = (body: string, more: Record<string, ProbeResponse> = {}, path = `${folder}/${name}.gz`) =>
      hold({
        path,
        body,
        profile: 'debian',
        expect: { startsHex: Buffer.from(body).toString('hex') },
        beside: { 'dists/stable/InRelease': listed, [`${folder}/Index`]: answered(200, index), ...more },
      });

    test('are verified, by name and by hash', () => {
      for (const path of [`${folder}/${name}.gz`, `${folder}/by-hash/SHA256/${sha256(patch)}`]) {
        const { outcome, facts, asked } = ofPatch(patch, {}, path);
        expect([outcome, facts.verified?.against]).toEqual([{ tag: 'ok' }, 'signature']);
        expect(asked.slice(1)).toEqual([`${base}/dists/stable/InRelease`, `${base}/${folder}/Index`]);
      }
    });

    test('of other bytes are a mismatch, and an older one is not verified', () => {
      expect(ofPatch('2d\n').outcome).toMatchObject({ failure: { kind: 'mismatch', want: sha256(patch) } });
      const older = ofPatch(patch, {}, `${folder}/T-2023-11-10-0000.00-F-2023-11-09-0000.00.gz`);
      expect([older.outcome, older.facts.signature?.state]).toEqual([{ tag: 'ok' }, 'unlisted']);
    });

    test('by an index of other bytes: it is a mismatch of that index', () => {
      const forged = answered(200, index.replace(sha256(patch), sha256('2d\n')));
      expect(ofPatch('2d\n', { [`${folder}/Index`]: forged }).outcome).toMatchObject({
        failure: { kind: 'mismatch', side: `${folder}/Index`, want: sha256(index) },
      });
    });
  });

  test.each([
    ['dists/stable/main/source/Sources.xz', 'dists/stable/InRelease', 'main/source/Sources.xz'],
    ['security/dists/stable/updates/main/x', 'security/dists/stable/updates/InRelease', 'main/x'],
    ['dists/stable/InRelease', null, null],
    ['dists/stable/Release.gpg', null, null],
    ['pool/main/h/hello/hello.deb', null, null],
  ])('%s is listed by %s', (of, list, name) =>
    expect(profileOf('debian')?.lists?.listedAt(of) ?? { list: null, name: null }).toEqual({ list, name }),
  );
});

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { ProbeRequest, ProbeResponse, Verdict } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/http/conversation.ts';
import { createProbeMemories } from '../../../../src/io/probe-memory.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../../../src/words/tell.ts';
import { table } from '../../../support/table.ts';
import { answered, targetOf } from '../talk.ts';

const base = 'https://m.example.com/debian';
const path = 'dists/stable/InRelease';
const nowWallMs = 1_700_000_000_000;
const minuteMs = 60_000;
const good = '[GNUPG:] GOODSIG 60718293A4B5C6D7 Archive\n[GNUPG:] VALIDSIG 60718293A4B5C6D760718293A4B5C6D760718293\n';
const done: ProbeResponse = answered(200);
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const debOf = (name: string): string => `!<arch>\n${name}`;
const pathOf = (name: string): string => `pool/main/${name}/${name}_1.0_all.deb`;

/** An index of packages that may be read. */
const indexOf = (names: readonly string[]): string =>
  names
    .map((name) => {
      const deb = debOf(name);
      return `Package: ${name}\nFilename: ${pathOf(name)}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n\n`;
    })
    .join('');

/** A Release file with these files of a suite, signed as far as a reader without keys can tell. */
function inReleaseOf(files: Readonly<Record<string, string | Buffer>>, more = ''): string {
  const sums = Object.entries(files).map(([name, content]) => ` ${sha256(content)} ${content.length} ${name}`);
  const head = ['-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512', '', 'Date: Sat, 11 Nov 2023 09:59:12 UTC'];
  const foot = ['-----BEGIN PGP SIGNATURE-----', '', 'iQ==', '-----END PGP SIGNATURE-----', ''];
  return [...head, ...(more === '' ? [] : [more]), 'SHA256:', ...sums, ...foot].join('\n');
}

type Files = Record<string, string | Buffer>;

/** The files of an archive with these packages, by path. */
function archive(names: readonly string[], more = ''): Files {
  const index = gzipSync(indexOf(names));
  const lists = { 'main/binary-amd64/Packages': indexOf(names), 'main/binary-amd64/Packages.gz': index };
  return {
    [path]: inReleaseOf({ ...lists, 'main/binary-i386/Packages.gz': 'other' }, more),
    'dists/stable/main/binary-amd64/Packages.gz': index,
    ...Object.fromEntries(names.map((name) => [pathOf(name), debOf(name)])),
  };
}

type Given = { readonly report?: string; readonly peekBytes?: number; readonly paceMs?: number };

/** One mirror, asked again and again. */
function mirror(files: Files, { report = good, peekBytes, paceMs = minuteMs }: Given = {}) {
  const memory = createProbeMemories()('mirror');
  let probes = 0;
  return async (step = 'whole'): Promise<{ readonly verdict: Verdict; readonly asked: readonly string[] }> => {
    const context = {
      baseUrl: base,
      pinned: {},
      own: { profile: 'debian', expect: { [path]: { signedBy: '/keys.gpg' } } },
      nowWallMs: nowWallMs + probes++ * paceMs,
      memory,
      ...(peekBytes === undefined ? {} : { peekBytes }),
    };
    const asked: ProbeRequest[] = [];
    const conversation = probe(targetOf(step, path), context);
    let turn = conversation.next();
    while (!turn.done) {
      const ask = turn.value;
      if (ask.work !== undefined) {
        await ask.work();
        turn = conversation.next(done);
      } else if (ask.check !== undefined) turn = conversation.next(answered(200, report));
      else {
        asked.push(ask);
        const content = files[ask.url.slice(base.length + 1)];
        turn = conversation.next(content === undefined ? answered(404) : answered(200, content));
      }
    }
    expect(asked.slice(1).every(({ aside }) => aside === true)).toBe(true);
    return { verdict: turn.value, asked: asked.map(({ url }) => url.slice(base.length + 1)) };
  };
}

const names = ['a', 'b', 'c', 'd', 'e'];

describe('packages by the signed list', () => {
  test('each probe asks for another one, and for the index only once', async () => {
    const ask = mirror(archive(names));
    const first = await ask();
    expect(first.verdict.outcome).toEqual({ tag: 'ok' });
    expect(first.asked.slice(0, 2)).toEqual([path, 'dists/stable/main/binary-amd64/Packages.gz']);
    const debs = [first.asked.at(-1)];
    for (let n = 1; n < names.length; n += 1) {
      const { asked } = await ask();
      expect(asked).toHaveLength(2);
      debs.push(asked[1]);
    }
    expect(debs.toSorted()).toEqual(names.map(pathOf));
    // All have had their turn: it begins anew, and as the index holds no others it is not read again.
    expect((await ask()).asked).toEqual([path, debs[0]]);
  });

  test('mirrors with the same list take the same ones in the same order', async () => {
    const [a, b] = [mirror(archive(names)), mirror(archive(names))];
    for (let n = 0; n < 3; n += 1) expect((await a()).asked).toEqual((await b()).asked);
  });

  test('a wrong byte is a mismatch, named by its path, and asked for again until it is right', async () => {
    const files = archive(names);
    files[pathOf('c')] = '!<arch>\nC';
    const ask = mirror(files);
    let wrong = await ask();
    for (let n = 1; n < names.length && wrong.verdict.outcome.tag === 'ok'; n += 1) wrong = await ask();
    const failure = mismatchOf({
      algorithm: 'sha256',
      want: sha256(debOf('c')),
      got: sha256('!<arch>\nC'),
      by: phrase('answer.signedList', { list: path }),
      side: pathOf('c'),
    });
    expect(wrong.verdict.outcome).toEqual({ tag: 'failed', failure });
    expect(wrong.verdict.facts.seen).toEqual({ bytes: 9, firstHex: Buffer.from('!<arch>\nC').toString('hex') });
    const again = await ask();
    expect([again.asked, again.verdict.outcome]).toEqual([[path, pathOf('c')], wrong.verdict.outcome]);
    files[pathOf('c')] = debOf('c');
    expect((await ask()).verdict.outcome).toEqual({ tag: 'ok' });
    expect((await ask()).asked).not.toContain(pathOf('c'));
  });

  test.each<[string, string | undefined, object]>([
    ['that is missing is absent', undefined, { kind: 'absent', status: 404 }],
    [
      'of another length is malformed',
      `${debOf('a')}.`,
      malformed('answer.listedSizeOf', { file: pathOf('a'), list: 'dists/stable/main/binary-amd64/Packages.gz' }),
    ],
    ['that is a page is wrong content', '<html>', wrongContent('answer.notPage', { what: phrase('answer.aFile') })],
  ])('one %s', async (_, content, failure) => {
    const { [pathOf('a')]: __, ...files } = archive(['a']);
    const ask = mirror(content === undefined ? files : { ...files, [pathOf('a')]: content });
    expect((await ask()).verdict.outcome).toEqual({ tag: 'failed', failure });
    expect((await ask()).asked).toEqual([path, pathOf('a')]);
  });

  test('a new list leads to its own packages', async () => {
    const files = archive(['a']);
    const ask = mirror(files);
    await ask();
    delete files[pathOf('a')];
    Object.assign(files, archive(['b']));
    expect((await ask()).asked).toEqual([path, 'dists/stable/main/binary-amd64/Packages.gz', pathOf('b')]);
  });

  test('without a valid signature they are not verified; a peek requests none, and `get` only the index', async () => {
    const unknown = '[GNUPG:] ERRSIG 60718293A4B5C6D7 1 10 01 1699696752 9\n[GNUPG:] NO_PUBKEY 60718293A4B5C6D7\n';
    expect((await mirror(archive(names), { report: unknown })()).asked).toEqual([path]);
    expect((await mirror(archive(names), { peekBytes: limits.peekBytes })()).asked).toEqual([path]);
    expect((await mirror(archive(names))('get')).asked).toEqual([path, 'dists/stable/main/binary-amd64/Packages.gz']);
  });

  test('those too large are left out, and of many so many are taken', async () => {
    const many = Array.from({ length: limits.rotaPackages + 50 }, (_, n) => `p${n}`);
    const files = archive(many);
    const huge = `Package: z\nFilename: pool/z.deb\nSize: ${limits.rotaPackageBytes + 1}\nSHA256: ${'0'.repeat(64)}\n\n`;
    const index = `${huge}${indexOf(many)}`;
    files['dists/stable/main/binary-amd64/Packages.gz'] = gzipSync(index);
    files[path] = inReleaseOf({ 'main/binary-amd64/Packages.gz': gzipSync(index) });
    const ask = mirror(files, { paceMs: 1_000 });
    const seen = new Set<string | undefined>();
    let read = 0;
    for (let n = 0; n <= limits.rotaPackages; n += 1) {
      const { verdict, asked } = await ask();
      expect(verdict.outcome).toEqual({ tag: 'ok' });
      if (asked.length === 3) read += 1;
      if (n < limits.rotaPackages) seen.add(asked.at(-1));
    }
    expect([seen.size, read]).toEqual([limits.rotaPackages, 2]);
  });
});

describe('the index', () => {
  const packages = 'dists/stable/main/binary-amd64/Packages';

  test('of wrong bytes is a mismatch; of another length malformed; missing, clients may take another form', async () => {
    const files = archive(['a']);
    const index = Buffer.from(files[`${packages}.gz`] ?? '');
    const wrong = Buffer.from(index);
    wrong[12] = (wrong[12] ?? 0) ^ 1;
    const outcomeWith = async (content: Buffer) =>
      (await mirror({ ...files, [`${packages}.gz`]: content })()).verdict.outcome;
    expect(await outcomeWith(wrong)).toMatchObject({
      failure: { kind: 'mismatch', want: sha256(index), side: `${packages}.gz`, by: `the signed ${path}` },
    });
    expect(await outcomeWith(index.subarray(1))).toMatchObject({
      failure: malformed('answer.listedSizeOf', { file: `${packages}.gz`, list: path }),
    });
    const { [`${packages}.gz`]: _, ...without } = files;
    expect((await mirror(without)()).verdict.outcome).toEqual({ tag: 'ok' });
  });

  test('is asked by its hash where the archive keeps it so, else by its name', async () => {
    const files = archive(['a'], 'Acquire-By-Hash: yes');
    const byHash = `dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(files[`${packages}.gz`] ?? '')}`;
    expect((await mirror(files)()).asked).toEqual([path, byHash, `${packages}.gz`, pathOf('a')]);
    const kept = { ...files, [byHash]: files[`${packages}.gz`] ?? '' };
    expect((await mirror(kept)()).asked).toEqual([path, byHash, pathOf('a')]);
  });

  test.each<[string, Files, readonly string[]]>(table('unit/ecosystems/http/packages', 'the index'))(
    'is %s',
    async (_, lists, chosen) => {
      const contents = Object.entries(lists).map(([name, content]) => [`dists/stable/${name}`, content]);
      const { asked, verdict } = await mirror({ [path]: inReleaseOf(lists), ...Object.fromEntries(contents) })();
      expect(asked).toEqual([path, ...chosen.map((name) => `dists/stable/${name}`)]);
      expect(verdict.outcome).toEqual({ tag: 'ok' });
      // No form of these can be unpacked.
      expect(verdict.facts.unchecked).toEqual(phrase('answer.noPackages', { list: path }));
    },
  );

  test('of all architectures is not read where the list says so', async () => {
    const lists = { 'main/binary-all/Packages.gz': 'x', 'main/binary-arm64/Packages.gz': 'y' };
    const list = inReleaseOf(lists, 'No-Support-for-Architecture-all: Packages');
    const { asked } = await mirror({ [path]: list, 'dists/stable/main/binary-arm64/Packages.gz': 'y' })();
    expect(asked).toEqual([path, 'dists/stable/main/binary-arm64/Packages.gz']);
  });

  test('is asked by SHA-512 where the list has that, as by apt', async () => {
    const files = archive(['a']);
    const index = Buffer.from(files[`${packages}.gz`] ?? '');
    const sha512 = createHash('sha512').update(index).digest('hex');
    const sums = `Acquire-By-Hash: yes\nSHA512:\n ${sha512} ${index.length} main/binary-amd64/Packages.gz`;
    const byHash = `dists/stable/main/binary-amd64/by-hash/SHA512/${sha512}`;
    const list = { [path]: inReleaseOf({ 'main/binary-amd64/Packages.gz': index }, sums) };
    const { asked, verdict } = await mirror({ ...files, ...list, [byHash]: index })();
    expect([asked, verdict.outcome]).toEqual([[path, byHash, pathOf('a')], { tag: 'ok' }]);
  });

  test('is read whole again within the hour: a byte that flips below the same list is found', async () => {
    const files = archive(['a']);
    const ask = mirror(files, { paceMs: 10 * minuteMs });
    expect((await ask()).verdict.outcome).toEqual({ tag: 'ok' });
    const wrong = Buffer.from(files[`${packages}.gz`] ?? '');
    wrong[12] = (wrong[12] ?? 0) ^ 1;
    files[`${packages}.gz`] = wrong;
    const kinds: unknown[] = [];
    for (let n = 0; n < 6; n += 1) kinds.push((await ask()).verdict.outcome.tag);
    expect(kinds).toEqual(['ok', 'ok', 'ok', 'ok', 'failed', 'failed']);
  });

  test('is asked from the canonical path if the one by hash fails, as by apt', async () => {
    const files = archive(['a'], 'Acquire-By-Hash: yes');
    const ask = mirror(files);
    expect((await ask()).verdict.outcome).toEqual({ tag: 'ok' });
    const spoilt = { ...files, [`${packages}.gz`]: 'x' };
    expect((await mirror(spoilt)()).verdict.outcome).toMatchObject({ failure: { kind: 'malformed' } });
  });
});

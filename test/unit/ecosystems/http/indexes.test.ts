import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { ProbeRequest, ProbeResponse, Verdict } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/http/conversation.ts';
import { createProbeMemories } from '../../../../src/io/probe-memory.ts';
import { answered, targetOf } from '../talk.ts';

const base = 'https://m.example.com/debian';
const path = 'dists/stable/InRelease';
const name = 'main/binary-amd64/Packages.xz';
const canonical = `dists/stable/${name}`;
const good = '[GNUPG:] GOODSIG 60718293A4B5C6D7 Archive\n[GNUPG:] VALIDSIG 60718293A4B5C6D760718293A4B5C6D760718293\n';
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const byHashOf = (content: Buffer): string => `dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(content)}`;
const paceMs = 30_000;

function flipped(content: Buffer, at: number): Buffer {
  const copy = Buffer.from(content);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function listOf(index: Buffer, { byHash = true, more = '' } = {}): Buffer {
  const head = ['-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512', '', 'Date: Sat, 11 Nov 2023 09:59:12 UTC'];
  const body = [
    ...(byHash ? ['Acquire-By-Hash: yes'] : []),
    more,
    'SHA256:',
    ` ${sha256(index)} ${index.length} ${name}`,
  ];
  const foot = ['-----BEGIN PGP SIGNATURE-----', '', 'iQ==', '-----END PGP SIGNATURE-----', ''];
  return Buffer.from([...head, ...body, ...foot].join('\n'));
}

/** What a server does of HTTP. */
type Server = { readonly etags?: boolean; readonly ranges?: boolean; readonly lengths?: boolean };

/** A mirror that serves files as a web server does; an ETag is the file's version, as nginx makes it of date and size. */
function mirror(files: Record<string, Buffer | number>, server: Server = {}) {
  const { etags = true, ranges = true, lengths = true } = server;
  const memory = createProbeMemories()('mirror');
  const versions = new Map<string, string>();
  let probes = 0;
  const serve = (ask: ProbeRequest): ProbeResponse => {
    const file = files[ask.url.slice(base.length + 1)];
    if (file === undefined) return answered(404);
    if (typeof file === 'number') return answered(file);
    const etag = versions.get(ask.url) ?? sha256(file);
    const { range, 'if-none-match': match } = ask.headers ?? {};
    const own = etags ? { etag } : {};
    if (etags && match?.split(', ').includes(etag) === true) return answered(304, '', own);
    const [, from = '', to = ''] = ranges ? (/^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []) : [];
    if (from === '' && to === '') {
      const sent = ask.stopAfterBytes === undefined ? file : file.subarray(0, ask.stopAfterBytes);
      return answered(200, sent, { ...own, ...(lengths ? { 'content-length': String(file.length) } : {}) });
    }
    const start = from === '' ? Math.max(0, file.length - Number(to)) : Number(from);
    const end = from === '' ? file.length : Math.min(file.length, Number(to) + 1);
    const span = `bytes ${start}-${end - 1}/${file.length}`;
    return answered(206, file.subarray(start, end), { ...own, 'content-range': span });
  };
  return {
    files,
    /** The ETag stays as it is from here on, whatever is served. */
    freeze: (of: string, etag: string) => void versions.set(`${base}/${of}`, etag),
    async get(): Promise<{
      readonly outcome: Verdict['outcome'];
      readonly asked: readonly string[];
      readonly wholes: number;
    }> {
      const own = { profile: 'debian', expect: { [path]: { signedBy: '/keys.gpg' } } };
      const context = { baseUrl: base, pinned: {}, own, nowWallMs: 1_700_000_000_000 + probes++ * paceMs, memory };
      const conversation = probe(targetOf('get', path), context);
      const asks: ProbeRequest[] = [];
      let turn = conversation.next();
      while (!turn.done) {
        const { value: ask } = turn;
        if (ask.work !== undefined) {
          await ask.work();
          turn = conversation.next(answered(200));
        } else if (ask.check !== undefined) turn = conversation.next(answered(200, good));
        else {
          asks.push(ask);
          turn = conversation.next(serve(ask));
        }
      }
      expect(asks.slice(1).every(({ aside }) => aside === true)).toBe(true);
      const asked = asks.map(({ url }) => url.slice(base.length + 1));
      const wholes = asks.filter(({ url, headers }) => /Packages|by-hash/.test(url) && headers === undefined).length;
      return { outcome: turn.value.outcome, asked, wholes };
    },
  };
}

const index = randomBytes(200_000);
const archive = (over: Record<string, Buffer | number> = {}): Record<string, Buffer | number> => ({
  [path]: listOf(index),
  [byHashOf(index)]: index,
  [canonical]: index,
  ...over,
});
const kindOf = (outcome: Verdict['outcome']): string => (outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag);

describe('an index at the pace of the canary', () => {
  test('is read whole once, by hash, then asked by its ETag', async () => {
    const near = mirror(archive());
    const first = await near.get();
    expect([first.outcome.tag, first.asked, first.wholes]).toEqual(['ok', [path, byHashOf(index)], 1]);
    for (let n = 0; n < 3; n += 1) {
      const { outcome, asked, wholes } = await near.get();
      expect([outcome.tag, asked, wholes]).toEqual(['ok', [path, byHashOf(index)], 0]);
    }
  });

  const servers: readonly (readonly [string, Server, number])[] = [
    ['by ETag', {}, 0],
    ['without ETags, by its first and last bytes', { etags: false }, 0],
    ['without ranges, by its ETag', { ranges: false }, 0],
    ['without both, by its length and first bytes', { etags: false, ranges: false }, 0],
    ['without anything to compare, whole', { etags: false, ranges: false, lengths: false }, 1],
  ];
  test.each(servers)('%s: well, and a flipped byte is a mismatch at once', async (_, server, wholes) => {
    const near = mirror(archive(), server);
    await near.get();
    expect(await near.get()).toMatchObject({ outcome: { tag: 'ok' }, wholes });
    near.files[byHashOf(index)] = flipped(index, 9);
    const { outcome } = await near.get();
    expect(outcome).toMatchObject({
      failure: { kind: 'mismatch', want: sha256(index), got: sha256(flipped(index, 9)), side: byHashOf(index) },
    });
  });

  test('a byte in the middle is seen by its ETag, and by an ETag that stays as it is only once it is read whole', async () => {
    const near = mirror(archive());
    await near.get();
    near.files[byHashOf(index)] = flipped(index, 100_000);
    expect(kindOf((await near.get()).outcome)).toBe('mismatch');
    const still = mirror(archive());
    still.freeze(byHashOf(index), 'v1');
    await still.get();
    still.files[byHashOf(index)] = flipped(index, 100_000);
    expect(kindOf((await still.get()).outcome)).toBe('ok');
  });

  test('ETags that differ between nodes lead to one download for each', async () => {
    const near = mirror(archive());
    const wholes: number[] = [];
    for (const node of ['a', 'b', 'a', 'b', 'c', 'a']) {
      near.freeze(byHashOf(index), `"${node}"`);
      const got = await near.get();
      expect(got.outcome.tag).toBe('ok');
      wholes.push(got.wholes);
    }
    expect(wholes).toEqual([1, 1, 0, 0, 1, 0]);
  });

  test('a wrong copy is read whole twice and then compared; once it is right the verdict ends', async () => {
    const near = mirror(archive());
    await near.get();
    near.files[byHashOf(index)] = flipped(index, 9);
    const wholes: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const got = await near.get();
      expect(kindOf(got.outcome)).toBe('mismatch');
      wholes.push(got.wholes);
    }
    expect(wholes).toEqual([1, 1, 0, 0]);
    near.files[byHashOf(index)] = index;
    expect(await near.get()).toMatchObject({ outcome: { tag: 'ok' }, wholes: 1 });
  });

  test('a bad canonical file is not asked for where the archive has it by hash', async () => {
    const near = mirror(archive({ [canonical]: flipped(index, 9) }));
    expect(kindOf((await near.get()).outcome)).toBe('ok');
    const old = mirror(archive({ [path]: listOf(index, { byHash: false }), [canonical]: flipped(index, 9) }));
    expect(kindOf((await old.get()).outcome)).toBe('mismatch');
  });

  test('a path by hash that fails is followed by the canonical one, as in apt', async () => {
    const near = mirror(archive({ [byHashOf(index)]: 500 }));
    expect(await near.get()).toMatchObject({ outcome: { tag: 'ok' }, asked: [path, byHashOf(index), canonical] });
    near.files[canonical] = 503;
    expect(kindOf((await near.get()).outcome)).toBe('server');
  });

  test('one that the mirror never had is no fault, and one that is gone is', async () => {
    const { [byHashOf(index)]: _, [canonical]: __, ...without } = archive();
    expect(kindOf((await mirror(without).get()).outcome)).toBe('ok');
    const near = mirror(archive());
    await near.get();
    delete near.files[byHashOf(index)];
    delete near.files[canonical];
    expect(kindOf((await near.get()).outcome)).toBe('absent');
  });

  test('a new list in the middle of a probe is no fault', async () => {
    const other = randomBytes(200_000);
    const near = mirror(archive());
    await near.get();
    // The index is the new one already; the list becomes so while the index is read.
    let asked = 0;
    const files = near.files;
    Object.defineProperty(files, path, { get: () => (asked++ === 0 ? listOf(index) : listOf(other)) });
    files[byHashOf(index)] = other;
    files[byHashOf(other)] = other;
    expect(kindOf((await near.get()).outcome)).toBe('ok');
    expect((await near.get()).asked).toContain(byHashOf(other));
  });

  test('under a new list an unchanged index is not read again', async () => {
    const near = mirror(archive());
    await near.get();
    near.files[path] = listOf(index, { more: 'Codename: other' });
    expect(await near.get()).toMatchObject({ outcome: { tag: 'ok' }, wholes: 0 });
  });

  test('of a list longer than `get` reads is checked as well, by the list as a whole', async () => {
    const long = listOf(index, { more: `Description: ${'x'.repeat(2 * limits.peekBytes)}` });
    const near = mirror(archive({ [path]: long }));
    expect((await near.get()).asked).toEqual([path, path, byHashOf(index)]);
    expect((await near.get()).asked).toEqual([path, byHashOf(index)]);
    near.files[byHashOf(index)] = flipped(index, 9);
    expect(kindOf((await near.get()).outcome)).toBe('mismatch');
  });

  test('that can never be compared is read within the bytes of an hour', async () => {
    const large = randomBytes(5 * 2 ** 20);
    const near = mirror(
      { [path]: listOf(large), [byHashOf(large)]: large },
      { etags: false, ranges: false, lengths: false },
    );
    let wholes = 0;
    for (let n = 0; n < 3_600_000 / paceMs; n += 1) wholes += (await near.get()).wholes;
    expect(wholes).toBe(Math.floor(limits.indexBytesPerHour / large.length));
    expect((await near.get()).wholes).toBe(1);
  });
});

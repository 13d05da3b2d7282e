import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/core/config.ts';
import { limits } from '../../../../src/core/limits.ts';
import { readConfig } from '../../../daemon/world.ts';
import { closeAll, openHandler, serveOn } from './open-handler.ts';

afterEach(closeAll);

const bytes = randomBytes(300_000);
const path = '/go/rsc.io/quote/@v/v1.5.2.zip';
const hashOf = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');
const whole = createHash('sha256').update(bytes).digest('hex');

interface Zip {
  readonly body?: Buffer;
  readonly etag?: string;
  /** So many bytes, then the connection ends. */
  readonly cutAt?: number;
  /** It takes no ranges. */
  readonly isPlain?: true;
}

/** A mirror that serves one file. */
async function mirror({ body = bytes, etag, cutAt, isPlain }: Zip) {
  const ranges: (string | undefined)[] = [];
  const port = await serveOn((request: IncomingMessage, response: ServerResponse) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = isPlain === true ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = body.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-type': 'application/zip',
      'content-length': String(part.length),
      ...(etag === undefined ? {} : { etag }),
      ...(from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
    });
    if (cutAt === undefined) return void response.end(part);
    response.write(part.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 20));
  });
  return { url: `http://127.0.0.1:${port}`, ranges };
}

function configOf(urls: readonly string[], more = ''): Config {
  const lines = urls.map((url, at) => `  - { name: m${at}, ecosystem: go, url: "${url}"${more} }`);
  const read = readConfig(
    `mirrors:\n${lines.join('\n')}\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: { relay: true }\n`,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

const open = async (mirrors: readonly { readonly url: string }[]) =>
  openHandler(configOf(mirrors.map(({ url }) => url)), { isRelay: () => true });

describe('an artifact that passes through the door', () => {
  it('is that of the first mirror', async () => {
    const all = [await mirror({ etag: '"1"' }), await mirror({})];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.status, got.isCut, hashOf(got.text), got.headers['etag']]).toEqual([200, false, whole, '"1"']);
    expect(all[1]?.ranges).toEqual([]);
    expect(lines[0]).toMatchObject({ outcome: 'relayed', registry: 'm0', module: 'rsc.io/quote' });
  });

  it('goes on at the next mirror by a range where length and strong validator agree', async () => {
    const all = [await mirror({ etag: '"1"', cutAt: 100_000 }), await mirror({ etag: '"1"' })];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.isCut, hashOf(got.text)]).toEqual([false, whole]);
    expect(all[1]?.ranges).toEqual([`bytes=100000-`]);
    expect(lines[0]).toMatchObject({ outcome: 'relayed', registry: 'm1' });
  });

  it.each<readonly [string, Zip, Zip]>([
    ['has no validator', { cutAt: 100_000 }, {}],
    ['has a weak one', { cutAt: 100_000, etag: 'W/"1"' }, { etag: 'W/"1"' }],
    ['takes no ranges', { cutAt: 100_000, etag: '"1"' }, { etag: '"2"', isPlain: true }],
  ])('goes on at one that %s from its beginning, held against what was sent', async (_, first, second) => {
    const all = [await mirror(first), await mirror(second)];
    const { get } = await open(all);
    const got = await get(path);
    expect([got.isCut, hashOf(got.text)]).toEqual([false, whole]);
  });

  it('never goes on with other bytes, another length or another range: the client is cut', async () => {
    const other = Buffer.from(bytes);
    other[50] = (other[50] ?? 0) ^ 1;
    const all = [
      await mirror({ cutAt: 100_000, etag: '"1"' }),
      await mirror({ body: other, etag: '"2"', isPlain: true }),
      await mirror({ body: bytes.subarray(0, 200_000), etag: '"1"' }),
      await mirror({ body: Buffer.concat([bytes, bytes]), etag: '"1"' }),
    ];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.status, got.isCut, got.text.length]).toEqual([200, true, 100_000]);
    expect(lines[0]).toMatchObject({ outcome: 'failed' });
  });

  it('is tried at each mirror before a byte was sent, and is a bad gateway where none gives it', async () => {
    const good = await mirror({});
    const { get } = await open([{ url: 'http://127.0.0.1:9' }, good]);
    expect(hashOf((await get(path)).text)).toBe(whole);
    const none = await open([{ url: 'http://127.0.0.1:9' }]);
    expect((await none.get(path)).status).toBe(502);
    expect(none.lines[0]).toMatchObject({ outcome: 'failed' });
  });

  it('keeps a part that a client asks for', async () => {
    const all = [await mirror({ etag: '"1"' })];
    const { get } = await open(all);
    const got = await get(path, 'GET', { range: 'bytes=299990-' });
    expect([got.status, got.text.length, got.headers['content-range']]).toEqual([
      206,
      10,
      'bytes 299990-299999/300000',
    ]);
  });

  it('counts HEAD as one', async () => {
    const { get } = await open([await mirror({})]);
    const got = await get(path, 'HEAD');
    expect([got.status, got.headers['content-length'], got.text]).toEqual([200, '300000', '']);
  });
});

describe('a mirror with credentials', () => {
  it('is not redirected to where too much passes already: its clients try again', async () => {
    const all = await mirror({});
    const config = configOf([all.url], ', auth: { username: robot, password: hunter2 }');
    const { get, lines } = await openHandler(config, { passing: { count: limits.doorPassing } });
    const got = await get(path);
    expect([got.status, got.headers['location'], got.headers['retry-after']]).toEqual([503, undefined, '1']);
    expect([lines[0]?.outcome, all.ranges]).toEqual(['limited', []]);
  });

  it('is never redirected to: what it has passes through the door, without --relay too', async () => {
    const all = await mirror({});
    const config = configOf([all.url], ', auth: { username: robot, password: hunter2 }');
    const { get } = await openHandler(config);
    const got = await get(path);
    expect([got.status, hashOf(got.text)]).toEqual([200, whole]);
  });
});

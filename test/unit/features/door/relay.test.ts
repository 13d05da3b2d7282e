import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { readConfig } from '../../../daemon/world.ts';
import { closeAll, openHandler, serveOn } from './open-handler.ts';
import { bytes, configOf, hashOf, mirror, open, path, whole, type Zip } from './relay-mirror.ts';

afterEach(closeAll);

describe('an artifact that passes through the door', () => {
  it('is that of the first mirror', async () => {
    const all = [await mirror({ etag: '"1"' }), await mirror({})];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.status, got.isCut, hashOf(got.text), got.headers['etag']]).toEqual([200, false, whole, undefined]);
    expect(all[1]?.ranges).toEqual([]);
    expect(lines[0]).toMatchObject({ outcome: 'relayed', registry: 'm0', module: 'rsc.io/quote' });
  });

  it('goes on at the next mirror, which sends the whole file, also where the strong validator agrees', async () => {
    const all = [await mirror({ etag: '"1"', cutAt: 100_000 }), await mirror({ etag: '"1"' })];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.isCut, hashOf(got.text)]).toEqual([false, whole]);
    expect(all[1]?.ranges).toEqual([undefined]);
    expect(lines[0]).toMatchObject({ outcome: 'relayed', registry: 'm1', broken: ['m0'] });
  });

  it.each([
    ['an equal validator', '"1"'],
    ['none', undefined],
  ])(
    'never has the first bytes of one mirror and the rest of another, with %s: the first is blamed',
    async (_, etag) => {
      const wrong = Buffer.concat([randomBytes(65_536), bytes.subarray(65_536)]);
      const more = etag === undefined ? {} : { etag };
      const all = [await mirror({ ...more, body: wrong, cutAt: 65_536 }), await mirror(more), await mirror(more)];
      const { get, lines, metrics } = await open(all);
      const got = await get(path);
      expect([got.status, got.isCut, got.text.length]).toEqual([200, true, 65_536]);
      expect(lines[0]).toMatchObject({ outcome: 'failed', registry: 'm0', broken: undefined });
      const text = await metrics.text();
      expect(text).toContain('mirrorwatch_door_requests_total{ecosystem="go",registry="m0",outcome="failed"} 1');
      expect(text).not.toMatch(/registry="m[12]",outcome="(?:relayed|failed)"/);
    },
  );

  it('goes on more than once, and blames the last mirror that broke off', async () => {
    const all = [
      await mirror({ cutAt: 10_000 }),
      await mirror({ cutAt: 200_000 }),
      await mirror({ body: randomBytes(9) }),
    ];
    const { get, lines } = await open(all);
    const got = await get(path);
    expect([got.isCut, got.text]).toEqual([true, bytes.subarray(0, 200_000).toString('latin1')]);
    expect(lines[0]).toMatchObject({ outcome: 'failed', registry: 'm1', broken: ['m0'] });
  });

  it('is kept by no cache for long, whatever a mirror says: nobody has verified it', async () => {
    const port = await serveOn((_, response) => {
      response.writeHead(200, { 'cache-control': 'public, immutable, max-age=31536000' });
      response.end(bytes);
    });
    const { get } = await open([{ url: `http://127.0.0.1:${port}` }]);
    expect((await get(path)).headers['cache-control']).toBe('private, max-age=300');
  });

  it('is requested as the client requests it, so that a mirror cannot tell the door from a client', async () => {
    const agents: (string | undefined)[] = [];
    const port = await serveOn(({ headers }, response) => {
      agents.push(headers['user-agent']);
      response.end('{}');
    });
    const { get } = await open([{ url: `http://127.0.0.1:${port}` }]);
    for (const one of [path, '/go/rsc.io/quote/@v/v1.5.2.info'])
      await get(one, 'GET', { 'user-agent': 'Go-http-client/1.1' });
    expect(agents).toEqual(['Go-http-client/1.1', 'Go-http-client/1.1']);
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

  it('never goes on as another type, and not under the validators of a mirror that may break off', async () => {
    const typed = [await mirror({ headers: { 'content-type': 'text/plain' }, cutAt: 100_000 }), await mirror({})];
    const cut = await (await open(typed)).get(path);
    expect([cut.isCut, cut.text.length]).toEqual([true, 100_000]);
    const tagged = [await mirror({ etag: '"1"', headers: { 'last-modified': 'x' }, cutAt: 100_000 }), await mirror({})];
    const { isCut, headers } = await (await open(tagged)).get(path);
    expect([isCut, headers['etag'], headers['last-modified']]).toEqual([false, undefined, undefined]);
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

  it.each(['bytes 0-9/300000', 'bytes 2999900-2999909/3000000', 'x'])(
    'of which a mirror sends another part than asked for comes from the next one: %s',
    async (stated) => {
      const wrong = await serveOn((_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(206, { 'content-range': stated, 'content-type': 'application/zip' });
        response.end('0123456789');
      });
      const { get, lines } = await open([{ url: `http://127.0.0.1:${wrong}` }, await mirror({})]);
      const got = await get(path, 'GET', { range: 'bytes=299990-' });
      expect([got.status, got.headers['content-range']]).toEqual([206, 'bytes 299990-299999/300000']);
      expect(lines[0]?.['registry']).toBe('m1');
    },
  );

  it.each(['bytes=-10', 'bytes=0-1,5-6'])('whose part has no known beginning is passed on: %s', async (range) => {
    const port = await serveOn((_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(206, { 'content-type': 'application/zip' });
      response.end('0123456789');
    });
    const { get } = await open([{ url: `http://127.0.0.1:${port}` }]);
    expect((await get(path, 'GET', { range })).status).toBe(206);
  });

  it('is whole for a client whose part may be of another mirror', async () => {
    const all = [await mirror({ etag: '"1"' })];
    const { get } = await open(all);
    const got = await get(path, 'GET', { range: 'bytes=299990-', 'if-range': '"1"' });
    expect([got.status, hashOf(got.text), all[0]?.ranges]).toEqual([200, whole, [undefined]]);
  });

  it('counts HEAD as one', async () => {
    const { get } = await open([await mirror({})]);
    const got = await get(path, 'HEAD');
    expect([got.status, got.headers['content-length'], got.text]).toEqual([200, '300000', '']);
  });

  it('of which a client asks for a range beyond its end gets 416, with the length, unless another mirror has more of it', async () => {
    const port = await serveOn((_, response) => {
      // As nginx says it.
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, 'content-type': 'text/html' });
      response.end('<html>416</html>');
    });
    const { get } = await open([{ url: `http://127.0.0.1:${port}` }]);
    const got = await get(path, 'GET', { range: 'bytes=999999999-' });
    expect([got.status, got.headers['content-range']]).toEqual([416, `bytes */${bytes.length}`]);
    expect((await get(path)).status).toBe(502);
    const [whole, gone] = [
      await mirror({ etag: '"1"' }),
      await serveOn((_, response) => void response.writeHead(404).end()),
    ];
    const both = await open([{ url: `http://127.0.0.1:${port}` }, whole]);
    const rest = await both.get(path, 'GET', { range: 'bytes=299990-' });
    expect([rest.status, rest.text.length, both.lines[0]?.['registry']]).toEqual([206, 10, 'm1']);
    const none = await open([{ url: `http://127.0.0.1:${gone}` }, { url: `http://127.0.0.1:${port}` }]);
    expect((await none.get(path, 'GET', { range: 'bytes=999999999-' })).status).toBe(416);
  });
});

describe('a file whose path names its hash', () => {
  const packages = randomBytes(3 * limits.doorAheadBytes);
  const wrong = Buffer.concat([packages.subarray(0, -1), Buffer.from([(packages.at(-1) ?? 0) ^ 1])]);

  /** Mirrors of files, of which each sends one of the bodies. */
  async function openFiles(bodies: readonly Buffer[], headers: Readonly<Record<string, string>> = {}) {
    const lines: string[] = [];
    for (const [at, body] of bodies.entries()) {
      const port = await serveOn((_, response) => {
        response.writeHead(200, { 'content-length': String(body.length), ...headers });
        response.end(body);
      });
      lines.push(`  - { name: m${at}, ecosystem: http, upstream: debian, url: "http://127.0.0.1:${port}" }`);
    }
    const read = readConfig(
      `mirrors:\n${lines.join('\n')}\nmodules: { http: [ { upstream: debian, path: dists/a } ] }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: { relay: true }\n`,
    );
    if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
    return openHandler(read.value, { isRelay: () => true });
  }
  const pathOf = (body: Buffer): string =>
    `/http/debian/dists/a/by-hash/SHA256/${createHash('sha256').update(body).digest('hex')}`;

  it('is never that of a mirror with other bytes: short, the next mirror sends it; long, the client is cut', async () => {
    const short = Buffer.from('right');
    const { get, lines } = await openFiles([Buffer.from('wrong'), short]);
    expect((await get(pathOf(short))).text).toBe('right');
    const long = await openFiles([wrong, packages]);
    const got = await long.get(pathOf(packages));
    expect([got.status, got.isCut, got.text.length < packages.length]).toEqual([200, true, true]);
    expect([lines[0], long.lines[0]]).toMatchObject([
      { outcome: 'passed', registry: 'm1' },
      { outcome: 'failed', registry: 'm0' },
    ]);
    const right = await openFiles([packages]);
    expect((await right.get(pathOf(packages))).text).toBe(packages.toString('latin1'));
  });

  it('is not believed where it is encoded, and has no body for HEAD', async () => {
    const short = Buffer.from('right');
    const encoded = await openFiles([short], { 'content-encoding': 'gzip' });
    expect((await encoded.get(pathOf(short))).status).toBe(502);
    const { get } = await openFiles([short]);
    expect((await get(pathOf(short), 'HEAD')).status).toBe(200);
  });
});

it('mirrors that redirect the door to itself: get one request each: the door refuses those that come back', async () => {
  const asked: IncomingMessage[] = [];
  let door = '';
  const loop = async () => {
    const port = await serveOn((request, response) => {
      asked.push(request);
      response.writeHead(302, { location: `${door}${path}` }).end();
    });
    return { url: `http://127.0.0.1:${port}` };
  };
  const { get, port, lines } = await open([await loop(), await loop()]);
  door = `http://127.0.0.1:${port}`;
  expect((await get(path)).status).toBe(502);
  expect(asked.map(({ headers }) => headers.via)).toEqual([undefined, undefined]);
  expect(lines.map(({ outcome, why }) => [outcome, why])).toEqual([
    ['refused', 'loop'],
    ['refused', 'loop'],
    ['failed', 'declared'],
  ]);
  const got = await get(path, 'GET', { via: '1.0 a, 1.1 mirrorwatch-door (x)' });
  expect([got.status, asked.length]).toEqual([508, 2]);
});

it('doors that name each other as mirrors: pass a request on so many times', async () => {
  const doors: number[] = [];
  let asked = 0;
  // Each door's mirror passes requests on to the other door, whose port is not known before.
  const toDoor = async (at: number) => {
    const port = await serveOn(({ url, method, headers, socket }, response) => {
      asked += 1;
      if (asked > 50) return void socket.destroy();
      request({ host: '127.0.0.1', port: doors[at], path: `/go${url}`, method, headers }, (got) => {
        response.writeHead(got.statusCode ?? 0);
        got.pipe(response);
      }).end();
    });
    return { url: `http://127.0.0.1:${port}` };
  };
  const { get, port } = await open([await toDoor(1)]);
  doors.push(port, (await open([await toDoor(0)])).port);
  expect((await get(path)).status).toBe(502);
  expect(asked).toBe(limits.doorHopsMax);
  for (const hops of ['x', '-9', '3', '1, 1'])
    expect((await get(path, 'GET', { 'x-mirrorwatch-hops': hops })).status).toBe(508);
  expect(asked).toBe(limits.doorHopsMax);
});

describe('a mirror with credentials', () => {
  it('is not redirected to where too much passes already: its clients try again', async () => {
    const all = await mirror({});
    const config = configOf([all.url], ', auth: { username: robot, password: hunter2 }');
    const { get, lines } = await openHandler(config, {
      passing: { count: limits.doorPassing, max: limits.doorPassing },
    });
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

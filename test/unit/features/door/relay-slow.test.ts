import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { makeRoom } from '../../../../src/features/door/pass.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import { createPassages } from '../../../../src/wire/passage.ts';
import { until } from '../../../support/patience.ts';
import { closeAll, openHandler, serveOn } from './open-handler.ts';
import { bytes, configOf, hashOf, mirror, open, path, whole } from './relay-mirror.ts';

afterEach(closeAll);

describe('an artifact that comes slowly', () => {
  it('from a mirror that drips goes on at the next one, once the mirror was waited for long enough', async () => {
    const piece = 1_000;
    const port = await serveOn((_, response) => {
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(bytes.length) });
      let at = 0;
      const drip = (): void => {
        if (response.destroyed) return;
        response.write(bytes.subarray(at, at + piece));
        at += piece;
        setTimeout(drip, 3);
      };
      drip();
    });
    const all = [{ url: `http://127.0.0.1:${port}` }, await mirror({})];
    // Each look at the clock is a second later: every piece was waited for a second.
    let now = 0;
    const nowMs = (): number => {
      now += 1_000;
      return now;
    };
    const plain = await open(all);
    const { get, lines } = await openHandler(configOf(all.map(({ url }) => url)), {
      isRelay: () => true,
      pass: { ...plain.deps.pass, nowMs },
    });
    const got = await get(path);
    expect([got.isCut, hashOf(got.text)]).toEqual([false, whole]);
    expect(lines[0]).toMatchObject({ outcome: 'relayed', registry: 'm1' });
  });

  it('is not requested a second time before the longest usual time', async () => {
    const all = [await mirror({}), await mirror({})];
    const plain = await open(all);
    const waits: number[] = [];
    const { timers } = plain.deps.pass;
    const { get } = await openHandler(configOf(all.map(({ url }) => url)), {
      isRelay: () => true,
      pass: {
        ...plain.deps.pass,
        usualMs: () => 60,
        timers: {
          ...timers,
          after: (ms, call) => {
            waits.push(ms);
            return timers.after(ms, call);
          },
        },
      },
    });
    await get(path);
    expect(Math.min(...waits)).toBe(limits.doorHedgeMsMax);
  });

  it('to a client that reads nothing is cut, and held by nothing', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024);
    const all = [await mirror({ body: large })];
    const plain = await open(all);
    const { timers } = plain.deps.pass;
    const { port, lines, deps } = await openHandler(configOf(all.map(({ url }) => url)), {
      isRelay: () => true,
      pass: {
        ...plain.deps.pass,
        timers: { ...timers, after: (ms, call) => timers.after(ms === limits.doorDrainMs ? 20 : ms, call) },
      },
    });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await until(
      'the client is cut',
      () => lines.length,
      (count) => count === 1,
    );
    socket.destroy();
    expect([lines[0]?.outcome, deps.passing.count, deps.pass.held.bytes]).toEqual(['failed', 0, 0]);
  });

  it('to a client that reads nothing makes room for another client, after some seconds', async () => {
    const all = [await mirror({ body: Buffer.alloc(64 * 1024 * 1024) }), await mirror({})];
    let nowMs = 0;
    const plain = await open(all);
    const { get, port, lines, deps } = await openHandler(configOf(all.map(({ url }) => url)), {
      isRelay: () => true,
      passing: { count: 0, max: 1 },
      pass: { ...plain.deps.pass, nowMs: () => nowMs },
    });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await until(
      'the client does not read',
      () => deps.pass.unread.size,
      (size) => size === 1,
    );
    nowMs = limits.doorStallMs - 1;
    expect((await get('/go/rsc.io/quote/@v/list')).status).toBe(302);
    nowMs = limits.doorStallMs;
    expect((await get('/go/rsc.io/quote/@v/list')).status).not.toBe(302);
    await until(
      'the client is cut',
      () => lines.map(({ outcome }) => outcome),
      (outcomes) => outcomes.includes('failed'),
    );
    socket.destroy();
    expect([deps.passing.count, deps.pass.unread.size]).toEqual([0, 0]);
  });

  it('to a client that reads nothing makes room where another request waits for its connection', async () => {
    const { url } = await mirror({ body: Buffer.alloc(64 * 1024 * 1024) });
    const plain = await open([{ url }]);
    const { timers } = plain.deps.pass;
    const passages = createPassages({ clock: systemClock, timers, socketsMax: 1 });
    const { port, lines, deps } = await openHandler(configOf([url]), {
      isRelay: () => true,
      pass: {
        ...plain.deps.pass,
        passages,
        timers: { ...timers, after: (ms, call) => timers.after(ms === limits.doorStallMs ? 20 : ms, call) },
      },
    });
    const clients = [1, 2].map(() => connect({ port, host: '127.0.0.1' }).on('error', () => undefined));
    clients[0]?.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await until(
      'the first client does not read',
      () => deps.pass.unread.size,
      (size) => size === 1,
    );
    clients[1]?.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await until(
      'the first client is cut, and the second one served',
      () => [lines.length, deps.pass.unread.size],
      ([cut, waiting]) => cut === 1 && waiting === 1,
    );
    expect(lines[0]).toMatchObject({ outcome: 'failed', registry: 'm0' });
    for (const client of clients) client.destroy();
    await passages.close();
  });

  it('to clients on slow links does not make room for clients of other addresses, except where an address has many', () => {
    const cut: string[] = [];
    const unread = new Map<ServerResponse, number>();
    const add = (remoteAddress: string): unknown =>
      unread.set(
        Object.assign({} as ServerResponse, {
          req: { socket: { remoteAddress } },
          destroy: () => cut.push(remoteAddress),
        }),
        0,
      );
    const deps = { unread, nowMs: () => limits.doorStallMs };
    add('slow');
    for (let n = 0; n < limits.unreadPerAddress; n += 1) add('crowd');
    expect([makeRoom(deps, 'other'), cut]).toEqual([false, []]);
    add('crowd');
    expect([makeRoom(deps, 'other'), cut]).toEqual([true, ['crowd']]);
    expect([makeRoom(deps, 'other'), makeRoom(deps, 'slow'), cut]).toEqual([false, true, ['crowd', 'slow']]);
  });

  it('to a client on a slow link is not cut for the connection that a client of another address waits for', async () => {
    const { url } = await mirror({ body: Buffer.alloc(64 * 1024 * 1024) });
    const plain = await open([{ url }]);
    const { timers } = plain.deps.pass;
    const passages = createPassages({ clock: systemClock, timers, socketsMax: 1 });
    let looks = 0;
    const look = (call: () => void) => (): void => {
      looks += 1;
      call();
    };
    const { port, lines, deps } = await openHandler(configOf([url]), {
      isRelay: () => true,
      pass: {
        ...plain.deps.pass,
        passages,
        timers: {
          ...timers,
          after: (ms, call) => (ms === limits.doorStallMs ? timers.after(20, look(call)) : timers.after(ms, call)),
        },
      },
    });
    const clients: Socket[] = [];
    const begin = (localAddress: string): void => {
      const client = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
      client.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      clients.push(client);
    };
    const pending = (count: number): Promise<unknown> =>
      until(
        'the responses that no mirror has begun',
        () => [deps.pass.pending.size, deps.pass.unread.size],
        (sizes) => sizes[0] === count && sizes[1] === 1,
      );
    begin('127.0.0.2');
    await pending(0);
    begin('127.0.0.1');
    await pending(1);
    const from = looks;
    await until(
      'it is decided some times',
      () => looks,
      (count) => count > from + 3,
    );
    expect(lines).toEqual([]);
    begin('127.0.0.2');
    await until(
      'the client is cut for one of its own address',
      () => lines.length,
      (count) => count === 1,
    );
    for (const client of clients) client.destroy();
    await passages.close();
  });

  it('waits for its turn where requests are pipelined, and is not held to be stalled before', async () => {
    const gate = Promise.withResolvers<void>();
    let isOpen = false;
    const large = Buffer.alloc(1024 * 1024, 'b');
    const asked: string[] = [];
    const port = await serveOn(async ({ url = '' }, response) => {
      asked.push(url);
      const body = url.endsWith('v1.5.1.zip') ? Buffer.from('a') : large;
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(body.length + 1) });
      response.write(body);
      if (body !== large) await gate.promise;
      response.end('.');
    });
    const url = `http://127.0.0.1:${port}`;
    const plain = await open([{ url }]);
    const { timers } = plain.deps.pass;
    const after: typeof timers.after = (ms, call) => timers.after(ms === limits.doorDrainMs && !isOpen ? 1 : ms, call);
    const door = await openHandler(configOf([url]), {
      isRelay: () => true,
      pass: { ...plain.deps.pass, timers: { ...timers, after } },
    });
    const client = (): Socket => {
      const socket = connect({ port: door.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      for (const version of ['v1.5.1', 'v1.5.2', 'v1.5.3'])
        socket.write(`GET /go/rsc.io/quote/@v/${version}.zip HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      return socket;
    };
    const gone = client();
    gone.resume();
    await until('the first is requested', () => asked.length, Boolean);
    gone.destroy();
    await until(
      'all have ended with their client',
      () => door.lines.length,
      (count) => count === 3,
    );
    expect([door.lines.map(({ outcome }) => outcome), door.deps.passing.count]).toEqual([Array(3).fill('failed'), 0]);
    const stays = client();
    let text = '';
    stays.on('data', (piece: Buffer) => {
      text += piece.toString('latin1');
    });
    for (let turns = 0; turns < 100; turns += 1) await turn();
    isOpen = true;
    gate.resolve();
    await until(
      'all are served',
      () => door.lines.length,
      (count) => count === 6,
    );
    await until(
      'all have come',
      () => text.length,
      (length) => length > 2 * large.length && text.endsWith('.'),
    );
    stays.destroy();
    expect(door.lines.slice(3).map(({ outcome }) => outcome)).toEqual(Array(3).fill('relayed'));
  });
});

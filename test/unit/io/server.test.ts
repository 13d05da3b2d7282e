import { once } from 'node:events';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Listen } from '../../../src/core/config.ts';
import { limits } from '../../../src/core/limits.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createConnections } from '../../../src/io/connections.ts';
import { type Listening, listen } from '../../../src/io/server.ts';
import { testCerts } from '../../support/certs.ts';
import { patienceMs, until, withMoreTime } from '../../support/patience.ts';

const sockets: Socket[] = [];
let listening: Listening | null = null;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listening?.close(0);
  listening = null;
});

const plain: Listen = { host: '127.0.0.1', port: 0, token: null, tls: null };
function encrypted(): Listen {
  const { certPem, keyPem } = testCerts().server;
  return { ...plain, tls: { cert: certPem, key: new Secret(keyPem) } };
}

const large = 64 * 1024 * 1024;
/** No time runs out: what ends here ends for another reason, or the test does not. */
const forEver = { headMs: 2 ** 30, requestMs: 2 ** 30, stalledMs: 2 ** 30, refusedBodyMs: 2 ** 30 };

/** Answers `/` at once; `/endless` never ends, and `/large` is more than the sockets hold. */
async function up(at: Listen, patience?: Parameters<typeof listen>[2]): Promise<number> {
  const opened = await listen(
    ({ url }, response) => {
      if (url === '/') response.end('well\n');
      else response.write(url === '/large' ? Buffer.alloc(large) : 'more\n');
    },
    at,
    patience,
  );
  if (opened.tag === 'error') throw new Error(opened.error.code);
  listening = opened.value;
  return opened.value.port;
}

const hold = (port: number, say = ''): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => undefined);
      if (say !== '') socket.write(say);
      resolve(socket);
    });
  });

function asked(port: number, secure: boolean, path = '/'): Promise<number> {
  const ask = secure ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(patienceMs);
    const options = { host: '127.0.0.1', port, path, agent: false, ca: testCerts().ca.certPem, signal: limit };
    ask(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', reject);
  });
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
  });

describe.each([
  ['plain', false],
  ['encrypted', true],
] as const)('%s', (_, secure) => {
  const at = (): Listen => (secure ? encrypted() : plain);

  test('1 100 connections that say nothing do not keep a question out', async () => {
    const port = await up(at(), forEver);
    for (let batch = 0; batch < 11; batch += 1) await Promise.all(Array.from({ length: 100 }, () => hold(port)));
    expect(await asked(port, secure)).toBe(200);
  });

  test('closing does not wait for silent connections', async () => {
    const port = await up(at(), forEver);
    const silent = await hold(port);
    await listening?.close(100);
    await ended(silent);
  });

  test('who says nothing, or half a head, is cut when the time for a head is over', async () => {
    const port = await up(at(), { ...forEver, headMs: 200 });
    const silent = await hold(port);
    const half = await hold(port, 'GET / HTTP/1.1\r\nHost: a\r\n');
    await Promise.all([ended(silent), ended(half)]);
  });
});

test.each([
  ['a head above 16 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(200_000)}\r\n\r\n`, 431, 'longer than 16 KiB'],
  ['what is no HTTP', 'hello there\r\n\r\n', 400, 'not a valid'],
])('%s gets a response that says why', async (_, text, status, why) => {
  const port = await up(plain, forEver);
  const socket = await hold(port);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => void pieces.push(piece));
  const over = new Promise((resolve) => socket.once('end', resolve));
  socket.write(text);
  await over;
  const [head = '', body = ''] = Buffer.concat(pieces).toString().split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*application/problem\\+json`));
  expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status, detail: expect.stringContaining(why) });
  expect(await asked(port, false)).toBe(200);
});

test('what is no request after a response that has begun is no part of it', async () => {
  const port = await up(plain, forEver);
  const socket = await hold(port, 'GET /endless HTTP/1.1\r\nhost: a\r\n\r\n');
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  await until(
    'it has begun',
    () => text,
    (got) => got.includes('more'),
  );
  socket.write('hello there\r\n\r\n');
  await ended(socket);
  expect(text).not.toContain('400');
});

test('a connection that is used while the listener closes is closed after its response', async () => {
  const port = await up(plain, forEver);
  const socket = await hold(port, 'GET /endless HTTP/1.1\r\nhost: a\r\n\r\n');
  const busy = await hold(port, 'GET / HTTP/1.1\r\nhost: a\r\n');
  const answered = new Promise<string>((resolve) => {
    let text = '';
    busy.on('data', (piece) => {
      text += piece.toString();
    });
    busy.once('close', () => resolve(text));
  });
  await once(socket, 'data');
  const closed = listening?.close(2 ** 30);
  busy.write('\r\n');
  expect(await answered).toMatch(/connection: close[\s\S]*well/i);
  socket.destroy();
  await closed;
});

test('a body that goes on after its answer is cut, one that ends is not', async () => {
  const port = await up(plain, { ...forEver, refusedBodyMs: 200 });
  const post = (bytes: number) => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n\r\n`;
  const endless = await hold(port, post(2 ** 40));
  const ends = await hold(port, post(2));
  let answers = '';
  ends.on('data', (piece) => {
    answers += piece.toString();
  });
  ends.write('{}');
  endless.resume();
  const drip = setInterval(() => endless.write(Buffer.alloc(1_000)), 20);
  try {
    await new Promise((resolve) => endless.once('close', resolve));
  } finally {
    clearInterval(drip);
  }
  ends.write(`${post(2)}{}`);
  await until(
    'both of its requests are answered',
    () => answers.split('well').length - 1,
    (count) => count === 2,
  );
  expect(ends.destroyed).toBe(false);
});

test('who reads nothing is cut when the time for that is over', async () => {
  const port = await up(plain, { ...forEver, stalledMs: 200 });
  await withMoreTime(500, async (waitMs) => {
    const socket = await hold(port, 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.pause();
    await sleep(waitMs);
    let bytes = 0;
    const whole = new Promise<void>((resolve) =>
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        // Where nobody cut it: it does not end by itself.
        if (bytes >= large) resolve();
      }),
    );
    await Promise.race([ended(socket), whole]);
    expect(bytes).toBeLessThan(large);
  });
});

test('answers without an end make room for questions too', async () => {
  const port = await up(plain);
  for (let n = 0; n < limits.connectionsPerAddress; n += 32)
    await Promise.all(Array.from({ length: 32 }, () => hold(port, 'GET /endless HTTP/1.1\r\nHost: a\r\n\r\n')));
  expect(await asked(port, false)).toBe(200);
});

describe('who makes room', () => {
  const gone: string[] = [];
  const connections = (perAddress: number, all: number) => {
    gone.length = 0;
    let nowMs = 0;
    const made = createConnections({ perAddress, all }, () => nowMs);
    const sent = { bytesWritten: 1, writableLength: 0 };
    const open = (key: string, address: string, socket = { ...sent }): void =>
      made.opened(key, address, Object.assign(socket, { destroy: () => gone.push(key) }));
    const use = (key: string, address: string, socket?: typeof sent): void => {
      open(key, address, socket);
      made.letIn(key);
      made.requested(key, 1);
    };
    const pass = (ms: number): void => {
      nowMs += ms;
    };
    return { ...made, open, use, pass };
  };

  test('of one address the oldest that nothing is asked on, then the oldest', () => {
    const { open, requested, count } = connections(2, 10);
    open('a1', 'a');
    open('a2', 'a');
    open('b1', 'b');
    requested('a1', 1);
    open('a3', 'a');
    expect(gone).toEqual(['a2']);
    requested('a3', 1);
    open('a4', 'a');
    expect([gone, count()]).toEqual([['a2', 'a1'], 3]);
  });

  test('one that was just of use stays longest', () => {
    const { open, requested } = connections(2, 10);
    open('a1', 'a');
    open('a2', 'a');
    requested('a1', 1);
    requested('a1', -1);
    open('a3', 'a');
    expect(gone).toEqual(['a2']);
  });

  test('strangers before who was let in, idle ones before those in use; a stream of who was let in never', () => {
    const { open, requested, letIn } = connections(9, 4);
    const [idle, waiting, known, stream] = ['a1', 'b1', 'c1', 'd1'] as const;
    for (const key of [stream, known, waiting, idle]) open(key, key.slice(0, 1));
    for (const key of [stream, known]) letIn(key);
    for (const key of [stream, waiting]) requested(key, 1);
    for (const key of ['e1', 'f1', 'g1']) {
      open(key, key.slice(0, 1));
      letIn(key);
      requested(key, 1);
    }
    expect(gone).toEqual([idle, waiting, known]);
    open('h1', 'h');
    expect(gone).toEqual([idle, waiting, known, 'h1']);
  });

  test('of those in use one whose client has read nothing for some seconds, and no other', () => {
    const { open, use, pass } = connections(3, 9);
    const reading = { bytesWritten: 1, writableLength: 1 };
    use('reading', 'a', reading);
    use('stream', 'a');
    use('stalled', 'a', { bytesWritten: 1, writableLength: 1 });
    open('b1', 'b');
    pass(4_000);
    open('a4', 'a');
    expect(gone).toEqual(['a4']);
    reading.bytesWritten += 1;
    pass(1_000);
    open('a5', 'a');
    expect(gone).toEqual(['a4', 'stalled']);
  });

  test('of all none whose client has a slow link, unless its address has many such connections', () => {
    const { open, use, pass } = connections(99, limits.unreadPerAddress + 3);
    const slow = { bytesWritten: 1, writableLength: 1 };
    use('slow', 'a', { ...slow });
    use('fast', 'b');
    for (let n = 0; n < limits.unreadPerAddress; n += 1) use(`c${n}`, 'c', { ...slow });
    use('fast2', 'b');
    pass(5_000);
    open('b3', 'b');
    expect(gone).toEqual(['b3']);
    const crowd = connections(99, limits.unreadPerAddress + 3);
    crowd.use('slow', 'a', { ...slow });
    for (let n = 0; n <= limits.unreadPerAddress; n += 1) crowd.use(`c${n}`, 'c', { ...slow });
    crowd.use('fast', 'b');
    crowd.pass(5_000);
    crowd.open('b1', 'b');
    expect(gone).toEqual(['c0']);
  });

  test('of one address too: what strangers behind the same proxy open cuts no stream', () => {
    const { open, requested, letIn } = connections(2, 9);
    open('a1', 'a');
    letIn('a1');
    requested('a1', 1);
    open('a2', 'a');
    requested('a2', 1);
    open('a3', 'a');
    expect(gone).toEqual(['a2']);
  });

  test('in total, the oldest connection of the address with most', () => {
    const { open, closed, count } = connections(5, 4);
    for (const [key, address] of [
      ['b1', 'b'],
      ['a1', 'a'],
      ['a2', 'a'],
      ['a3', 'a'],
    ] as const)
      open(key, address);
    open('c1', 'c');
    expect([gone, count()]).toEqual([['a1'], 4]);
    closed('a1');
    closed('a2');
    expect(count()).toBe(3);
  });
});

test.each(['/', '/endless'])(
  'requests that a client sends before it has read their responses: are bounded for each connection: %s',
  async (path) => {
    let handled = 0;
    const opened = await listen(({ url }, response) => {
      handled += 1;
      if (url === '/') response.end('well\n');
      else response.write('more\n');
    }, plain);
    if (opened.tag === 'error') throw new Error(opened.error.code);
    listening = opened.value;
    const socket = await hold(opened.value.port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(20_000));
    await until('the connection is closed', () => socket.destroyed, Boolean);
    expect(handled).toBeLessThanOrEqual(limits.requestsPerConnection);
    const ten = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(10);
    const other = await hold(opened.value.port);
    let got = '';
    other.on('data', (piece) => {
      got += String(piece);
    });
    for (let sent = 10; sent <= 2 * limits.requestsPerConnection; sent += 10) {
      other.write(ten);
      await until(
        'these ten are answered',
        () => got.split('well').length - 1,
        (count) => count === sent,
      );
    }
  },
);

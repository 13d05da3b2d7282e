import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { HopResponse, Line } from '../../src/core/ports.ts';
import { closeAtEnd } from '../support/closing.ts';
import { patienceMs, until } from '../support/patience.ts';
import { data, endHeaders, endStream, goaway, head, type RawH2Server, rst, startRawH2 } from '../support/raw-h2.ts';
import { accessTo, endOf, hopOf, realWire } from './own-wire.ts';

// Several lines over one HTTP/2 connection at once: what ends one of them, and what ends all.

let server: RawH2Server | null = null;
const wire = closeAtEnd(realWire());
afterEach(async () => {
  await server?.close();
  server = null;
});

const good = (id: number): Buffer[] => [head(id, { ':status': '200', 'content-length': '2' }), data(id, 'ok')];
let builds = 0;

/** One request of each line of a build, the first line cold. */
async function build(
  { url }: RawH2Server,
  size: number,
  /** Limits by line; the others have the patience of the tests. */
  more: { readonly limitMs?: Readonly<Record<number, number>>; readonly protocols?: readonly ['1.1'] } = {},
): Promise<readonly (HopResponse | null)[]> {
  const { protocols = ['2', '1.1'] as const, limitMs = {} } = more;
  const access = accessTo(url, { protocols });
  builds += 1;
  const over = { build: { id: `build ${builds}`, size } };
  const lines = Array.from({ length: size }, (_, n) => wire.open(access, n === 0 ? 'cold' : 'warm', over));
  const one = async (line: Line, n: number): Promise<HopResponse | null> => {
    try {
      if (line.joined !== undefined && !(await line.joined(patienceMs))) return null;
      return await hopOf(line, `${url}/${n}`, { limitMs: limitMs[n] ?? patienceMs });
    } finally {
      line.close();
      line.close();
    }
  };
  return Promise.all(lines.map(one));
}

const ends = (answers: readonly (HopResponse | null)[]): unknown[] =>
  answers.map((answer) => (answer === null ? null : endOf(answer)));
const sound = { status: 200 };

async function untilClosed(raw: RawH2Server): Promise<void> {
  await until(
    'all connections are closed',
    () => raw.open(),
    (open) => open === 0,
  );
}

test('hops of a later line that lead to another host leave no connection open', async () => {
  server = await startRawH2((connection, id) => connection.write(...good(id)));
  // A server that closes no idle connection.
  const other = createServer({ keepAliveTimeout: 0 }, (_, response) => void response.end('ok'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const open = promisify(other.getConnections.bind(other));
  const over = { build: { id: 'a build that is led away', size: 2 } };
  const access = accessTo(server.url, { protocols: ['2', '1.1'] });
  const [first, later] = [wire.open(access, 'cold', over), wire.open(access, 'warm', over)];
  await hopOf(first, `${server.url}/0`);
  await later.joined?.(patienceMs);
  for (const path of ['/1', '/2', '/3'])
    expect(endOf(await hopOf(later, elsewhere + path, { foreign: true }))).toEqual(sound);
  later.close();
  first.close();
  await until('all connections are closed', open, (count) => count === 0);
  other.close();
});

test('streams of one connection that is closed after the last; each has its own phases', async () => {
  const held: (() => void)[] = [];
  server = await startRawH2((connection, id) => {
    held.push(() => connection.write(...good(id)));
    if (held.length === 5) for (const answer of held.reverse()) answer();
  });
  const answers = await build(server, 5);
  expect(ends(answers)).toEqual([sound, sound, sound, sound, sound]);
  expect([server.connections(), server.requests()]).toEqual([1, 5]);
  expect(answers.map((answer) => answer?.hop.reused)).toEqual([false, true, true, true, true]);
  expect(answers.map((answer) => answer?.hop.marks.secured !== undefined)).toEqual([true, false, false, false, false]);
  expect(answers.every((answer) => answer?.hop.protocol === '2' && answer.hop.marks.firstByte !== undefined)).toBe(
    true,
  );
  await untilClosed(server);
});

test('a stream that is reset or times out ends alone', async () => {
  let nth = 0;
  const last: (() => void)[] = [];
  server = await startRawH2((connection, id) => {
    nth += 1;
    if (nth === 2) connection.write(rst(id, 2));
    else if (nth === 4) connection.write(head(id, { ':status': '200', 'content-length': '9' }), data(id, 'ok', 0));
    else if (nth !== 3) last.push(() => connection.write(...good(id)));
  });
  // The sound ones are answered after two have timed out.
  const answerLast = (): void => {
    for (const answer of last) answer();
  };
  const answering = setTimeout(answerLast, 700);
  const answers = await build(server, 6, { limitMs: { 2: 500, 3: 500 } }).finally(() => clearTimeout(answering));
  const codes = answers.map((answer) => answer?.hop.fault?.code ?? null);
  expect(codes).toEqual([null, 'MW_H2_RESET', 'MW_DEADLINE', 'MW_DEADLINE', null, null]);
  await untilClosed(server);
});

test('a reset beside sound ones leaves them whole', async () => {
  const held: (() => void)[] = [];
  server = await startRawH2((connection, id) => {
    held.push(() => connection.write(...(held.length === 0 || id === 5 ? [rst(id, 2)] : good(id))));
    if (held.length === 4) for (const answer of held) answer();
  });
  const codes = (await build(server, 4)).map((answer) => answer?.hop.fault?.code ?? answer?.hop.status);
  expect(codes.sort()).toEqual([200, 200, 200, 'MW_H2_RESET']);
});

test('GOAWAY before the others are taken: each is sent again once; a connection that ends is no old one', async () => {
  let nth = 0;
  server = await startRawH2((connection, id) => {
    nth += 1;
    if (connection.index > 0) connection.write(...good(id));
    else if (nth === 3) connection.write(...good(1), goaway(1, 0));
  });
  const moved = await build(server, 3);
  expect(ends(moved)).toEqual([sound, sound, sound]);
  expect(moved.map((answer) => answer?.hop.repeated)).toEqual([undefined, 'goaway', 'goaway']);
  expect(moved.map((answer) => answer?.hop.reused)).toEqual([false, false, false]);
  await untilClosed(server);
  await server.close();
  server = await startRawH2((connection, id) => {
    if (id === 5) connection.socket.destroy();
  });
  const cut = await build(server, 3);
  expect(cut.every((answer) => answer?.hop.fault !== null)).toBe(true);
  expect(server.connections()).toBe(1);
});

test('where no connection comes about, or it is HTTP/1.1, the others do not begin', async () => {
  server = await startRawH2(() => undefined, { alpn: ['spdy/3'] });
  const [first, ...rest] = await build(server, 3);
  expect(first?.hop.fault).not.toBeNull();
  expect(rest).toEqual([null, null]);
  await server.close();
  server = await startRawH2(() => undefined, { alpn: ['http/1.1'] });
  const plain = await build(server, 2, { protocols: ['1.1'], limitMs: { 0: 300 } });
  expect(plain[1]).toBeNull();
  await untilClosed(server);
});

test('a response that is stopped on purpose ends its stream alone', async () => {
  server = await startRawH2((connection, id) =>
    connection.write(
      ...(id === 3
        ? [head(id, { ':status': '404' }), data(id, Buffer.alloc(16_000, 'x'), 0)]
        : [head(id, { ':status': '200' }, endHeaders), data(id, 'ok', endStream)]),
    ),
  );
  const statuses = (await build(server, 3)).map((answer) => answer?.hop.status ?? answer?.hop.fault?.code);
  expect([...statuses].sort()).toEqual([200, 200, 404]);
});

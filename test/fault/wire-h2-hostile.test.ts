import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { HopRequest, HopResponse, Wire } from '../../src/core/ports.ts';
import { reasonOf } from '../../src/probe/classify.ts';
import { floodCheckMs } from '../../src/wire/inflow.ts';
import {
  data,
  endHeaders,
  endStream,
  frame,
  frameTypes,
  goaway,
  head,
  headerBlock,
  type RawH2Connection,
  type RawH2Server,
  rst,
  startRawH2,
  uint32,
} from '../support/raw-h2.ts';
import { accessTo, coldHop, hopOf, realWire } from './own-wire.ts';

const wire: Wire = realWire();
afterAll(() => wire.close());
let server: RawH2Server | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

type Script = (connection: RawH2Connection, streamId: number) => void;

const ok = { ':status': '200', 'content-type': 'text/plain' };
const mib = 1024 * 1024;
/** What the hop may hold at most, whatever comes: the cap of its body, and some room. */
const heldBytesMax = 32 * mib;

function reason({ hop }: HopResponse): string {
  if (hop.fault === null) return `ok ${hop.status}`;
  const ended = reasonOf(hop.fault, { hops: 1, limitBytes: 1, limitMs: 1 });
  return ended.tag === 'failed' ? ended.failure.kind : `unknown ${'code' in ended ? ended.code : ''}`;
}

async function asked(script: Script, more: Partial<HopRequest> = {}): Promise<HopResponse> {
  server = await startRawH2(script);
  const access = accessTo(server.url, { protocols: ['2', '1.1'] });
  return coldHop(wire, access, `${server.url}/x`, { bodyBytesMax: mib, ...more });
}

const times = (count: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => one));

/** Writes the same bytes for as long as the connection takes them. */
function flood({ socket }: RawH2Connection, bytes: Buffer): void {
  const go = (): void => {
    while (!socket.destroyed && socket.write(bytes));
    if (!socket.destroyed) socket.once('drain', () => setImmediate(go));
  };
  go();
}

const setting = (value: number): Buffer =>
  frame(frameTypes.settings, 0, 0, Buffer.concat([Buffer.from([0, 3]), uint32(value)]));
const altsvc = frame(10, 0, 0, Buffer.concat([Buffer.from([0, 9]), Buffer.from('https://ah2=":443"')]));

const promise = Buffer.concat([uint32(2), headerBlock({ ':method': 'GET', ':path': '/', ':scheme': 'https' })]);

const endless: readonly (readonly [string, string, Script])[] = [
  [
    'CONTINUATION',
    'malformed',
    (c, id) => {
      c.write(frame(frameTypes.headers, 0, id, headerBlock(ok)));
      flood(c, times(100, frame(frameTypes.continuation, 0, id, headerBlock({ x: 'y' }))));
    },
  ],
  [
    'empty CONTINUATION',
    'malformed',
    (c, id) => {
      c.write(frame(frameTypes.headers, 0, id, headerBlock(ok)));
      flood(c, times(1_000, frame(frameTypes.continuation, 0, id)));
    },
  ],
  ['PING', 'malformed', (c) => flood(c, times(1_000, frame(frameTypes.ping, 0, 0, Buffer.alloc(8))))],
  ['SETTINGS', 'malformed', (c) => flood(c, times(1_000, frame(frameTypes.settings, 0, 0)))],
  [
    'SETTINGS that change',
    'malformed',
    (c) => flood(c, Buffer.concat(Array.from({ length: 1_000 }, (_, i) => setting(i + 1)))),
  ],
  // Node resets the stream itself, past a number of empty frames.
  [
    'empty DATA',
    'cut',
    (c, id) => {
      c.write(head(id, ok));
      flood(c, times(1_000, data(id, '', 0)));
    },
  ],
  [
    'padding',
    'malformed',
    (c, id) => {
      c.write(head(id, ok));
      flood(c, times(100, frame(frameTypes.data, 8, id, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]))));
    },
  ],
  ['WINDOW_UPDATE', 'malformed', (c) => flood(c, times(1_000, frame(frameTypes.window, 0, 0, uint32(1))))],
  ['WINDOW_UPDATE of the stream', 'malformed', (c, id) => flood(c, times(1_000, frame(8, 0, id, uint32(1))))],
  ['RST_STREAM', 'reset', (c, id) => flood(c, times(1_000, rst(id, 8)))],
  [
    'RST_STREAM in the body',
    'cut',
    (c, id) => {
      c.write(head(id, ok));
      flood(c, times(1_000, rst(id, 8)));
    },
  ],
  [
    'DATA of one byte each',
    'malformed',
    (c, id) => {
      c.write(head(id, ok));
      flood(c, times(1_000, data(id, 'x', 0)));
    },
  ],
  ['ALTSVC', 'malformed', (c) => flood(c, times(1_000, altsvc))],
  ['PUSH_PROMISE', 'malformed', (c, id) => flood(c, times(1_000, frame(frameTypes.push, endHeaders, id, promise)))],
  ['frames of an unknown type', 'malformed', (c, id) => flood(c, times(1_000, frame(77, 0, id, Buffer.alloc(20))))],
  ['GOAWAY that takes all streams', 'malformed', (c) => flood(c, times(1_000, goaway(0x7fffffff, 0)))],
];

describe('a flood without end', () => {
  it.each(endless)('of %s ends as %s before the deadline', async (_, want, script) => {
    const answer = await asked(script);
    expect(reason(answer)).toBe(want);
    expect(answer.hop.fault?.code).not.toBe('MW_DEADLINE');
    await vi.waitFor(() => expect(server?.open()).toBe(0));
  });

  it('of interim heads is a head beyond the limit', async () => {
    const heads = times(100, Buffer.from(head(1, { ':status': '103', link: 'x' })));
    const answer = await asked((c) => flood(c, heads));
    expect(['oversize', 'malformed']).toContain(reason(answer));
    await vi.waitFor(() => expect(server?.open()).toBe(0));
  });

  it('of bytes one by one ends at the cap of the body where that comes first', async () => {
    const script: Script = (c, id) => {
      c.write(head(id, ok));
      flood(c, times(1_000, data(id, 'x', 0)));
    };
    expect(reason(await asked(script, { bodyBytesMax: 10_000 }))).toBe('oversize');
  });

  it.each([
    ['40 bytes each, without end, ends at the deadline', 40, 'timeout_transfer'],
    ['30 bytes each, without end, is too many frames', 30, 'malformed'],
  ])('of %s', async (_, size, want) => {
    const script: Script = (c, id) => {
      c.write(head(id, ok));
      flood(c, times(1_000, data(id, Buffer.alloc(size, 'x'), 0)));
    };
    const more = want === 'malformed' ? {} : { limitMs: 500 };
    expect(reason(await asked(script, { bodyBytesMax: 1_024 * mib, ...more }))).toBe(want);
  });
});

describe('a kept connection at rest', () => {
  const window = frame(frameTypes.window, 0, 0, uint32(1));
  const ping = frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
  let connection: RawH2Connection | null = null;
  const answered: Script = (c, id) => {
    connection = c;
    c.write(head(id, ok), data(id, 'hello'));
  };
  const warm = async () => {
    server ??= await startRawH2(answered);
    const access = accessTo(server.url, { protocols: ['2', '1.1'], registry: 'kept' });
    return { ask: async () => (await hopOf(wire.open(access, 'warm'), `${server?.url}/x`)).hop };
  };

  it.each([
    ['PING', ping],
    ['SETTINGS', frame(frameTypes.settings, 0, 0)],
    ['SETTINGS that change', Buffer.concat([setting(1), setting(2)])],
    ['WINDOW_UPDATE', window],
    ['ALTSVC', altsvc],
  ])('that is flooded with %s is closed, and the next probe opens another', async (_, one) => {
    const { ask } = await warm();
    expect([(await ask()).reused, (await ask()).reused]).toEqual([false, true]);
    if (connection !== null) flood(connection, times(1_000, one));
    await vi.waitFor(() => expect(server?.open()).toBe(0));
    const { reused, status } = await ask();
    expect([reused, status]).toEqual([false, 200]);
  });

  it('is kept where the server says no more than a sound one does', async () => {
    const { ask } = await warm();
    await ask();
    connection?.write(times(100, ping), times(100, window));
    await new Promise((resolve) => setTimeout(resolve, 3 * floodCheckMs));
    expect((await ask()).reused).toBe(true);
  });
});

/** A header block over as many frames as it needs. */
function longHead(id: number, block: Buffer, flags: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_000) {
    const last = at + 16_000 >= block.length ? endHeaders : 0;
    const type = at === 0 ? frameTypes.headers : frameTypes.continuation;
    parts.push(frame(type, last | (at === 0 ? flags : 0), id, block.subarray(at, at + 16_000)));
  }
  return Buffer.concat(parts);
}

/** A field of 4 000 bytes in HPACK's table, and 12 000 times one byte that names it. */
const hpackBomb = Buffer.concat([
  headerBlock(ok),
  Buffer.from([0x40, 1, 0x78, 127, 0x81, 0x1e]),
  Buffer.alloc(4_000, 0x76),
  Buffer.alloc(12_000, 0xbe),
]);
const manyFields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, 'v']));
const zeroes = gzipSync(Buffer.alloc(128 * mib));

it.each<readonly [string, string, Script]>([
  ['in HPACK', 'oversize', (c, id) => c.write(frame(frameTypes.headers, endHeaders, id, hpackBomb), data(id, 'x'))],
  [
    'of a table that grows past what was allowed',
    'malformed',
    (c, id) =>
      c.write(
        frame(
          frameTypes.headers,
          endHeaders,
          id,
          Buffer.concat([Buffer.from([0x3f, 0xe1, 0xff, 0x3f]), headerBlock(ok)]),
        ),
      ),
  ],
  [
    'of a head past the limit',
    'malformed',
    (c, id) => c.write(longHead(id, headerBlock({ ...ok, x: 'v'.repeat(200_000) }), 0)),
  ],
  ['of 1 000 interim heads', 'oversize', (c, id) => c.write(times(1_000, head(id, { ':status': '103', link: 'x' })))],
  [
    'of trailers',
    'cut',
    (c, id) => c.write(head(id, ok), data(id, 'hello', 0), head(id, manyFields, endHeaders | endStream)),
  ],
  [
    'in gzip',
    'oversize',
    (c, id) => {
      c.write(head(id, { ...ok, 'content-encoding': 'gzip' }));
      for (let at = 0; at < zeroes.length; at += 16_000)
        c.write(data(id, zeroes.subarray(at, at + 16_000), at + 16_000 >= zeroes.length ? endStream : 0));
    },
  ],
])('a bomb: %s: %s, and memory stays', async (_, want, script) => {
  const before = process.memoryUsage();
  const answer = await asked(script);
  const { external, heapUsed } = process.memoryUsage();
  expect(reason(answer)).toBe(want);
  expect(external + heapUsed - before.external - before.heapUsed).toBeLessThan(heldBytesMax);
  await vi.waitFor(() => expect(server?.open()).toBe(0));
});

describe('work for small frames', () => {
  it('is charged at each frame', async () => {
    const count = 2_000;
    server = await startRawH2((c, id) => {
      c.write(head(id, ok), times(count, data(id, Buffer.alloc(40, 'x'), 0)), data(id, '', endStream));
    });
    let received = 0;
    const line = wire.open(accessTo(server.url, { protocols: ['2'] }), 'cold', { received: () => (received += 1) });
    const answer = await hopOf(line, `${server.url}/x`);
    line.close();
    expect(reason(answer)).toBe('ok 200');
    // A frame that two reads bring comes in two pieces.
    expect(received).toBeGreaterThanOrEqual(count);
  });

  /** CPU of both ends, milliseconds; the least of some runs. */
  async function costMs(count: number): Promise<number> {
    const size = 40;
    const bytes = times(1_000, data(1, Buffer.alloc(size, 'x'), 0));
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3; run += 1) {
      const before = process.cpuUsage();
      const answer = await asked(
        (c, id) => {
          c.write(head(id, ok));
          for (let at = 0; at < count; at += 1_000) c.write(bytes);
          c.write(data(id, '', endStream));
        },
        { bodyBytesMax: 16 * mib },
      );
      expect([reason(answer), answer.hop.bodyBytes]).toEqual(['ok 200', count * size]);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 1_000);
      await server?.close();
    }
    return least;
  }

  it('grows with their number, not with its square', async () => {
    await costMs(10_000);
    const few = await costMs(25_000);
    // Eight times the work for eight times the frames; the square would be 64 times (test/support/growth.ts).
    expect((await costMs(200_000)) / few).toBeLessThan(28);
  });
});

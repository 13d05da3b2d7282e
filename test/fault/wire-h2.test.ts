import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { HopResponse, Wire } from '../../src/core/ports.ts';
import { reasonOf } from '../../src/probe/classify.ts';
import {
  data,
  endHeaders,
  endStream,
  frame,
  frameTypes,
  goaway,
  head,
  type RawH2Connection,
  type RawH2Server,
  rst,
  startRawH2,
  uint32,
} from '../support/raw-h2.ts';
import { resetSocket } from '../support/request-faults.ts';
import { accessTo, coldHop, hopOf, realWire } from './own-wire.ts';

const wire: Wire = realWire();
afterAll(() => wire.close());
let server: RawH2Server | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

type Script = (connection: RawH2Connection, streamId: number, nth: number) => void;

async function asked(script: Script, limitMs?: number): Promise<HopResponse> {
  server = await startRawH2(script);
  return coldHop(wire, accessTo(server.url, { protocols: ['2', '1.1'] }), `${server.url}/x`, {
    ...(limitMs === undefined ? {} : { limitMs }),
  });
}

/** What a probe of it would end as. */
function reason({ hop }: HopResponse): string {
  if (hop.fault === null) return `ok ${hop.status}`;
  const ended = reasonOf(hop.fault, { hops: 1, limitBytes: 1, limitMs: 1 });
  return ended.tag === 'failed' ? ended.failure.kind : `unknown ${'code' in ended ? ended.code : ''}`;
}

const ok = { ':status': '200', 'content-type': 'text/plain' };
const five = { ...ok, 'content-length': '5' };
const codes = { no: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, calm: 11 };

/** A head and the beginning of a body, then a reset. */
const resetAmid =
  (code: number, fields: Readonly<Record<string, string>> = ok): Script =>
  (c, id) =>
    c.write(head(id, fields), data(id, 'he', 0), rst(id, code));

const rows: readonly (readonly [string, string, Script])[] = [
  ['a whole answer', 'ok 200', (c, id) => c.write(head(id, five), data(id, 'hello'))],
  ['a whole answer without a length', 'ok 200', (c, id) => c.write(head(id, ok), data(id, 'hello'))],
  ['no body', 'ok 200', (c, id) => c.write(head(id, ok, endHeaders | endStream))],
  ['the end in a frame of its own', 'ok 200', (c, id) => c.write(head(id, ok), data(id, 'hello', 0), data(id, ''))],
  [
    'trailers',
    'ok 200',
    (c, id) => c.write(head(id, ok), data(id, 'hello', 0), head(id, { t: 'x' }, endHeaders | endStream)),
  ],
  ['an interim head', 'ok 200', (c, id) => c.write(head(id, { ':status': '103' }), head(id, ok), data(id, 'hello'))],
  ['reset before the head, INTERNAL_ERROR', 'reset', (c, id) => c.write(rst(id, codes.internal))],
  ['reset before the head, CANCEL', 'reset', (c, id) => c.write(rst(id, codes.cancel))],
  ['reset before the head, NO_ERROR', 'reset', (c, id) => c.write(rst(id, codes.no))],
  ['reset before the head, PROTOCOL_ERROR', 'reset', (c, id) => c.write(rst(id, codes.protocol))],
  ['reset in the body, INTERNAL_ERROR, with a length', 'cut', resetAmid(codes.internal, five)],
  ['reset in the body, INTERNAL_ERROR', 'cut', resetAmid(codes.internal)],
  ['reset in the body, CANCEL', 'cut', resetAmid(codes.cancel)],
  ['reset in the body, NO_ERROR, with a length', 'cut', resetAmid(codes.no, five)],
  // Node ends such a stream as a complete one, and does not tell.
  ['reset in the body, NO_ERROR', 'ok 200', resetAmid(codes.no)],
  ['reset in the body, CANCEL, with a length', 'cut', resetAmid(codes.cancel, five)],
  ['refused always', 'reset', (c, id) => c.write(rst(id, codes.refused))],
  ['GOAWAY INTERNAL_ERROR', 'reset', (c) => c.write(goaway(0, codes.internal))],
  ['GOAWAY ENHANCE_YOUR_CALM', 'reset', (c) => c.write(goaway(0, codes.calm))],
  ['GOAWAY NO_ERROR before our stream, always', 'reset', (c) => c.write(goaway(0, codes.no))],
  [
    'GOAWAY NO_ERROR after our stream, and the answer',
    'ok 200',
    (c, id) => c.write(goaway(id, codes.no), head(id, five), data(id, 'hello')),
  ],
  [
    'GOAWAY NO_ERROR after our stream, then the end',
    'reset',
    (c, id) => {
      c.write(goaway(id, codes.no));
      c.socket.end();
    },
  ],
  [
    'GOAWAY INTERNAL_ERROR in the body',
    'cut',
    (c, id) => c.write(head(id, five), data(id, 'he', 0), goaway(0, codes.internal)),
  ],
  ['closed before the head', 'reset', (c) => c.socket.end()],
  [
    'closed in the body',
    'cut',
    (c, id) => {
      c.write(head(id, ok), data(id, 'he', 0));
      c.socket.end();
    },
  ],
  [
    'reset by TCP in the body',
    'cut',
    (c, id) => {
      c.write(head(id, ok), data(id, 'he', 0));
      setTimeout(() => resetSocket(c.socket), 20);
    },
  ],
  ['DATA before HEADERS', 'malformed', (c, id) => c.write(data(id, 'hello'))],
  ['a frame larger than allowed', 'malformed', (c, id) => c.write(data(id, Buffer.alloc(20_000)))],
  [
    'bad HPACK',
    'malformed',
    (c, id) => c.write(frame(frameTypes.headers, endHeaders, id, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))),
  ],
  // Node does not tell who reset it: that our side did is not seen.
  ['no status', 'reset', (c, id) => c.write(head(id, { 'content-type': 'x' }), data(id, 'hello'))],
  ['an upper-case field name', 'reset', (c, id) => c.write(head(id, { ...ok, 'X-Up': 'x' }), data(id, 'hello'))],
  ['a body shorter than its length', 'malformed', (c, id) => c.write(head(id, five), data(id, 'he'))],
  ['a body longer than its length', 'malformed', (c, id) => c.write(head(id, five), data(id, 'hello again'))],
  [
    'HTTP/1.1 after the handshake',
    'malformed',
    (c) => void c.socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
  ],
  ['a stream that we never opened', 'malformed', (c, id) => c.write(head(id + 2, ok), data(id + 2, 'hello'))],
  [
    'PUSH_PROMISE though push is off',
    'malformed',
    (c, id) => c.write(frame(frameTypes.push, endHeaders, id, Buffer.concat([uint32(2), Buffer.from([0x82])]))),
  ],
  [
    'WINDOW_UPDATE past what a window holds',
    'malformed',
    (c) => c.write(frame(frameTypes.window, 0, 0, uint32(0x7fffffff))),
  ],
  // Node resets a head that is too large by the same code.
  ['a reset that asks for calm', 'reset', (c, id) => c.write(rst(id, codes.calm))],
  ['a reset in the body that asks for calm', 'cut', resetAmid(codes.calm)],
  [
    '129 header fields of a byte each',
    'oversize',
    (c, id) =>
      c.write(
        frame(frameTypes.headers, endHeaders, id, Buffer.concat([Buffer.from([0x88]), Buffer.alloc(128, 0x90)])),
        data(id, 'hello'),
      ),
  ],
  [
    '200 header fields',
    'oversize',
    (c, id) =>
      c.write(
        head(id, { ...ok, ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'v'])) }),
        data(id, 'hello'),
      ),
  ],
  [
    'a body past the cap',
    'oversize',
    (c, id) => {
      c.write(head(id, ok));
      for (let i = 0; i < 200; i += 1) c.write(data(id, Buffer.alloc(16_000), 0));
    },
  ],
];

describe('what HTTP/2 answers end as', () => {
  it.each(rows)('%s: %s', async (_, want, script) => {
    const answer = await asked(script);
    expect(reason(answer)).toBe(want);
    expect(answer.hop.protocol).toBe('2');
  });

  it('a window that never opens is a timeout of the transfer', async () => {
    const answer = await asked((c, id) => c.write(head(id, { ...ok, 'content-length': '100' })), 300);
    expect(reason(answer)).toBe('timeout_transfer');
    expect(answer.hop.marks.firstByte).toBeDefined();
  });

  it('no head at all is a timeout of the processing', async () => {
    const answer = await asked(() => undefined, 300);
    expect(reason(answer)).toBe('timeout_processing');
  });
});

it.each([
  [
    'REFUSED_STREAM',
    'refused_stream',
    1,
    (c: RawH2Connection, id: number, nth: number) =>
      c.write(...(nth === 0 ? [rst(id, codes.refused)] : [head(id, five), data(id, 'hello')])),
  ],
  [
    'GOAWAY with NO_ERROR',
    'goaway',
    2,
    (c: RawH2Connection, id: number, nth: number) =>
      c.write(...(nth === 0 ? [goaway(0, codes.no)] : [head(id, five), data(id, 'hello')])),
  ],
] as const)(
  'a request that the server did not take: %s: sent again once, told as a fact',
  async (_, repeated, connections, script) => {
    const answer = await asked(script);
    expect(reason(answer)).toBe('ok 200');
    expect(answer.hop).toMatchObject({ repeated, fault: null, bodyBytes: 5 });
    expect([server?.requests(), server?.connections()]).toEqual([2, connections]);
  },
);

it('what is offered: HTTP/1.1 alone: a server of HTTP/2 alone refuses the handshake', async () => {
  server = await startRawH2(() => undefined);
  const answer = await coldHop(wire, accessTo(server.url), server.url);
  expect(reason(answer)).toBe('tls_protocol');
  expect(answer.hop.protocol).toBeUndefined();
});

describe('a kept session', () => {
  it('a response 421 is passed on as it is and closes the connection: the next request uses a fresh one', async () => {
    server = await startRawH2((c, id, nth) =>
      nth === 1
        ? c.write(head(id, { ':status': '421' }, endHeaders | endStream))
        : c.write(head(id, five), data(id, 'hello')),
    );
    const access = accessTo(server.url, { protocols: ['2'] });
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      const line = wire.open(access, 'warm');
      const { hop } = await hopOf(line, `${access.url}/x`);
      line.close();
      seen.push([hop.status, hop.reused, server.connections()]);
    }
    expect(seen).toEqual([
      [200, false, 1],
      [421, true, 1],
      [200, false, 2],
    ]);
  });

  it('carries the next request, and a dead one is replaced', async () => {
    server = await startRawH2((c, id, nth) => {
      c.write(head(id, five), data(id, 'hello'));
      if (nth === 1) setTimeout(() => c.socket.end(), 10);
    });
    const access = accessTo(server.url, { protocols: ['2'] });
    const ask = async () => {
      const line = wire.open(access, 'warm');
      const { hop } = await hopOf(line, `${access.url}/x`);
      line.close();
      return [hop.status, hop.reused, hop.protocol];
    };
    expect(await ask()).toEqual([200, false, '2']);
    expect(await ask()).toEqual([200, true, '2']);
    await vi.waitFor(() => expect(server?.open()).toBe(0));
    expect(await ask()).toEqual([200, false, '2']);
  });

  it('continues one conversation: the second hop is another stream of the same connection', async () => {
    server = await startRawH2((c, id) => c.write(head(id, five), data(id, 'hello')));
    const line = wire.open(accessTo(server.url, { protocols: ['2'] }), 'cold');
    const first = await hopOf(line, `${server.url}/a`);
    const second = await hopOf(line, `${server.url}/b`, { startMs: first.hop.marks.end });
    line.close();
    expect([second.hop.status, second.hop.reused, server.connections()]).toEqual([200, true, 1]);
  });
});

import { createHash, randomFillSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import type { HopResponse } from '../../src/core/ports.ts';
import { reasonOf } from '../../src/probe/classify.ts';
import { accessTo, coldHop, hopOf, realWire } from './own-wire.ts';

// Bodies past what is held: their beginning in memory, all of them in a file that goes with the line.

const bytesMax = limits.zipBytes;
const long = randomFillSync(Buffer.alloc(limits.bodyHeldBytes + 300_000));
const bodies: Readonly<Record<string, Buffer>> = {
  '/long': long,
  '/held': long.subarray(0, limits.bodyHeldBytes),
  '/short': long.subarray(0, limits.slowStartBytes - 1),
  '/gzip': gzipSync(long, { level: 1 }),
};

const wire = realWire();

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const body = bodies[path] ?? Buffer.alloc(0);
  response.writeHead(200, {
    'content-length': body.length,
    ...(path === '/gzip' ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(async () => {
  await wire.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
afterEach(() => vi.unstubAllEnvs());

const ask = { bodyBytesMax: bytesMax, large: true } as const;
const sha256 = (body: Uint8Array) => createHash('sha256').update(body).digest('hex');

const wholeOf = ({ whole }: HopResponse): Uint8Array | null =>
  whole === undefined ? null : whole.read(0, whole.bytes);

test('a long body is whole in a file, its beginning at hand, until the line is closed', async () => {
  const line = wire.open(accessTo(url), 'cold');
  const answer = await hopOf(line, `${url}/long`, ask);
  expect(answer.hop).toMatchObject({ status: 200, fault: null, bodyBytes: long.length });
  expect(Buffer.from(answer.body).equals(long.subarray(0, limits.bodyBeginBytes))).toBe(true);
  expect(sha256(wholeOf(answer) ?? Buffer.alloc(0))).toBe(sha256(long));
  line.close();
  expect(() => answer.whole?.read(0, 1)).toThrow(/EBADF/);
});

test('one within the memory limit is held in memory, also if the request is not marked as large', async () => {
  for (const [path, more] of [
    ['/held', ask],
    ['/long', { bodyBytesMax: bytesMax }],
  ] as const) {
    const answer = await coldHop(wire, accessTo(url), `${url}${path}`, more);
    expect([answer.whole, sha256(answer.body)]).toEqual([undefined, sha256(bodies[path] ?? Buffer.alloc(0))]);
  }
});

test('one with an encoding that was not requested is decoded into a file; requested as sent, it is stored as sent', async () => {
  const line = wire.open(accessTo(url), 'cold');
  const decoded = await hopOf(line, `${url}/gzip`, ask);
  expect(Buffer.from(decoded.body).equals(long.subarray(0, limits.bodyBeginBytes))).toBe(true);
  expect(sha256(wholeOf(decoded) ?? Buffer.alloc(0))).toBe(sha256(long));
  const sent = await hopOf(line, `${url}/gzip`, { ...ask, asSent: true });
  expect(sha256(wholeOf(sent) ?? Buffer.alloc(0))).toBe(sha256(bodies['/gzip'] ?? Buffer.alloc(0)));
  line.close();
});

test('reading stops where it is to stop, in the file too', async () => {
  const stopAfterBytes = limits.bodyHeldBytes + 100_000;
  const line = wire.open(accessTo(url), 'cold');
  const answer = await hopOf(line, `${url}/long`, { ...ask, stopAfterBytes });
  const { bytes = 0 } = answer.whole ?? {};
  expect([answer.hop.fault, bytes >= stopAfterBytes, bytes < long.length]).toEqual([null, true, true]);
  line.close();
});

test('without space for a file the fault is our own', async () => {
  vi.stubEnv('TMPDIR', '/nonexistent/nowhere');
  const { hop } = await coldHop(wire, accessTo(url), `${url}/long`, ask);
  expect(hop.fault).toMatchObject({
    code: 'MW_NO_SCRATCH',
    phase: 'transfer',
    text: 'cannot create a temporary file for a large body: ENOENT',
  });
  if (hop.fault === null) return;
  const reason = reasonOf(hop.fault, { hops: 1, limitBytes: bytesMax, limitMs: 1_000 });
  expect(reason).toEqual({ tag: 'unknown', because: 'local', code: 'MW_NO_SCRATCH' });
});

test('what came after slow start is marked where it began', async () => {
  const { hop } = await coldHop(wire, accessTo(url), `${url}/long`, ask);
  const { atMs = 0, bytes = 0 } = hop.ramp ?? {};
  expect(bytes).toBeGreaterThanOrEqual(limits.slowStartBytes);
  // The chunk that was the last of it may hold some more.
  expect(bytes).toBeLessThan(limits.slowStartBytes + 300_000);
  expect([atMs >= (hop.marks.firstByte ?? Number.NaN), atMs <= hop.marks.end]).toEqual([true, true]);
  const short = await coldHop(wire, accessTo(url), `${url}/short`, ask);
  expect([short.hop.bodyBytes, short.hop.ramp]).toEqual([limits.slowStartBytes - 1, undefined]);
});

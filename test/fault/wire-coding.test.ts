import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessTo, coldHop, realWire } from './own-wire.ts';

const plain = Buffer.from('a tarball');
const packed = gzipSync(plain);
let server: Server;
let url: string;
const wire = realWire();

beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(200, { 'content-encoding': request.url?.slice(1) ?? '', 'content-length': packed.length });
    response.end(packed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await wire.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

// A server that takes the ending of a .gz for a coding says so in its head; pip, apt and curl store what it sent.
it.each([
  ['gzip', {}, plain],
  ['x-gzip', {}, plain],
  ['gzip', { asSent: true as const }, packed],
  ['x-gzip', { asSent: true as const }, packed],
])('an answer with Content-Encoding %s, asked for with %o', async (coding, more, want) => {
  const answer = await coldHop(wire, accessTo(url), `${url}/${coding}`, more);
  expect(answer.hop).toMatchObject({ status: 200, fault: null, bodyBytes: packed.length });
  expect(Buffer.from(answer.body)).toEqual(want);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

let wire: Wire;
const asked: string[] = [];

const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const headers = { 'content-length': '5000000', 'docker-content-digest': 'sha256:00' };
  if (request.url === '/packed') Object.assign(headers, { 'content-encoding': 'gzip' });
  if (request.url === '/moved') response.writeHead(307, { ...headers, location: '/there' }).end();
  else response.writeHead(request.url === '/gone' ? 404 : 200, headers).end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
beforeEach(() => {
  asked.splice(0);
  wire = realWire();
  return () => wire.close();
});

it.each([
  ['a head that announces more than the cap: a body is not sent', '/large', 200],
  ['a head that announces a coding: nothing is decoded', '/packed', 200],
  ['a head of an error', '/gone', 404],
  ['a head of a redirect', '/moved', 307],
])('HEAD: %s', async (_, path, status) => {
  const answer = await coldHop(wire, accessTo(url), `${url}${path}`, { method: 'HEAD', bodyBytesMax: 1_000 });
  expect(answer.hop).toMatchObject({ status, fault: null, bodyBytes: 0 });
  expect(answer.headers['docker-content-digest']).toBe('sha256:00');
  expect(asked).toEqual([`HEAD ${path}`]);
});

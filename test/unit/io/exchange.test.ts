import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { exchangeOnce, tlsOf } from '../../../src/io/exchange.ts';
import { testCerts } from '../../support/certs.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function serving(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}
const get = { method: 'GET', headers: {}, body: null, limitMs: 60_000 } as const;

test('headers and body are sent, status and text come back', async () => {
  const url = await serving((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      response.writeHead(409);
      response.end(`${request.method} ${request.url} ${request.headers['x-word']} ${body}`);
    });
  });
  const ask = { url: `${url}/a?b=c`, method: 'POST', headers: { 'x-word': 'w' }, body: '{}', limitMs: 60_000 } as const;
  expect(await exchangeOnce(ask)).toMatchObject({ status: 409, text: 'POST /a?b=c w {}' });
});

test('a redirect is an answer', async () => {
  const url = await serving((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  expect(await exchangeOnce({ ...get, url })).toMatchObject({
    status: 302,
    headers: { location: '/elsewhere' },
    text: '',
  });
});

test('no server, on a port that fetch refuses: the code', () =>
  expect(exchangeOnce({ ...get, url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ code: 'ECONNREFUSED' }));

test.each<[string, RequestListener]>([
  ['no answer', () => undefined],
  ['half an answer', (_, response) => void response.write('half')],
])('%s within the limit: aborted', async (_, listener) => {
  const url = await serving(listener);
  await expect(exchangeOnce({ ...get, url, limitMs: 50 })).rejects.toMatchObject({ code: 'ABORT_ERR' });
});

test('an answer that breaks off is none', async () => {
  const url = await serving((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  });
  await expect(exchangeOnce({ ...get, url })).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test.each([
  [
    'chunks of one byte',
    'MW_BAD_CHUNK',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    '1\r\na\r\n',
    '0\r\n\r\n',
  ],
  [
    'chunk extensions',
    'MW_BAD_CHUNK',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    `1;${'e'.repeat(100)}\r\na\r\n`,
    '0\r\n\r\n',
  ],
  [
    'interim heads',
    'MW_HEAD_TOO_LARGE',
    '',
    'HTTP/1.1 103 Early\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na',
  ],
])('%s: they have the limits of a response of a mirror', async (_, code, head, piece, end) => {
  const raw = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(`${head}${piece.repeat(200_000)}${end}`));
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  await expect(exchangeOnce({ ...get, url })).rejects.toMatchObject({ code });
  raw.close();
});

test('of a listener with a chain its own certificate is trusted, whatever its name, and no other of its issuer', async () => {
  const { ca, wrongName, server: other } = testCerts();
  const ask = async (shown: typeof other) => {
    const made = createTlsServer({ cert: shown.certPem + ca.certPem, key: shown.keyPem }, (_, answer) =>
      answer.end('ok'),
    );
    server = made;
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(made.address() as AddressInfo).port}`;
    const listen = { tls: { cert: wrongName.certPem + ca.certPem, key: new Secret(wrongName.keyPem) } };
    return exchangeOnce({ ...get, url, ...tlsOf(listen) }).finally(() => made.close());
  };
  expect(await ask(wrongName)).toMatchObject({ status: 200, text: 'ok' });
  await expect(ask(other)).rejects.toMatchObject({ code: expect.stringMatching(/CERT/) });
});

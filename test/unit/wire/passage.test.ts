import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { WireAccess } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { plainRoute } from '../../../src/wire/connect.ts';
import { createPassages } from '../../../src/wire/passage.ts';
import { makeCerts } from '../../support/certs.ts';
import { startDnsServer } from '../../support/dns-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

function accessTo(url: string, change: Partial<WireAccess> = {}): WireAccess {
  return { ...plainRoute, url, auth: null, userAgent: 'test', registry: 'm', ...change };
}

function opened(socketsMax = Number.POSITIVE_INFINITY) {
  const passages = createPassages({ clock: systemClock, timers: systemTimers, socketsMax });
  ends.push(() => passages.close());
  return async (access: WireAccess, url: string): Promise<string> => {
    const ask = { method: 'GET', headers: {}, signal: new AbortController().signal } as const;
    const { body } = await passages.open(access, url, ask);
    let text = '';
    for await (const piece of body) text += String(piece);
    return text;
  };
}

describe('a request that passes through', () => {
  it('takes the way that its access says now, not that of an access before under the same name', async () => {
    const asked: IncomingMessage[] = [];
    const mirror = await portOf(createServer((_, response) => void response.end('mirror')));
    const proxy = await portOf(
      createServer((request, response) => {
        asked.push(request);
        response.end('proxy');
      }),
    );
    const url = `http://127.0.0.1:${mirror}`;
    const get = opened();
    expect(await get(accessTo(url), `${url}/x`)).toBe('mirror');
    const through = accessTo(url, { proxy: { url: `http://127.0.0.1:${proxy}`, username: 'robot', password: 'pw' } });
    expect(await get(through, `${url}/x`)).toBe('proxy');
    expect([asked[0]?.url, asked[0]?.headers['proxy-authorization']]).toEqual([
      `${url}/x`,
      `Basic ${Buffer.from('robot:pw').toString('base64')}`,
    ]);
  });

  it('closes idle connections to other hosts at the limit of sockets', async () => {
    let connections = 0;
    const counted = createServer((_, response) => void response.end('first')).on('connection', () => {
      connections += 1;
    });
    const [a, b] = [await portOf(counted), await portOf(createServer((_, response) => void response.end('second')))];
    const [first, second] = [accessTo(`http://127.0.0.1:${a}`), accessTo(`http://127.0.0.1:${b}`)];
    const get = opened(1);
    for (const access of [first, first]) expect(await get(access, access.url)).toBe('first');
    expect(connections).toBe(1);
    expect(await get(second, second.url)).toBe('second');
    expect(await get(first, first.url)).toBe('first');
    expect(connections).toBe(2);
  });

  it('is not kept waiting by names without an answer, to which another mirror redirects', async () => {
    const dns = await startDnsServer();
    ends.push(() => dns.close());
    dns.setDefault({ silent: true });
    for (const name of ['evil.test', 'good.test']) dns.setName(name, { a: ['127.0.0.1'] });
    let redirects = 0;
    const led = Promise.withResolvers<void>();
    const evil = createServer((_, response) => {
      redirects += 1;
      if (redirects === 20) led.resolve();
      response.writeHead(302, { location: `http://r${redirects}.silent.test/` }).end();
    });
    const good = createServer((_, response) => void response.end('good'));
    const access = { dnsServer: dns.address };
    const [first, second] = [
      accessTo(`http://evil.test:${await portOf(evil)}`, { ...access, registry: 'evil' }),
      accessTo(`http://good.test:${await portOf(good)}`, { ...access, registry: 'good' }),
    ];
    const passages = createPassages({ clock: systemClock, timers: systemTimers });
    const stop = new AbortController();
    const ask = { method: 'GET', headers: {}, signal: stop.signal } as const;
    const waiting = Array.from({ length: 20 }, () => passages.open(first, `${first.url}/x`, ask));
    const ended = Promise.allSettled(waiting);
    await led.promise;
    const { body } = await passages.open(second, `${second.url}/x`, ask);
    for await (const piece of body) expect(String(piece)).toBe('good');
    const asked = new Set(dns.questions.flatMap(({ name }) => (name.endsWith('silent.test') ? [name] : [])));
    expect(asked.size).toBeLessThanOrEqual(3);
    stop.abort();
    await passages.close();
    await ended;
  });

  it('leaves few connections behind that are being opened to servers where a mirror redirects', async () => {
    const silent = new Set<Socket>();
    const hanging = createTcpServer((socket) => silent.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => hanging.listen(0, '0.0.0.0', resolve));
    ends.push(() => {
      for (const socket of silent) socket.destroy();
      hanging.close();
    });
    const { port } = hanging.address() as AddressInfo;
    let redirects = 0;
    const evil = createServer((_, response) => {
      redirects += 1;
      response.writeHead(302, { location: `https://127.0.1.${redirects}:${port}/` }).end();
      response.once('close', () => led());
    });
    let led = (): void => undefined;
    const first = accessTo(`http://127.0.0.1:${await portOf(evil)}`);
    const good = accessTo(`http://127.0.0.1:${await portOf(createServer((_, one) => void one.end('good')))}`);
    // So a pool has 4 connections.
    const passages = createPassages({ clock: systemClock, timers: systemTimers, socketsMax: 16 });
    ends.push(() => passages.close());
    for (let at = 0; at < 30; at += 1) {
      const stop = new AbortController();
      const redirected = new Promise<void>((resolve) => {
        led = resolve;
      });
      const ask = { method: 'GET', headers: {}, signal: stop.signal } as const;
      const ended = passages.open(first, `${first.url}/x`, ask).catch(() => undefined);
      await Promise.race([redirected.then(turn).then(turn), ended]);
      stop.abort();
      await ended;
    }
    const { signal } = new AbortController();
    const { body } = await passages.open(good, `${good.url}/x`, { method: 'GET', headers: {}, signal });
    for await (const piece of body) expect(String(piece)).toBe('good');
    expect(redirects).toBeGreaterThan(8);
    expect(silent.size).toBeLessThanOrEqual(8);
  });

  it('never goes from TLS to the clear, nor to an address without bounds', async () => {
    const { ca, server } = makeCerts();
    const plain = await portOf(createServer((_, response) => void response.end('in the clear')));
    const to: Record<string, string> = {
      '/clear': `http://127.0.0.1:${plain}/`,
      '/label': `https://${'\u00e9'.repeat(100)}.example.com/`,
      '/file': 'file:///etc/passwd',
    };
    const answer: RequestListener = (request, response) => {
      const location = to[request.url ?? ''];
      if (location === undefined) return void response.end('here');
      response.writeHead(302, { location }).end();
    };
    const port = await portOf(createTlsServer({ cert: server.certPem, key: server.keyPem }, answer));
    const url = `https://127.0.0.1:${port}`;
    const get = opened();
    const access = accessTo(url, { ca: [ca.certPem] });
    expect(await get(access, `${url}/x`)).toBe('here');
    for (const path of ['/clear', '/label', '/file'])
      await expect(get(access, url + path), path).rejects.toThrow('leads nowhere');
  });

  it("is led to another host under the mirror's own authority, as a probe is", async () => {
    const { ca, server } = makeCerts();
    const tls = { cert: server.certPem, key: server.keyPem };
    const store = await portOf(createTlsServer(tls, (_, response) => void response.end('stored')));
    const location = `https://127.0.0.1:${store}/x`;
    const port = await portOf(createTlsServer(tls, (_, response) => void response.writeHead(302, { location }).end()));
    const url = `https://127.0.0.1:${port}`;
    expect(await opened()(accessTo(url, { ca: [ca.certPem] }), `${url}/x`)).toBe('stored');
  });

  it('shows the client certificate where the credentials may go, and to no other host', async () => {
    const { ca, server, client } = makeCerts();
    const tls = { cert: server.certPem, key: server.keyPem };
    const asking = { ...tls, ca: ca.certPem, requestCert: true, rejectUnauthorized: false };
    const shown: RequestListener = ({ socket }, response) =>
      void response.end(String((socket as TLSSocket).getPeerCertificate().subject?.CN));
    const store = await portOf(createTlsServer(asking, shown));
    const location = `https://127.0.0.1:${store}/x`;
    const port = await portOf(createTlsServer(tls, (_, response) => void response.writeHead(302, { location }).end()));
    const url = `https://127.0.0.1:${port}`;
    const own = { ca: [ca.certPem], client: { cert: client.certPem, key: client.keyPem } };
    const auth = { scheme: 'basic', username: 'robot', secret: 'pa55word', hosts: [`127.0.0.1:${store}`] } as const;
    expect(await opened()(accessTo(url, own), `${url}/x`)).toBe('undefined');
    expect(await opened()(accessTo(url, { ...own, auth }), `${url}/x`)).toBe('mirrorwatch-client');
  });

  it('may be led to where the mirror itself is, by the address of its connection and not by what its name says later', async () => {
    const dns = await startDnsServer();
    ends.push(() => dns.close());
    let to = '';
    const port = await portOf(
      createServer((request, response) => {
        if (request.url === '/here') return void response.end('here');
        response.writeHead(302, { location: to }).end();
      }),
    );
    dns.setName('inner.example.com', { a: ['127.0.0.1'] }, { a: ['10.0.0.1'] });
    dns.setName('store.example.com', { a: ['127.0.0.1'] });
    const url = `http://inner.example.com:${port}`;
    const access = accessTo(url, { dnsServer: dns.address });
    const get = opened();
    to = `http://store.example.com:${port}/here`;
    expect(await get(access, `${url}/x`)).toBe('here');
    to = `http://10.0.0.1:${port}/here`;
    await expect(get(access, `${url}/x`)).rejects.toMatchObject({ code: 'MW_FORBIDDEN_TARGET' });
  });

  it('is not led into a private network because the name of its mirror resolved into it for a moment', async () => {
    const dns = await startDnsServer();
    ends.push(() => dns.close());
    const port = await portOf(
      createServer(({ url }, response) => {
        response.setHeader('connection', 'close');
        if (url === '/redirect') response.writeHead(302, { location: `http://127.0.0.1:${port}/here` });
        response.end('here');
      }),
    );
    // Both addresses are of this machine, but of different classes.
    dns.setName('flip.example.com', { a: ['0.0.0.0'] }, { a: ['127.0.0.1'] });
    const url = `http://flip.example.com:${port}`;
    const get = opened();
    const access = accessTo(url, { dnsServer: dns.address });
    const { doorPools } = limits;
    ends.push(() => Object.assign(limits, { doorPools }));
    Object.assign(limits, { doorPools: 2 });
    expect(await get(access, `${url}/x`)).toBe('here');
    // This closes the mirror's pool. A mirror can do so too, by redirects to many servers.
    const other = `http://127.0.0.1:${port}`;
    for (const host of ['a', 'b'])
      expect(await get(accessTo(other, { allowHosts: [host] }), `${other}/x`)).toBe('here');
    await expect(get(access, `${url}/redirect`)).rejects.toMatchObject({ code: 'MW_FORBIDDEN_TARGET' });
  });

  it('is cut where a response without a length ends in a reset', async () => {
    const port = await portOf(
      createServer(({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nv1.0.0\n', () => {
          // The reset must not overtake the bytes.
          setTimeout(() => socket.resetAndDestroy(), 50);
        });
      }),
    );
    const url = `http://127.0.0.1:${port}`;
    await expect(opened()(accessTo(url), `${url}/list`)).rejects.toThrow();
  });

  it('is not sent again where a mirror does not respond over a kept connection', async () => {
    const { doorFetchMs } = limits;
    ends.push(() => Object.assign(limits, { doorFetchMs }));
    Object.assign(limits, { doorFetchMs: 200 });
    const known = new Set<unknown>();
    const asked: string[] = [];
    const port = await portOf(
      createServer(({ socket, url = '' }, response) => {
        asked.push(url);
        if (!known.has(socket)) response.end(url);
        known.add(socket);
      }),
    );
    const url = `http://127.0.0.1:${port}`;
    const get = opened();
    let failure: unknown;
    for (let at = 1; failure === undefined && at < 20; at += 1) {
      await get(accessTo(url), `${url}/${at}`).catch((cause: unknown) => {
        failure = cause;
      });
      await turn();
    }
    expect(failure).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('is sent again where its kept connection ends, but not where a new one does', async () => {
    const counts = new Map<unknown, number>();
    const asked: string[] = [];
    const port = await portOf(
      createServer(({ socket, url = '' }, response) => {
        const count = (counts.get(socket) ?? 0) + 1;
        counts.set(socket, count);
        asked.push(`${url} ${count}`);
        if (url === '/never' || count === 2) socket.destroy();
        else response.end(url);
      }),
    );
    const url = `http://127.0.0.1:${port}`;
    const get = opened();
    for (let at = 0; !asked.includes(`/${at} 2`); at += 1) {
      expect(await get(accessTo(url), `${url}/${at + 1}`)).toBe(`/${at + 1}`);
      // The connection is kept once its response has ended.
      await turn();
    }
    expect(asked.at(-1)).toMatch(/ 1$/);
    asked.splice(0);
    await expect(opened()(accessTo(url), `${url}/never`)).rejects.toThrow();
    expect(asked).toEqual(['/never 1']);
  });
});

describe('a mirror that never sends a final head', () => {
  const drip = (response: ServerResponse, send: () => void): void => {
    const every = setInterval(send, 20);
    response.once('close', () => clearInterval(every));
  };
  it.each<[string, RequestListener]>([
    ['but 1xx heads', (_, response) => drip(response, () => response.writeEarlyHints({ link: '</a>; rel=preload' }))],
    [
      'but a redirect whose body drips',
      (_, response) => {
        response.writeHead(302, { location: '/elsewhere' });
        drip(response, () => response.write('x'));
      },
    ],
  ])('%s: ends at the time limit', async (_, listener) => {
    const url = `http://127.0.0.1:${await portOf(createServer(listener))}`;
    const quick = { after: (ms: number, run: () => void) => systemTimers.after(ms / 100, run) };
    const passages = createPassages({ clock: systemClock, timers: quick });
    ends.push(() => passages.close());
    const wanted = { method: 'GET', headers: {}, signal: new AbortController().signal } as const;
    await expect(passages.open(accessTo(url), `${url}/x`, wanted)).rejects.toThrow('too late');
  });
});

describe('the framing of a relayed response', () => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  /** A mirror that begins with `first` and then repeats `text` until its connection is closed. @returns what it sent */
  async function flood(first: string, text: string) {
    const sent = { bytes: 0 };
    const block = Buffer.from(text.repeat(Math.ceil(16_384 / text.length)));
    const port = await portOf(
      createServer(({ socket }) => {
        socket.write(first);
        const more = (): void => {
          if (socket.destroyed) return;
          sent.bytes += block.length;
          socket.write(block, () => setImmediate(more));
        };
        more();
      }),
    );
    return { url: `http://127.0.0.1:${port}`, sent };
  }

  it.each([
    ['chunks of one byte', head, '1\r\nx\r\n', 'MW_BAD_CHUNK'],
    ['chunk extensions', head, `40;${'e'.repeat(200)}\r\n${'x'.repeat(64)}\r\n`, 'MW_BAD_CHUNK'],
    ['interim heads', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'MW_HEAD_TOO_LARGE'],
    ['trailers', `${head}1\r\nx\r\n0\r\n`, `a: ${'b'.repeat(60)}\r\n`, 'UND_ERR_HEADERS_OVERFLOW'],
    ['the fields of a head', 'HTTP/1.1 200 OK\r\n', `a: ${'b'.repeat(60)}\r\n`, 'MW_HEAD_TOO_LARGE'],
  ])('has the limits of a probe: %s', async (_, first, text, code) => {
    const { url, sent } = await flood(first, text);
    await expect(opened()(accessTo(url), `${url}/x`)).rejects.toMatchObject({ code });
    expect(sent.bytes).toBeLessThan(4 * 1024 * 1024);
  });

  it('is no fault where a slow reader lets bytes wait, in small chunks over one connection', async () => {
    const body = 'y'.repeat(2_000);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
    const count = 1_000;
    let connections = 0;
    const port = await portOf(
      createServer(({ socket }) => void socket.write(`${head}${chunk.repeat(count)}0\r\n\r\n`)).on('connection', () => {
        connections += 1;
      }),
    );
    const url = `http://127.0.0.1:${port}`;
    const passages = createPassages({ clock: systemClock, timers: systemTimers });
    ends.push(() => passages.close());
    for (let at = 0; at < 3; at += 1) {
      const wanted = { method: 'GET', headers: {}, signal: new AbortController().signal } as const;
      const { body: pieces } = await passages.open(accessTo(url), `${url}/x`, wanted);
      let bytes = 0;
      for await (const piece of pieces) {
        bytes += (piece as Buffer).length;
        await turn();
      }
      expect(bytes).toBe(count * body.length);
    }
    expect(connections).toBe(1);
  });
});

import { connect, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { bodyPiecesOf, type Fetched } from '../../../../src/features/door/fetch.ts';
import { readConfig } from '../../../daemon/world.ts';
import { until } from '../../../support/patience.ts';
import { closeAll, openHandler } from './open-handler.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await closeAll();
});

/** A mirror that sends these bytes to every request and keeps its connection open; `open` counts connections. */
async function mirror(text: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(Buffer.from(text, 'utf8')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, open: () => sockets.size };
}

function configOf(url: string, kind: 'go' | 'pypi' | 'npm') {
  const modules = { go: 'go: [ rsc.io/quote@v1.5.2 ]', pypi: 'pypi: [ six==1.17.0 ]', npm: 'npm: [ six@1.0.0 ]' }[kind];
  const lines = ['http://127.0.0.1:9', url].map(
    (one, at) => `  - { name: m${at}, ecosystem: ${kind}, url: "${one}", weight: ${100 - at} }`,
  );
  const read = readConfig(
    `mirrors:\n${lines.join('\n')}\nmodules: { ${modules} }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: {}\n`,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

const following = { doubts: new Set(['m0']) };
const index = '/go/rsc.io/quote/@v/list';
const zip = '/go/rsc.io/quote/@v/v1.5.2.zip';
const head = (length: number, more = ''): string => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n${more}\r\n`;

describe('a hostile mirror', () => {
  it('with a header that cannot be sent again does not break the response', async () => {
    const { url } = await mirror(`${head(2, 'etag: "\u4e2d"\r\ncontent-type: text/plain\r\n')}ok`);
    const { get, lines } = await openHandler(configOf(url, 'go'), { following });
    const got = await get(index);
    expect([got.status, got.text, got.headers['etag'], got.headers['content-type']]).toEqual([
      200,
      'ok',
      undefined,
      'text/plain',
    ]);
    const relay = await openHandler(configOf(url, 'go'), { isRelay: () => true });
    expect((await relay.get(zip)).text).toBe('ok');
    expect([...lines, ...relay.lines].map(({ outcome }) => outcome)).toEqual(['passed', 'relayed']);
  });

  it('never keeps a connection by a page that is too long to be rewritten', async () => {
    const body = 'x'.repeat(limits.doorRewriteBytes + 1);
    const bad = await mirror(`${head(limits.doorRewriteBytes * 2)}${body}`);
    const { get, deps } = await openHandler(configOf(bad.url, 'pypi'), { following });
    expect((await get('/pypi/simple/six/')).status).toBe(302);
    await until('the connection is closed', bad.open, (count) => count === 0);
    expect(deps.pass.held.bytes).toBe(0);
  });

  it('sends no end of bytes, but a file as long as it says', async () => {
    const sent = async (length: string | undefined): Promise<number> => {
      const rest = Readable.from([Buffer.alloc(5), Buffer.alloc(5)])[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      const passing = { headers: { 'content-length': length } } as Partial<Fetched['passing']> as Fetched['passing'];
      const hold = { release: () => undefined } as Partial<Fetched['hold']> as Fetched['hold'];
      const fetched = { passing, first: Buffer.alloc(5), rest, hold } as Partial<Fetched> as Fetched;
      let bytes = 0;
      for await (const piece of bodyPiecesOf(fetched, 10)) bytes += piece.length;
      return bytes;
    };
    expect(await sent('15')).toBe(15);
    for (const length of [undefined, '8', 'x']) await expect(sent(length), length).rejects.toThrow('too long');
  });

  it('cannot fill the memory through many responses: past a bound the door reads less ahead', async () => {
    const length = 4 * limits.doorAheadBytes;
    const { url } = await mirror(head(length) + 'x'.repeat(length));
    let [bytes, most] = [0, 0];
    const held = {
      get bytes() {
        return bytes;
      },
      set bytes(now) {
        bytes = now;
        most = Math.max(most, now);
      },
    };
    const open = await openHandler(configOf(url, 'npm'), { isRelay: () => true });
    const { get, lines } = await openHandler(configOf(url, 'npm'), {
      isRelay: () => true,
      pass: { ...open.deps.pass, held },
    });
    expect((await get('/npm/six')).text).toHaveLength(length);
    expect([most >= limits.doorAheadBytes, bytes]).toEqual([true, 0]);
    held.bytes = limits.doorHeldBytes;
    expect((await get('/npm/six')).text).toHaveLength(length);
    expect(most - limits.doorHeldBytes).toBeLessThan(limits.doorAheadBytes / 4);
    expect([bytes, ...lines.map(({ outcome }) => outcome)]).toEqual([limits.doorHeldBytes, 'passed', 'passed']);
  });

  it('is read no faster than the client reads a long page, whose links are rewritten part by part', async () => {
    const link = '<a href="../../packages/six-1.17.0-py2.py3-none-any.whl">six</a>\n';
    const page = `${link.repeat(90_000)}${'<p>six</p>\n'.repeat(2_000_000)}`;
    const { url } = await mirror(`${head(page.length, 'content-type: text/html\r\n')}${page}`);
    const config = configOf(url, 'pypi');
    const { pass } = (await openHandler(config)).deps;
    let [received, waits] = [0, 0];
    const { port, deps } = await openHandler(config, {
      isRelay: () => true,
      pass: {
        ...pass,
        passages: {
          ...pass.passages,
          async open(...call) {
            const passing = await pass.passages.open(...call);
            const push = passing.body.push.bind(passing.body);
            passing.body.push = (chunk: Buffer | null) => {
              received += chunk?.length ?? 0;
              return push(chunk);
            };
            return passing;
          },
        },
        timers: {
          after(ms, call) {
            if (ms === limits.doorDrainMs) waits += 1;
            return pass.timers.after(ms, call);
          },
        },
      },
    });
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
    ends.push(() => socket.destroy());
    socket.write('GET /pypi/simple/six/ HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await until(
      'the door waits for its client',
      () => [waits, received] as const,
      ([now]) => now > 0,
    );
    expect([deps.passing.count, received < page.length / 2, deps.pass.held.bytes <= 2 * limits.doorAheadBytes]).toEqual(
      [1, true, true],
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
    });
    await until('the page has come', () => text.endsWith('\r\n0\r\n\r\n'), Boolean);
    expect([text.split('/packages/six-1.17.0').length - 1, text.split(`"${url}/packages`).length - 1]).toEqual([
      90_000, 90_000,
    ]);
    expect(deps.pass.held.bytes).toBe(0);
  });

  it('has no script run at the address of the door', async () => {
    const page = '<script>fetch("/metrics")</script><a href="six.whl">six.whl</a>';
    const { url } = await mirror(`${head(page.length, 'content-type: text/html\r\n')}${page}`);
    const { get } = await openHandler(configOf(url, 'pypi'), { following });
    const { headers } = await get('/pypi/simple/six/');
    expect([headers['content-security-policy'], headers['x-content-type-options']]).toEqual([
      "default-src 'none'; sandbox",
      'nosniff',
    ]);
  });
});

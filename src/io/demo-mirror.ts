import { createServer, type Server } from 'node:http';
import { crc32 } from 'node:zlib';

/** A Go module mirror on loopback with faults to switch on; it serves one made-up module and nothing else. */
export interface DemoMirror {
  readonly url: string;
  /** Every answer waits so long before its first byte, milliseconds. */
  slow(byMs: number): void;
  close(): Promise<void>;
}

/** The module that demo mirrors serve. */
export const demoModule = { path: 'example.com/hello', version: 'v1.0.0' } as const;

const goMod = 'module example.com/hello\n\ngo 1.21\n';
const files: readonly (readonly [string, string])[] = [
  ['LICENSE', 'MIT\n'],
  ['go.mod', goMod],
  ['hello.go', 'package hello\n'],
];

/** Starts a demo mirror on a free loopback port; each answer takes about `baseMs` and a little more at times. */
export async function startDemoMirror(baseMs: number): Promise<DemoMirror> {
  let extraMs = 0;
  let turn = 0;
  const prefix = `/${demoModule.path}/@v/${demoModule.version}`;
  const info = JSON.stringify({ Version: demoModule.version, Time: '2024-01-01T00:00:00Z' });
  const bodies: Readonly<Record<string, readonly [string, string | Buffer]>> = {
    [`/${demoModule.path}/@v/list`]: ['text/plain; charset=utf-8', `${demoModule.version}\n`],
    [`/${demoModule.path}/@latest`]: ['application/json', info],
    [`${prefix}.info`]: ['application/json', info],
    [`${prefix}.mod`]: ['text/plain; charset=utf-8', goMod],
    [`${prefix}.zip`]: ['application/zip', moduleZip()],
  };
  const server = createServer((request, response) => {
    const found = bodies[request.url ?? ''];
    turn += 1;
    // A spread that repeats, so that charts look alive and nothing about it is random.
    const waitMs = baseMs + extraMs + (turn % 7) * baseMs * 0.04;
    setTimeout(() => {
      response.writeHead(found ? 200 : 404, { 'content-type': found?.[0] ?? 'text/plain; charset=utf-8' });
      response.end(found?.[1] ?? 'not found: no such module in the demo\n');
    }, waitMs);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    slow: (byMs) => {
      extraMs = byMs;
    },
    close: () => closed(server),
  };
}

/** What reached the demo's webhook receiver. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A webhook receiver on loopback: hands over what it gets and answers 204. */
export async function startDemoReceiver(
  take: (received: Received) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      take({ headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}/`, close: () => closed(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A module zip with stored entries (APPNOTE.TXT 4.3): local headers, central directory, end record. */
function moduleZip(): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const path = Buffer.from(`${demoModule.path}@${demoModule.version}/${name}`);
    const data = Buffer.from(text);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, path, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, tail, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

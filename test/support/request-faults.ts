import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Answer, fullHead, headText, text } from './answer.ts';
import type { RequestFault } from './faults.ts';

const mebibyte = 1024 * 1024;

/** Writes pieces as fast as the other side takes them, until it goes away. */
function pump(socket: Socket, piece: (index: number) => string | Buffer): void {
  let index = 0;
  const more = (): void => {
    while (!socket.destroyed && socket.writable) {
      index += 1;
      if (!socket.write(piece(index))) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Writes one byte each `everyMs`; the connection stays open after the last. */
function trickle(socket: Socket, bytes: Buffer, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < bytes.length && socket.writable) socket.write(bytes.subarray(sent, sent + 1));
    else clearInterval(timer);
    sent += 1;
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Sends the rest of a fault once what was written so far has left. */
function flushThen(socket: Socket, bytes: string | Buffer, end: () => void): void {
  socket.write(bytes, () => setImmediate(end));
}

/**
 * RST instead of FIN. A TLS connection is reset underneath, without a close alert; and in the next turn of the loop, as
 * Node 24.21 dies of it inside a TLS callback (SIGSEGV within 300 resets from `secureConnection`).
 */
export function resetSocket(socket: Socket): void {
  setImmediate(() => {
    const under = (socket as Socket & { _parent?: Socket })._parent;
    (under ?? socket).resetAndDestroy();
    socket.destroy();
  });
}

let bombCache: Buffer | undefined;
/** 256 MiB of zeros in 256 KiB: sixteen gzip members, RFC 1952 section 2.2. */
function bomb(): Buffer {
  bombCache ??= Buffer.concat(new Array<Buffer>(16).fill(gzipSync(Buffer.alloc(16 * mebibyte))));
  return bombCache;
}

const portalPage = '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please sign in.</body></html>\n';

/** The same length, the same first and last bytes, another byte in the middle. */
function corrupted(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  const middle = copy.length >> 1;
  if (copy.length > 0) copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

/**
 * Answers one request in the way the fault says.
 * @param good    what the server would have said
 * @param target  the request's own target, for the loop
 * @returns       an answer to be sent in good order, or `null` where the fault has taken the connection over
 */
export function answerWithFault(socket: Socket, fault: RequestFault, good: Answer, target: string): Answer | null {
  const head = fullHead(good);
  const half = good.body.subarray(0, good.body.length >> 1);
  const headHalf = head.slice(0, head.length >> 1);
  const hold = (): null => null;
  const chunkedHead = `${headText(good.status, { ...good.headers, 'transfer-encoding': 'chunked' })}\r\n`;
  switch (fault.kind) {
    case 'reset-after-request':
      resetSocket(socket);
      return null;
    case 'close-after-request':
      socket.end();
      return null;
    case 'hang-head':
      return hold();
    case 'reset-mid-head':
      flushThen(socket, headHalf, () => resetSocket(socket));
      return null;
    case 'close-mid-head':
      socket.end(headHalf);
      return null;
    case 'hang-mid-head':
      socket.write(headHalf);
      return null;
    case 'trickle-head':
      trickle(socket, Buffer.concat([Buffer.from(head), good.body]), fault.everyMs);
      return null;
    case 'trickle-body':
      socket.write(fullHead(good, Math.max(good.body.length, 10_000)));
      trickle(socket, Buffer.concat([good.body, Buffer.alloc(10_000, 0x20)]), fault.everyMs);
      return null;
    case 'endless-headers':
      socket.write(headText(200, {}));
      pump(socket, (index) => `x-filler-${index}: ${'y'.repeat(100)}\r\n`);
      return null;
    case 'huge-header':
      return { ...good, headers: { ...good.headers, 'x-huge': 'z'.repeat(mebibyte) } };
    case 'endless-interim':
      pump(socket, () => 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n');
      return null;
    case 'garbage-head':
      socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n');
      return null;
    case 'low-status':
      socket.end('HTTP/1.1 000 OK\r\ncontent-length: 2\r\n\r\nok');
      return null;
    case 'bad-header':
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nthis is no header\r\n\r\nok`);
      return null;
    case 'reset-mid-body':
      flushThen(socket, Buffer.concat([Buffer.from(head), half]), () => resetSocket(socket));
      return null;
    case 'close-mid-body':
    case 'body-shorter':
      // Two names for what a client sees alike: a server that dies, and one that counted wrong.
      socket.end(
        Buffer.concat([
          Buffer.from(fullHead(good, good.body.length + (fault.kind === 'body-shorter' ? 9 : 0))),
          fault.kind === 'body-shorter' ? good.body : half,
        ]),
      );
      return null;
    case 'hang-mid-body':
      socket.write(Buffer.concat([Buffer.from(head), half]));
      return null;
    case 'body-longer':
      socket.end(Buffer.concat([Buffer.from(head), good.body, Buffer.from('and some more that nobody asked for\n')]));
      return null;
    case 'chunk-broken':
      socket.end(`${chunkedHead}4\r\nabcd\r\nthis is no size\r\nefgh\r\n0\r\n\r\n`);
      return null;
    case 'chunk-unfinished':
      socket.end(
        Buffer.concat([
          Buffer.from(`${chunkedHead}${good.body.length.toString(16)}\r\n`),
          good.body,
          Buffer.from('\r\n'),
        ]),
      );
      return null;
    case 'endless-body':
      socket.write(chunkedHead);
      pump(socket, () => `10000\r\n${' '.repeat(0x10000)}\r\n`);
      return null;
    case 'no-length':
      socket.end(Buffer.concat([Buffer.from(unframedHead(good)), good.body]));
      return null;
    case 'no-length-cut':
      socket.end(Buffer.concat([Buffer.from(unframedHead(good)), half]));
      return null;
    case 'gzip-bomb':
      return { ...good, headers: { ...good.headers, 'content-encoding': 'gzip' }, body: bomb() };
    case 'gzip-cut': {
      const whole = gzipSync(good.body);
      return {
        ...good,
        headers: { ...good.headers, 'content-encoding': 'gzip' },
        body: whole.subarray(0, whole.length >> 1),
      };
    }
    default:
      return wrongContent(fault, good, target);
  }
}

const unframedHead = (good: Answer): string => `${headText(good.status, { ...good.headers, connection: 'close' })}\r\n`;

type ContentFault = Extract<
  RequestFault,
  { kind: 'wrong-type' | 'no-type' | 'html' | 'empty' | 'corrupt' | 'redirect' | 'redirect-loop' | 'status' }
>;

function wrongContent(fault: ContentFault, good: Answer, target: string): Answer {
  switch (fault.kind) {
    case 'wrong-type':
      return { ...good, headers: { ...good.headers, 'content-type': 'text/html' } };
    case 'no-type':
      return { ...good, headers: { ...good.headers, 'content-type': '' } };
    case 'html':
      return text(200, portalPage, { 'content-type': 'text/html; charset=utf-8' });
    case 'empty':
      return text(200, '');
    case 'corrupt':
      return { ...good, body: corrupted(good.body) };
    case 'redirect':
      return text(fault.status ?? 302, '', fault.location === null ? {} : { location: fault.location });
    case 'redirect-loop':
      return text(302, '', { location: target });
    case 'status':
      return text(fault.status, fault.body ?? '', fault.headers);
    default:
      return fault satisfies never;
  }
}

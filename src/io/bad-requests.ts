import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../core/limits.ts';

interface Refusal {
  readonly status: number;
  readonly detail: string;
}

const headMax = `The request head is longer than ${limits.requestHeadBytes / 1024} KiB.`;
/** The response for each error code of Node; any other code gives `invalid`. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: headMax },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: 'The extensions of a chunk are too long.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
};
const invalid: Refusal = { status: 400, detail: 'This is not a valid HTTP/1.1 request.' };

/**
 * Responds with problem+json (RFC 9457) to requests that Node rejects (invalid, too large or too late), because Node's
 * own responses have no body.
 * @param lingerMs  how long the socket stays open after the response: if it closed while the request still arrives, the
 * client could lose the response
 */
export function respondToBadRequests(server: Server, lingerMs: number): void {
  const newest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => void newest.set(socket, response));
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Node continues to read, and emits this error again for each further chunk.
    if (refused.has(socket)) return;
    refused.add(socket);
    const before = newest.get(socket);
    // If a response has begun, the client would read a second response as part of the first one's body.
    const isBetween = before === undefined || before.writableFinished || !before.headersSent;
    // Failed TLS handshakes, and connections that the client closed, do not count as requests.
    const isRequest = /^(?:HPE|ERR_HTTP)_/.test(error.code ?? '');
    if (!isRequest || !socket.writable || !isBetween) return void socket.destroy();
    const { status, detail } = refusals[error.code ?? ''] ?? invalid;
    const title = STATUS_CODES[status] ?? '';
    const body = `${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`;
    const head = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
    socket.end(`HTTP/1.1 ${status} ${title}\r\n${head}\r\n\r\n${body}`);
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}

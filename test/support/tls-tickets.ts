import { createCipheriv, createHmac, constants as crypto } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './x509.ts';

/** A server that answers one request over TLS 1.3, and then sends tickets as long as the client takes them. */
export interface TicketServer {
  readonly url: string;
  /** Resolves with the number of bytes of tickets that were sent, when the client has closed the connection. */
  readonly left: Promise<number>;
  close(): void;
}

const applicationData = 23;
const handshakeType = 22;
const newSessionTicket = 4;
const ticketsSentByNode = 2;
const recordBytesMax = 16_384;

/** HKDF-Expand-Label of RFC 8446 section 7.1, for at most one block of SHA-256. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** One record of TLS_AES_128_GCM_SHA256 that is full of tickets of one byte (RFC 8446 sections 4.6.1, 5.2, 5.3). */
function recordOf(secret: Buffer, sequence: number): Buffer {
  const body = Buffer.from([0, 0, 28, 32, 1, 2, 3, 4, 1, 7, 0, 1, 9, 0, 0]);
  const ticket = Buffer.concat([Buffer.from([newSessionTicket, 0, 0, body.length]), body]);
  const tickets = Array<Buffer>(Math.floor((recordBytesMax - 1) / ticket.length)).fill(ticket);
  const inner = Buffer.concat([...tickets, Buffer.from([handshakeType])]);
  const nonce = Buffer.from(expand(secret, 'iv', 12));
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
  const header = Buffer.from([applicationData, 3, 3, 0, 0]);
  header.writeUInt16BE(inner.length + 16, 3);
  const cipher = createCipheriv('aes-128-gcm', expand(secret, 'key', 16), nonce);
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Starts it on a free port of 127.0.0.1. Node sends no such floods, so a server of Node is behind a tunnel, which adds
 * records under the keys of the connection.
 * @param answer  the plain text that the server sends after the request; empty: the tickets come instead of an answer
 */
export async function startTicketServer({ certPem: cert, keyPem: key }: Certificate, answer: string) {
  let secret = Buffer.alloc(0);
  const inner = createTlsServer({
    cert,
    key,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    secureOptions: crypto.SSL_OP_NO_TICKET,
  });
  inner.on('keylog', (line) => {
    const [name, , text = ''] = String(line).trim().split(' ');
    if (name === 'SERVER_TRAFFIC_SECRET_0') secret = Buffer.from(text, 'hex');
  });
  inner.on('tlsClientError', () => undefined);
  const left = Promise.withResolvers<number>();
  const sockets = new Set<Socket>();
  const outer = createServer((client) => {
    const server = connect((inner.address() as AddressInfo).port, '127.0.0.1');
    for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined));
    server.on('data', (chunk) => client.write(chunk));
    client.on('data', (chunk) => server.write(chunk));
    client.once('close', () => server.destroy());
    inner.once('secureConnection', (plain: Socket) => {
      plain.on('error', () => undefined);
      plain.once('data', () => {
        if (answer !== '') plain.write(answer);
        flood(client, answer === '' ? ticketsSentByNode : ticketsSentByNode + 1);
      });
    });
  });
  // The tickets follow what the inner server sent before: its data passes through this process first.
  function flood(client: Socket, from: number): void {
    let [sequence, sent] = [from, 0];
    const more = (): void => {
      if (client.destroyed) return;
      const record = recordOf(secret, sequence);
      sequence += 1;
      sent += record.length;
      if (client.write(record)) setImmediate(more);
      else client.once('drain', more);
    };
    client.once('close', () => left.resolve(sent));
    setTimeout(more, 200);
  }
  for (const one of [inner, outer]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    left: left.promise,
    close() {
      for (const socket of sockets) socket.destroy();
      inner.close();
      outer.close();
    },
  } satisfies TicketServer;
}

import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { Certs } from './certs.ts';
import type { ConnectionFault } from './faults.ts';
import { resetSocket } from './request-faults.ts';

/**
 * How a TLS server is set up for one connection.
 * @param own    the caller's options; a faulty certificate stands above them
 * @param fault  `null`: a well server
 */
export function tlsOptions(certs: Certs, own: TlsOptions, fault: ConnectionFault | null): TlsOptions {
  const { ca, server, ...others } = certs;
  const shown = fault?.kind === 'certificate' ? others[fault.which] : server;
  return {
    cert: shown.certPem,
    key: shown.keyPem,
    ALPNProtocols: ['http/1.1'],
    ...(fault?.kind === 'certificate' ? {} : own),
    // OpenSSL 3 offers TLS 1.1 only at security level 0.
    ...(fault?.kind === 'old-tls'
      ? { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' }
      : {}),
    ...(fault?.kind === 'wants-client-certificate'
      ? { ca: ca.certPem, requestCert: true, rejectUnauthorized: true }
      : {}),
  };
}

/**
 * Commits a fault on a connection that has yet to speak TLS.
 * @returns whether the fault has done its work before any TLS was spoken
 */
export function spoilsBeforeTls(socket: Socket, fault: ConnectionFault): boolean {
  switch (fault.kind) {
    case 'reset-at-accept':
      resetSocket(socket);
      return true;
    case 'close-at-accept':
      socket.end();
      return true;
    case 'hang-tls':
      socket.resume();
      return true;
    case 'reset-in-tls':
      socket.once('data', () => resetSocket(socket));
      return true;
    case 'plain-on-tls':
      socket.once('data', () =>
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );
      return true;
    case 'reset-after-tls':
    case 'old-tls':
    case 'certificate':
    case 'wants-client-certificate':
      return false;
    default:
      return fault satisfies never;
  }
}

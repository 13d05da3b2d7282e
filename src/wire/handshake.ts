import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import type { Clock } from '../core/ports.ts';
import type { TlsFacts } from '../core/transcript.ts';
import { type LiveMarks, stopOf, WireStop } from './deadline.ts';
import type { TlsBook, TlsRule } from './tls.ts';

/** With whom, and by which rule. */
export interface Handshaking {
  /** Without brackets. */
  readonly host: string;
  readonly rule: TlsRule;
  /** The protocols in ALPN, the preferred one first. */
  readonly alpn: readonly string[];
  /** Filled in, also after a bad verdict. */
  readonly trace: { readonly marks: LiveMarks; tls: TlsFacts | null };
  /** Gets the TLS socket before its handshake, to prepare a request during the wait. */
  readonly onSocket: ((socket: Socket) => void) | undefined;
}

/** Replaces a legacy certificate object that is never read. */
const noCertificate = (): PeerCertificate & DetailedPeerCertificate =>
  ({}) as PeerCertificate & DetailedPeerCertificate;

/** Runs TLS over an open or opening connection; judged before anything is sent over it. */
export function handshake(
  under: Socket,
  { host, rule, alpn, trace, onSocket }: Handshaking,
  { clock, tls }: { readonly clock: Clock; readonly tls: TlsBook },
  done: (socket: Socket) => void,
  failed: (why: WireStop) => void,
): Socket {
  const socket = connectTls({
    socket: under,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: tls.context(rule),
    ALPNProtocols: [...alpn],
    // We read the verdict ourselves, so that facts exist also for a bad one; the name is checked there too.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  // Node would convert the whole chain for the name check that is switched off above: a tenth of a probe's CPU.
  socket.getPeerCertificate = noCertificate;
  // Node leaves the socket underneath open where TLS over it ends before it has begun.
  socket.once('close', () => under.destroy());
  socket.once('secureConnect', () => {
    const verdict = tls.judge(socket, host, rule, clock.wallMs());
    // Verification is part of the handshake, as in curl and in Go; otherwise it would count as the server's processing.
    const atMs = clock.monotonicMs();
    trace.tls = verdict.facts;
    if (verdict.code !== null) {
      socket.destroy();
      failed(new WireStop(verdict.code, verdict.text, 0, atMs));
      return;
    }
    trace.marks.secured = atMs;
    done(socket);
  });
  socket.once('error', (error) => {
    socket.destroy();
    failed(stopOf(error, 0, clock.monotonicMs()));
  });
  socket.on('error', () => undefined);
  onSocket?.(socket);
  return socket;
}

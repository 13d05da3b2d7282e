import { hash, type X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  DEFAULT_CIPHERS,
  type DetailedPeerCertificate,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { getOrElse } from '../core/get-or-else.ts';
import { getOrMake } from '../core/get-or-make.ts';
import type { Clock, Timers, WireAccess } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import type { TlsFacts } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import { type Deadline, type LiveMarks, stopCodeOf, stopOf, WireStop } from './deadline.ts';
import { floodCheckMs, isFlood } from './inflow.ts';

export type TlsRule = Pick<WireAccess, 'ca' | 'client' | 'pin'>;

/** The verdict on a finished handshake. If `code` is `null`, the connection may carry requests. */
export interface TlsVerdict {
  readonly facts: TlsFacts;
  readonly code: string | null;
  readonly text: string | Sentence;
}

interface LeafFacts extends Pick<TlsFacts, 'issuer' | 'expiresAtMs' | 'spkiSha256'> {
  readonly startsAtMs: number | null;
  readonly names: Map<string, { readonly code: string; readonly text: string } | null>;
}

const leavesKept = 1_000;
const namesKept = 50;
const contextsKept = 500;
const issuerChars = 80;

/** Caches secure contexts and facts of certificates: creating a context takes milliseconds. */
export class TlsBook {
  /**
   * Contexts by the list of CAs. The list is the key because each connection has a new rule object, but the same list.
   */
  readonly #byCa = new WeakMap<
    TlsRule['ca'],
    { readonly client: TlsRule['client']; readonly context: SecureContext }
  >();
  readonly #byText = new Map<string, SecureContext>();
  readonly #leaves = new Map<string, LeafFacts>();

  /**
   * Returns the secure context for Node's roots, the rule's own CAs and client certificate, and TLS 1.2 or later.
   * @throws Error with an OpenSSL code if a PEM text is unusable
   */
  context(rule: TlsRule): SecureContext {
    const known = this.#byCa.get(rule.ca);
    if (known !== undefined && known.client === rule.client) return known.context;
    const text = JSON.stringify([rule.ca, rule.client?.cert ?? null, rule.client?.key ?? null]);
    const context = getOrMake(this.#byText, text, () => createContext(rule), contextsKept);
    this.#byCa.set(rule.ca, { client: rule.client, context });
    return context;
  }

  /**
   * Judges a finished handshake. It reports the first fault in this order: expired or not yet valid, untrusted, wrong
   * name, wrong pin.
   * @param host       the name or address that the certificate must be for
   * @param nowWallMs  the wall time now, to recognize an expired certificate that is also untrusted
   */
  judge(socket: TLSSocket, host: string, rule: TlsRule, nowWallMs: number): TlsVerdict {
    const certificate = socket.getPeerX509Certificate();
    const leaf = certificate === undefined ? null : this.#leaf(certificate);
    const chainCode = socket.authorized ? null : stopCodeOf({ code: String(socket.authorizationError) });
    const chain = leaf === null ? (chainCode ?? 'UNABLE_TO_GET_ISSUER_CERT') : chainCode;
    const wrongName =
      certificate === undefined || leaf === null
        ? null
        : getOrMake(leaf.names, host, () => nameVerdict(certificate, host), namesKept);
    const facts: TlsFacts = {
      version: socket.getProtocol() ?? '',
      cipher: socket.getCipher().name,
      issuer: leaf?.issuer ?? '',
      expiresAtMs: leaf?.expiresAtMs ?? null,
      spkiSha256: leaf?.spkiSha256 ?? null,
      resumed: socket.isSessionReused(),
      authorizationCode: chain ?? wrongName?.code ?? null,
    };
    const dated = chain === null || leaf === null ? null : dateCode(leaf, nowWallMs);
    const found = dated ?? chain;
    if (found !== null)
      return { facts: { ...facts, authorizationCode: found }, code: found, text: phrase('fault.chain') };
    if (wrongName !== null) return { facts, code: wrongName.code, text: wrongName.text };
    if (rule.pin !== null && rule.pin !== `sha256/${facts.spkiSha256}`)
      return { facts, code: 'MW_PIN', text: phrase('fault.pin') };
    return { facts, code: null, text: '' };
  }

  #leaf(certificate: X509Certificate): LeafFacts {
    return getOrMake(this.#leaves, certificate.fingerprint256, () => leafFacts(certificate), leavesKept);
  }
}

/**
 * Node's ciphers without finite-field Diffie-Hellman, where a server chooses the size of the group: a group of 10 000
 * bits takes more than one second of CPU time of its client. Browsers and Go do not offer it either.
 */
const boundedCiphers = `${DEFAULT_CIPHERS}:!DHE`;

function createContext(rule: TlsRule): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ciphers: boundedCiphers,
    ...(rule.ca.length === 0 ? {} : { ca: [...getCACertificates('default'), ...rule.ca] }),
    ...(rule.client === null ? {} : { cert: rule.client.cert, key: rule.client.key }),
  });
}

function leafFacts(certificate: X509Certificate): LeafFacts {
  return {
    issuer: issuerName(certificate.issuer),
    startsAtMs: timeOf(certificate.validFrom),
    expiresAtMs: timeOf(certificate.validTo),
    spkiSha256: spkiHash(certificate),
    names: new Map(),
  };
}

function timeOf(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * Returns the hash of the public key as in RFC 7469 section 2.4: base64, without `sha256/`; `null`: the key cannot be
 * read.
 */
function spkiHash(certificate: X509Certificate): string | null {
  return getOrElse(() => hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }), 'base64'), null);
}

function issuerName(issuer: string): string {
  const part = (key: string): string | undefined =>
    issuer
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  return (part('CN') ?? part('O') ?? '').slice(0, issuerChars);
}

function dateCode(leaf: LeafFacts, nowWallMs: number): string | null {
  if (leaf.expiresAtMs !== null && leaf.expiresAtMs < nowWallMs) return 'CERT_HAS_EXPIRED';
  return leaf.startsAtMs !== null && leaf.startsAtMs > nowWallMs ? 'CERT_NOT_YET_VALID' : null;
}

/** Runs Node's name check; `null`: the certificate is for `host`. */
function nameVerdict(certificate: X509Certificate, host: string): { code: string; text: string } | null {
  const error = checkServerIdentity(host, certificate.toLegacyObject());
  if (error === undefined) return null;
  return { code: stopCodeOf(error) ?? 'ERR_TLS_CERT_ALTNAME_INVALID', text: error.message.slice(0, 200) };
}

export interface Handshaking {
  readonly host: string;
  readonly rule: TlsRule;
  readonly alpn: readonly string[];
  /** The handshake fills this object. It sets `tls` even if certificate verification fails. */
  readonly trace: { readonly marks: LiveMarks; tls: TlsFacts | null };
  /** Called with the TLS socket before its handshake. */
  readonly onSocket: ((socket: Socket) => void) | undefined;
}

const noCertificate = (): PeerCertificate & DetailedPeerCertificate =>
  ({}) as PeerCertificate & DetailedPeerCertificate;

export function handshake(
  under: Socket,
  { host, rule, alpn, trace, onSocket }: Handshaking,
  { clock, tls, deadline }: { readonly clock: Clock; readonly tls: TlsBook; readonly deadline: Deadline },
  done: (socket: Socket) => void,
  failed: (why: WireStop) => void,
): Socket {
  const socket = connectTls({
    socket: under,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: tls.context(rule),
    ALPNProtocols: [...alpn],
    // `judge` decides instead of Node, so that the facts of an invalid certificate are known too.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  // Node would convert the whole chain for its own name check, which takes a tenth of a probe's CPU time.
  socket.getPeerCertificate = noCertificate;
  // The TCP socket must not stay open after the TLS socket has closed.
  socket.once('close', () => under.destroy());
  limitOverhead(socket, under, deadline.timers);
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

/**
 * Closes a connection on which TLS itself takes too many of the received bytes. A server may send any number of tickets
 * and key updates: each takes CPU time, and no reader of the socket sees them.
 */
function limitOverhead(socket: Socket, under: Socket, timers: Timers): void {
  const check = timers.after(floodCheckMs, () => {
    socket.off('close', end);
    if (!isFlood(under.bytesRead, socket.bytesRead)) limitOverhead(socket, under, timers);
    else socket.destroy(new WireStop('MW_BAD_CHUNK', phrase('fault.framing')));
  });
  const end = (): void => check.cancel();
  socket.once('close', end);
}

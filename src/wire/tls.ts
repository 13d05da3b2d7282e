import { createHash, type X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type DetailedPeerCertificate,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Clock, WireAccess } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import type { TlsFacts } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import { codeOf, type LiveMarks, stopOf, WireStop } from './deadline.ts';

/** Trust roots and client certificate: a part of an access. */
export type TlsRule = Pick<WireAccess, 'ca' | 'client' | 'pin'>;

/** The verdict on a finished handshake. `code` is `null` if the connection may carry requests. */
export interface TlsVerdict {
  readonly facts: TlsFacts;
  readonly code: string | null;
  readonly text: string | Sentence;
}

/** The facts of one certificate, computed once per certificate. */
interface LeafFacts {
  readonly issuer: string;
  readonly startsAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly spkiSha256: string | null;
  /** Verdicts by name; `null`: the name matches. */
  readonly names: Map<string, { readonly code: string; readonly text: string } | null>;
}

const leavesKept = 1_000;
const namesKept = 50;
const contextsKept = 500;
const issuerChars = 80;

/**
 * Secure contexts by access, and facts by certificate. A context with all of Node's roots takes milliseconds to build, and a
 * certificate's legacy form 0.1 ms: too expensive for each probe.
 */
export class TlsBook {
  /** Contexts by the list of CAs, which stays the same object, while rules are created again for each connection. */
  readonly #byCa = new WeakMap<
    TlsRule['ca'],
    { readonly client: TlsRule['client']; readonly context: SecureContext }
  >();
  readonly #byText = new Map<string, SecureContext>();
  readonly #leaves = new Map<string, LeafFacts>();

  /**
   * The context of an access: Node's roots and its own CA bundle, its client certificate, TLS 1.2 or later.
   * @throws Error with an OpenSSL code where a PEM text is unusable
   */
  context(rule: TlsRule): SecureContext {
    const known = this.#byCa.get(rule.ca);
    if (known !== undefined && known.client === rule.client) return known.context;
    const text = JSON.stringify([rule.ca, rule.client?.cert ?? null, rule.client?.key ?? null]);
    const context = this.#byText.get(text) ?? createContext(rule);
    if (this.#byText.size >= contextsKept) this.#byText.clear();
    this.#byText.set(text, context);
    this.#byCa.set(rule.ca, { client: rule.client, context });
    return context;
  }

  /**
   * Judges a finished handshake in the order expired, untrusted, name, pin. Facts come back in every case.
   * @param host       the name or address that the certificate must be for
   * @param nowWallMs  wall time, to recognize an expired certificate that is also untrusted
   */
  judge(socket: TLSSocket, host: string, rule: TlsRule, nowWallMs: number): TlsVerdict {
    const certificate = socket.getPeerX509Certificate();
    const leaf = certificate === undefined ? null : this.#leaf(certificate);
    const chainCode = socket.authorized ? null : codeOf({ code: String(socket.authorizationError) });
    const chain = leaf === null ? (chainCode ?? 'UNABLE_TO_GET_ISSUER_CERT') : chainCode;
    const wrongName = certificate === undefined || leaf === null ? null : nameVerdict(certificate, leaf, host);
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
    const key = certificate.fingerprint256;
    const known = this.#leaves.get(key);
    if (known !== undefined) return known;
    if (this.#leaves.size >= leavesKept) this.#leaves.clear();
    const leaf = leafFacts(certificate);
    this.#leaves.set(key, leaf);
    return leaf;
  }
}

function createContext(rule: TlsRule): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
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

/** RFC 7469 section 2.4; `null` where the key is of a kind that we cannot read. */
function spkiHash(certificate: X509Certificate): string | null {
  try {
    return createHash('sha256')
      .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');
  } catch {
    return null;
  }
}

function issuerName(issuer: string): string {
  const part = (key: string): string | undefined =>
    issuer
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  return (part('CN') ?? part('O') ?? '').slice(0, issuerChars);
}

/** Node's code for an invalid date, reported whatever other faults the chain has. */
function dateCode(leaf: LeafFacts, nowWallMs: number): string | null {
  if (leaf.expiresAtMs !== null && leaf.expiresAtMs < nowWallMs) return 'CERT_HAS_EXPIRED';
  return leaf.startsAtMs !== null && leaf.startsAtMs > nowWallMs ? 'CERT_NOT_YET_VALID' : null;
}

/**
 * The result of Node's `checkServerIdentity`, called once for each certificate and name. The legacy form comes from the
 * certificate: `socket.getPeerCertificate()` is empty once `getPeerX509Certificate()` was called (Node 24.21).
 */
function nameVerdict(
  certificate: X509Certificate,
  leaf: LeafFacts,
  host: string,
): { code: string; text: string } | null {
  const known = leaf.names.get(host);
  if (known !== undefined) return known;
  const error = checkServerIdentity(host, certificate.toLegacyObject());
  const verdict =
    error === undefined
      ? null
      : { code: codeOf(error) ?? 'ERR_TLS_CERT_ALTNAME_INVALID', text: error.message.slice(0, 200) };
  if (leaf.names.size >= namesKept) leaf.names.clear();
  leaf.names.set(host, verdict);
  return verdict;
}

/** The parameters of a handshake. */
export interface Handshaking {
  /** The name or address of the peer, without brackets. */
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
    // `judge` reads the verdict, so that facts exist also for a bad one, and checks the name.
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

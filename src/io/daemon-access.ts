import { randomUUID } from 'node:crypto';
import {
  bodyHashOf,
  isSameProof,
  nonceHeader,
  proofHeader,
  proofScheme,
  requestProofOf,
  responseProofOf,
} from '../core/proof.ts';
import type { Secret } from '../core/secret.ts';
import { type Exchanged, exchangeOnce, type TlsTrust } from './exchange.ts';
import { findOwnerSocket, socketPathOf } from './owner-socket.ts';

/** How to reach a daemon, and how to know that it is the daemon. */
export interface DaemonAt {
  /** The daemon's base URL, without a trailing slash. */
  readonly url: string;
  /** The bearer token; `null`: requests have no token. Over plain HTTP it is proven, never sent. */
  readonly token: Secret | null;
  /** How to verify the daemon's certificate; absent: by the default CAs. */
  readonly tls?: TlsTrust;
  /** The path of the daemon's state file: its socket beside this file is used instead of the URL. Absent: the URL. */
  readonly statePath?: string;
}

interface DaemonRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly body?: string | null;
}

export interface DaemonAccess {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsTrust;
  readonly socketPath?: string;
  /**
   * @param body  `null`: the response is a stream, of which only the head is proven
   * @throws Error with code `UNPROVEN` on a success that the daemon did not prove to be its own
   */
  verify(response: Pick<Exchanged, 'status' | 'headers'>, body: string | null): void;
}

const trusted = { headers: {}, verify: () => undefined };
const nonceBytesMax = 4096;
/** The daemon responds to these requests without a token, so they never carry one. */
const openPaths: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready']);

/**
 * Returns how to send a request to a daemon: by its socket if our user runs it, else by TCP.
 * @throws Error with code `ENOENT` if our user's daemon does not run; `UNPROVEN` if the server at the URL does not offer to
 * prove the token; else as `exchangeOnce`
 */
export async function prepareAccess(at: DaemonAt, request: DaemonRequest, limitMs: number): Promise<DaemonAccess> {
  const { statePath, token, tls } = at;
  const socket = statePath === undefined ? 'none' : await findOwnerSocket(statePath);
  if (socket === 'closed') throw failure('ENOENT');
  const { method, path, body } = request;
  if (socket === 'open')
    return { ...trusted, url: `http://localhost${path}`, socketPath: socketPathOf(String(statePath)) };
  const plain = { ...trusted, url: at.url + path, ...(tls && { tls }) };
  if (token === null || openPaths.has(path)) return plain;
  if (/^https:/i.test(at.url)) return { ...plain, headers: { authorization: `Bearer ${token.reveal()}` } };
  const budget = { bytesLeft: nonceBytesMax };
  const healthy = { url: `${at.url}/-/healthy`, method: 'GET', headers: {}, body: null, limitMs, budget } as const;
  const nonce = (await exchangeOnce(healthy)).headers[nonceHeader];
  if (typeof nonce !== 'string') throw failure('UNPROVEN');
  const own = { nonce, clientNonce: randomUUID(), method, path, bodyHash: bodyHashOf(body ?? '') };
  const proof = requestProofOf(token, own);
  const authorization = `${proofScheme} ${nonce} ${own.clientNonce} ${own.bodyHash} ${proof}`;
  return {
    ...plain,
    headers: { authorization },
    verify({ status, headers }, text) {
      const expected = responseProofOf(token, proof, { status, headers, body: text });
      if (status < 400 && !isSameProof(String(headers[proofHeader]), expected)) throw failure('UNPROVEN');
    },
  };
}

/** Sends a request to a daemon. @throws Error as `prepareAccess` and `exchangeOnce`; `UNPROVEN` on a foreign response */
export async function sendToDaemon(
  at: DaemonAt,
  request: DaemonRequest & { readonly headers?: Readonly<Record<string, string>>; readonly limitMs: number },
): Promise<Exchanged> {
  const { limitMs, method, body = null, headers = {} } = request;
  const { verify, ...access } = await prepareAccess(at, request, limitMs);
  const response = await exchangeOnce({ ...access, method, body, limitMs, headers: { ...headers, ...access.headers } });
  verify(response, response.text);
  return response;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

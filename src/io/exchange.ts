import { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { Listen } from '../core/config.ts';
import { followBytes, Inflow } from '../wire/inflow.ts';

const bodyBytesMax = 64 * 1024 * 1024;
/** The maximum number of JSON values in a body. More would take gigabytes of memory. */
const bodyValuesMax = 1_000_000;

export interface BodyBudget {
  bytesLeft: number;
  /**
   * The number of commas and opening brackets that may still be read. Each may begin a JSON value, which takes up to 100
   * times its bytes of memory. Absent: no limit.
   */
  valuesLeft?: number;
}

/** TLS options of a request. `ca` replaces Node's root certificates. */
export type TlsTrust = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'allowPartialTrustChain' | 'checkServerIdentity'
>;

/** TLS options for requests to our own listener: they trust only its certificate, whatever its issuer and name. */
export function tlsOf({ tls }: Pick<Listen, 'tls'>): { readonly tls?: TlsTrust } {
  if (tls === null) return {};
  // Only the first certificate is trusted. If its issuers were trusted too, any certificate that they issued would be
  // accepted.
  const ca = new X509Certificate(tls.cert).toString();
  return { tls: { ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined } };
}

/** A complete response. Header names are lower case. */
export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends one request and reads the complete response. Redirects are not followed. `fetch` is not used because it refuses
 * some ports (6000).
 * @throws Error with the `code` of the socket or of undici; `ABORT_ERR` after `limitMs`; `EMSGSIZE` above the budget; as
 * `Inflow` for too many bytes besides the body
 */
export async function exchangeOnce(wanted: {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly limitMs: number;
  readonly tls?: TlsTrust;
  /** The Unix socket to connect to, instead of the host of the URL. */
  readonly socketPath?: string;
  /**
   * The number of bytes that may still be read, which several responses may share; absent: 64 MiB and a million
   * values for this response.
   */
  readonly budget?: BodyBudget;
}): Promise<Exchanged> {
  const { method, headers, body, limitMs, budget = { bytesLeft: bodyBytesMax, valuesLeft: bodyValuesMax } } = wanted;
  const url = new URL(wanted.url);
  const framing = new AbortController();
  // The marks of the clock are not read.
  const inflow = new Inflow(
    () => 0,
    (why) => framing.abort(why),
  );
  const client = await openClient(url, wanted, 0, inflow);
  const limit = AbortSignal.timeout(limitMs);
  try {
    const path = `${url.pathname}${url.search}`;
    const signal = AbortSignal.any([limit, framing.signal]);
    const {
      statusCode: status,
      headers: got,
      body: sent,
    } = await client.request({ path, method, headers, body, signal });
    return { status, headers: got, text: await readWithin(sent, budget, inflow) };
  } catch (cause) {
    if (limit.aborted) throw Object.assign(new Error('no answer in time', { cause }), { code: 'ABORT_ERR' });
    const { code } = cause as NodeJS.ErrnoException;
    // `ECONNRESET` is the code that Node itself uses if a connection ends inside a response.
    if (code === 'UND_ERR_SOCKET') throw Object.assign(new Error('ended early', { cause }), { code: 'ECONNRESET' });
    throw cause;
  } finally {
    await client.destroy();
  }
}

/**
 * Creates an undici client for one server. Only two modules of undici are imported, because its index loads three times
 * as much.
 * @param silentMs  how long the server may be silent, milliseconds; 0: for ever
 * @param inflow    counts the bytes of the only response; absent: they have no limit
 */
export async function openClient(
  url: URL,
  { tls, socketPath }: { readonly tls?: TlsTrust; readonly socketPath?: string },
  silentMs: number,
  inflow?: Inflow,
) {
  const [{ default: Client }, { default: connectorOf }, { default: request }, { DEFAULT_CIPHERS }] = await Promise.all([
    import('undici/lib/dispatcher/client.js'),
    import('undici/lib/core/connect.js'),
    import('undici/lib/api/api-request.js'),
    import('node:tls'),
  ]);
  // As in `wire/tls.ts`: a server cannot choose the size of the key exchange.
  const ciphers = `${DEFAULT_CIPHERS}:!DHE`;
  const connect = connectorOf({ allowH2: false, ciphers, ...tls, ...(socketPath && { socketPath }) });
  const client = new Client(url.origin, {
    allowH2: false,
    headersTimeout: silentMs,
    bodyTimeout: silentMs,
    connect: (to, done) =>
      connect(to, (...[cause, socket]) => {
        if (cause === null && inflow !== undefined) followBytes(socket as Socket, (chunk) => inflow.take(chunk));
        done(cause as null, socket as Socket);
      }),
  });
  return {
    request: (wanted: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> => request.call(client, wanted),
    destroy: (): Promise<void> => client.destroy(),
  };
}

async function readWithin(body: AsyncIterable<Buffer>, budget: BodyBudget, inflow: Inflow): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) {
    inflow.bodyBytes += piece.length;
    budget.bytesLeft -= piece.length;
    if (budget.valuesLeft !== undefined)
      for (const byte of piece) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) budget.valuesLeft -= 1;
    if (budget.bytesLeft < 0 || (budget.valuesLeft ?? 0) < 0)
      throw Object.assign(new Error('body too long'), { code: 'EMSGSIZE' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

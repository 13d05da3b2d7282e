import type { Socket } from 'node:net';
import type { WireAccess } from '../core/ports.ts';
import { phrase } from '../words/tell.ts';
import { proxyAuthorizationOf } from './credentials.ts';
import { type Deadline, stopOf, WireStop } from './deadline.ts';

const responseBytesMax = 16 * 1024;

/** Converts an error of the proxy, or of the connection to it, to a `WireStop` with a code that names the proxy. */
export function proxyStopOf(error: unknown): WireStop {
  const stop = stopOf(error);
  if (stop.code === 'MW_PROXY_STATUS') return stop;
  return new WireStop('MW_PROXY_CONNECT', `${stop.code}: ${stop.message}`, 0, stop.atMs);
}

/** Requests a tunnel to the target from the proxy. @throws WireStop  `MW_PROXY_STATUS` for another response than 200 */
export function connectThroughProxy(
  socket: Socket,
  target: URL,
  proxy: NonNullable<WireAccess['proxy']>,
  deadline: Deadline,
): Promise<void> {
  const authority = `${target.hostname}:${target.port === '' ? 443 : target.port}`;
  const authorization = proxyAuthorizationOf(proxy);
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `host: ${authority}`,
    ...(authorization === null ? [] : [`proxy-authorization: ${authorization}`]),
  ];
  return deadline.run((done, failed) => {
    const head = new ProxyHead();
    const settle = (why: WireStop | null): void => {
      socket.off('data', take).off('error', fail).off('close', closed);
      if (why !== null) {
        socket.destroy();
        failed(why);
      } else done();
    };
    const fail = (error: Error): void => settle(stopOf(error));
    const closed = (): void => settle(new WireStop('ECONNRESET', phrase('fault.proxyClosed')));
    const take = (chunk: Buffer): void => {
      const response = head.take(chunk);
      if (response === null) return;
      if (response instanceof WireStop) {
        settle(response);
        return;
      }
      socket.pause();
      if (response.length > 0) socket.unshift(response);
      settle(null);
    };
    socket.on('data', take).on('error', fail).on('close', closed);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return () => socket.destroy();
  });
}

const headEnd = '\r\n\r\n';

export class ProxyHead {
  readonly #head = Buffer.allocUnsafe(responseBytesMax + 1);
  #filled = 0;

  /**
   * Takes a chunk. Returns the bytes after the head of a response with status 200, a `WireStop` for any other status,
   * or `null` while the head is incomplete.
   */
  take(chunk: Buffer): Buffer | WireStop | null {
    const before = this.#filled;
    this.#filled += chunk.copy(this.#head, before);
    const seen = this.#head.subarray(0, this.#filled);
    const end = seen.indexOf(headEnd, Math.max(0, before - headEnd.length + 1));
    if (end < 0 && seen.length <= responseBytesMax) return null;
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(seen.toString('latin1', 0, 32))?.[1] ?? null;
    if (end < 0 || status === null) return new WireStop('MW_PROXY_STATUS', phrase('fault.proxyNone'));
    if (status !== '200') return new WireStop('MW_PROXY_STATUS', phrase('fault.proxyStatus', { status }));
    return chunk.subarray(end + headEnd.length - before);
  }
}

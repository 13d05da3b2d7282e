import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { testCerts } from '../support/certs.ts';

/** How the proxy treats a request. */
export type ProxyBehaviour =
  | { readonly kind: 'relay' }
  /** Answers with these bytes and closes. */
  | { readonly kind: 'say'; readonly bytes: string }
  | { readonly kind: 'hang' | 'close' };

/** A forward proxy in this process. */
export interface TestProxy {
  readonly url: string;
  /** The head of each request as it came. */
  readonly heads: readonly string[];
  readonly set: (behaviour: ProxyBehaviour) => void;
  /** Resolves when no connection is open. */
  readonly unused: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts a proxy that understands CONNECT and absolute-form GET; all relayed names lead to 127.0.0.1. */
export async function startProxy(isTls: boolean): Promise<TestProxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  let behaviour: ProxyBehaviour = { kind: 'relay' };
  const serve = (client: Socket): void => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('close', () => sockets.delete(client));
    client.once('data', (chunk: Buffer) => {
      const head = chunk.toString('latin1');
      heads.push(head);
      if (behaviour.kind === 'say') client.end(behaviour.bytes);
      else if (behaviour.kind === 'close') client.end();
      else if (behaviour.kind === 'relay') relay(client, head);
    });
  };
  const { certPem: cert, keyPem: key } = testCerts().server;
  const server = isTls ? createTlsServer({ cert, key }, serve) : createServer(serve);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${isTls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    set: (next) => {
      behaviour = next;
    },
    async unused() {
      for (const socket of sockets) await new Promise((resolve) => socket.once('close', resolve));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function relay(client: Socket, head: string): void {
  const [method = '', target = ''] = head.split(' ');
  const port = Number(/:(\d+)(\/|$)/.exec(target)?.[1]);
  const upstream = connect(port, '127.0.0.1');
  upstream.on('error', () => client.destroy());
  upstream.once('connect', () => {
    if (method === 'CONNECT') client.write('HTTP/1.1 200 Connection established\r\nx-by: proxy\r\n\r\n');
    else upstream.write(head.replace(/http:\/\/[^/]*/, ''));
    client.pipe(upstream).pipe(client);
  });
  client.once('close', () => upstream.destroy());
}

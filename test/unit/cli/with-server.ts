import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Calls `use` with the URL of a server whose responses `respond` writes, and closes the server afterwards. */
export async function withServer<T>(
  respond: (response: ServerResponse) => unknown,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((_request, response) => void respond(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

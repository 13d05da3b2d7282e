import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Given out by this process. */
const given = new Set<number>();

/**
 * Below what Linux gives to whoever asks for any port, and to connections (32 768 and up): on a port of ours nobody comes
 * to stand by chance while its server is down, and no connection to it finds itself.
 */
const [portMin, slicePorts, slices] = [15_000, 1_000, 17];
/**
 * Workers that run beside each other take ports of their own slice: between the look and the server's start, minutes later
 * where it is restarted, nobody else is given the same one.
 */
const sliceMin = portMin + slicePorts * (Number(process.env.VITEST_POOL_ID ?? randomInt(slices)) % slices);

/** A TCP port that nobody listens on at this moment, and that was not given out before. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(sliceMin, sliceMin + slicePorts);
    if (given.has(port)) continue;
    given.add(port);
    if (await listensOn(createServer(), port, host, true)) return port;
  }
}

/** Makes a server listen on a port of its own. @returns the port */
export async function listenAnywhere(server: Server, host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = await freePort(host);
    // Another test process may have been given the same one meanwhile.
    if (await listensOn(server, port, host)) return port;
  }
}

/** @returns false where the port is taken; whatever else goes wrong is thrown */
function listensOn(server: Server, port: number, host: string, closes = false): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    server.once('error', fail);
    server.listen({ port, host }, () => {
      server.off('error', fail);
      if (closes) server.close(() => resolve(true));
      else resolve(true);
    });
  });
}

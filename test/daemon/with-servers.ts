import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

const servers: Server[] = [];
const running: RealDaemon[] = [];

/** Ends what `watch` and `serve` started, after each test. For the top of a test file. */
export function endAfterEach(): void {
  afterEach(async () => {
    for (const { daemon } of running.splice(0)) await daemon.stop();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
}

/** Serves on a free port of loopback. @returns the URL, without a slash at its end */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a real daemon. @throws Error on a bad configuration */
export async function watch(yaml: string): Promise<RealDaemon> {
  const started = await startRealDaemon(yaml);
  running.push(started);
  return started;
}

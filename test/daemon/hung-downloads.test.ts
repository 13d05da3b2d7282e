import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, test } from 'vitest';
import { hollowPackage, startNpmRegistry } from '../support/npm-registry.ts';
import type { RawServer } from '../support/raw-server.ts';
import { startRealDaemon } from './real-daemon.ts';

const servers: RawServer[] = [];
/** Where the artifacts of `a` are: it never responds. */

/** How many requests `a` itself had when each of the open requests for an artifact came. */
const openSince = new Map<object, number>();
const countOfA = (): number => servers[0]?.requests.length ?? 0;

const hanging = createServer(({ socket }) => {
  openSince.set(socket, countOfA());
  socket.on('close', () => openSince.delete(socket));
});
await new Promise<void>((resolve) => {
  hanging.listen(0, '127.0.0.1', resolve);
});
const tarballBase = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
const packages = [hollowPackage('hello', '1.0.0')];
servers.push(await startNpmRegistry({ packages, tarballBase }), await startNpmRegistry({ packages }));
const daemon = await startRealDaemon(`
listen: 127.0.0.1:0
schedule: { every: 100ms, timeout: 5s, perHost: 2 }
steps: { tarball: { every: 1s, timeout: 2m } }
mirrors:
  - { name: a, ecosystem: npm, url: "${servers[0]?.url}", weight: 100 }
  - { name: b, ecosystem: npm, url: "${servers[1]?.url}" }
modules: { npm: [ hello@1.0.0 ] }
state: { path: ":memory:" }
`);

afterAll(async () => {
  await daemon?.daemon.stop();
  hanging.closeAllConnections();
  hanging.close();
  for (const server of servers) await server.close();
});

test('downloads that hang leave a slot of their host to the canary', async () => {
  // More than while first bytes hang, which time out after 5 s.
  const isBeside = () => [...openSince.values()].some((since) => countOfA() > since + 100);
  await daemon.until('a hundred light requests while one download hangs', isBeside);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hollowPackage, startNpmRegistry } from '../support/npm-registry.ts';
import type { RawServer } from '../support/raw-server.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

const servers: RawServer[] = [];
/** Where the artifacts of `a` are: it never responds. */
let hanging: Server;
let [open, openMax] = [0, 0];
let daemon: RealDaemon;

beforeAll(async () => {
  hanging = createServer((request) => {
    open += 1;
    openMax = Math.max(openMax, open);
    request.socket.on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => {
    hanging.listen(0, '127.0.0.1', resolve);
  });
  const tarballBase = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const packages = [hollowPackage('hello', '1.0.0')];
  servers.push(await startNpmRegistry({ packages, tarballBase }), await startNpmRegistry({ packages }));
  daemon = await startRealDaemon(`
listen: 127.0.0.1:0
schedule: { every: 200ms, timeout: 5s, perHost: 2 }
steps: { tarball: { every: 1s, timeout: 2m } }
mirrors:
  - { name: a, ecosystem: npm, url: "${servers[0]?.url}", weight: 100 }
  - { name: b, ecosystem: npm, url: "${servers[1]?.url}" }
modules: { npm: [ hello@1.0.0 ] }
state: { path: ":memory:" }
`);
});

afterAll(async () => {
  await daemon?.daemon.stop();
  hanging.closeAllConnections();
  hanging.close();
  for (const server of servers) await server.close();
});

test('downloads that hang leave a slot of their host to the canary', async () => {
  await daemon.until('a download hangs', () => open > 0);
  const before = servers[0]?.requests.length ?? 0;
  const isOver = () => open > 1 || (servers[0]?.requests.length ?? 0) > before + 50;
  await daemon.until('a second download or fifty light requests', isOver);
  expect(openMax).toBe(1);
});

import { get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { until } from '../support/patience.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

describe('a stop while nothing answers', () => {
  const held: Socket[] = [];
  let mirror: Server;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    mirror = createServer((socket) => {
      held.push(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
    const { port } = mirror.address() as AddressInfo;
    daemon = await startDaemon({
      yaml: `
schedule: { every: 500ms, timeout: 120s, perHost: 16 }
mirrors:
  - { name: a, ecosystem: go, url: "http://127.0.0.1:${port}/a" }
  - { name: b, ecosystem: go, url: "http://127.0.0.1:${port}/b" }
controls: [ "http://127.0.0.1:${port}/" ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: off }
`,
    });
    await until('probes hang', daemon.metrics, (all) => (all.get('mirrorwatch_probes_in_flight') ?? 0) >= 2, {
      everyMs: 200,
    });
  });
  afterAll(async () => {
    await daemon?.close();
    for (const socket of held) socket.destroy();
    mirror?.close();
  });

  // What hangs does so for longer than this limit (the probes two minutes), which is many times what a stop takes.
  test('SIGTERM with hanging probes, an event stream and a silent connection: it waits for none of them, and ends with 0', {
    timeout: 12 * limits.stopMs - 10_000,
  }, async () => {
    const stream = get(`${daemon.url}/api/v1/events`).on('error', () => undefined);
    const silent = connect(daemon.port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => silent.once('connect', resolve));
    expect(await daemon.stop()).toBe(0);
    stream.destroy();
    silent.destroy();
  });
});

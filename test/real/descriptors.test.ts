import { writeFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';

/** What a container has whose runtime sets no other limit. */
const descriptors = 1_024;
const strangers = 1_200;

/** Connections that say nothing, each of an address of its own. Those that are refused or closed count as well. */
async function openStrangers(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let n = 0; n < strangers; n += 1) {
    const localAddress = `127.1.${Math.floor(n / 250)}.${(n % 250) + 1}`;
    const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => undefined);
    sockets.push(socket);
    if (n % 50 === 49) await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  }
  // A connection counts as idle after its first second; on a busy machine the server learns that later.
  await sleep(3_000);
  return sockets;
}

/** One request over a connection of its own. @returns the status, or the code of its failure */
const statusOf = (url: string): Promise<number | string | undefined> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer
        .on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
        .on('end', () => resolve(answer.statusCode));
      answer.resume();
    }).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
  });

const sumOf = (metrics: ReadonlyMap<string, number>, pattern: RegExp): number =>
  [...metrics].reduce((sum, [name, value]) => sum + (pattern.test(name) ? value : 0), 0);

const countsOf = (metrics: ReadonlyMap<string, number>) => ({
  attempts: sumOf(metrics, /^mirror_probe_attempts_total/),
  lost: sumOf(metrics, /^mirror_probe_unknown_total\{.*because="(local|resolver|defect|vantage)"/),
});

const times = <T>(count: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe(`the daemon with ${descriptors} descriptors, and ${strangers} idle connections`, () => {
  const mirrors: FakeMirror[] = [];
  let daemon: DaemonProcess;
  let idle: readonly Socket[] = [];

  beforeAll(async () => {
    for (let n = 0; n < 3; n += 1) mirrors.push(await startFakeMirror());
    daemon = await startDaemon({
      descriptors,
      yaml: `
schedule: { every: 1s, timeout: 5s, perHost: 8 }
mirrors:
${mirrors.map(({ url }, n) => `  - { name: m${n}, ecosystem: go, url: "${url}" }`).join('\n')}
controls: [ "${mirrors[0]?.url}/" ]
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
`,
    });
    await until('first samples', daemon.metrics, (all) => sumOf(all, /^mirror_probe_attempts_total/) >= 9, {
      everyMs: 200,
    });
    idle = await openStrangers(daemon.port);
  });
  afterAll(async () => {
    for (const socket of idle) socket.destroy();
    await daemon?.close();
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  });

  test('answers every scrape, loses no sample, and does not suspect its network', async () => {
    // What a busy machine skips comes back; a lack of descriptors would last for as long as the connections do.
    let before = countsOf(await daemon.metrics());
    await until(
      '16 probes on end, with no sample lost, while the connections are open',
      async () => countsOf(await daemon.metrics()),
      (now) => {
        if (now.lost > before.lost) before = now;
        return now.attempts >= before.attempts + 16;
      },
      { everyMs: 200, help: daemon.log },
    );
    const after = await daemon.metrics();
    expect(await Promise.all(times(12, () => statusOf(`${daemon.url}/metrics`)))).toEqual(times(12, () => 200));
    expect(daemon.log()).not.toContain('EMFILE');
    expect(after.get('mirror_vantage_suspect')).toBe(0);
  });

  test('logs and exports its limit', async () => {
    const metrics = await daemon.metrics();
    expect(metrics.get('process_max_fds')).toBe(descriptors);
    // Some hundred of the idle connections are open, and room is left.
    expect(metrics.get('process_open_fds')).toBeGreaterThan(300);
    expect(metrics.get('process_open_fds')).toBeLessThan(0.75 * descriptors);
    expect(daemon.log()).toContain(`"descriptors":${descriptors}`);
  });
});

describe(`the front door with ${descriptors} descriptors, and ${strangers} idle connections`, () => {
  const dir = tempDir('door-descriptors');
  let mirror: Server;
  let door: DoorProcess;
  let idle: readonly Socket[] = [];
  const waiting: (() => void)[] = [];

  beforeAll(async () => {
    // Each response waits until all requests have arrived.
    mirror = createServer((_, response) => void waiting.push(() => response.end('module example.com/hello\n')));
    await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
    const port = await freePort();
    const file = join(dir, 'mirrorwatch.yaml');
    writeFileSync(
      file,
      `
mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:${(mirror.address() as AddressInfo).port}" } ]
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
state: { path: state.db }
door: { listen: "127.0.0.1:${port}", relay: true }
`,
    );
    door = await startDoor(file, port, [], 'http', descriptors);
    idle = await openStrangers(port);
  });
  afterAll(async () => {
    for (const socket of idle) socket.destroy();
    await door?.close();
    mirror?.closeAllConnections();
    mirror?.close();
  });

  test('relays 60 responses at once, and exports its limit', async () => {
    const statuses = Promise.all(times(60, () => statusOf(`${door.url}/go/example.com/hello/@v/v1.0.0.mod`)));
    await until(
      '60 requests at the mirror',
      () => waiting.length,
      (count) => count >= 60,
      { everyMs: 20 },
    );
    for (const end of waiting) end();
    expect(await statuses).toEqual(times(60, () => 200));
    const metrics = await door.metrics();
    expect(metrics.get('process_max_fds')).toBe(descriptors);
    expect(metrics.get('process_open_fds')).toBeLessThan(0.75 * descriptors);
    expect(door.log()).toContain(`"descriptors":${descriptors}`);
  });
});

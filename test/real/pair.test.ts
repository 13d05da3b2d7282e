import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FleetSeries } from '../../src/features/fleet/view.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { until } from '../support/patience.ts';
import { listenAnywhere } from '../support/ports.ts';
import { real } from '../support/requires.ts';
import { down, viewOf, well } from '../unit/features/fleet/world.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

// Two daemons of one place with the same actions, and an etcd: one of them acts, and the other when that one is gone or asleep.

/** Before etcd: it passes each request on, and keeps the n-th read of a value back until it is let go. */
interface Gate {
  readonly url: string;
  /** Requests that would change a value. */
  readonly writes: () => number;
  readonly isHolding: () => boolean;
  readonly letGo: () => void;
  readonly close: () => void;
}

async function startGate(etcd: Etcd, holds: number): Promise<Gate> {
  let [reads, writes] = [0, 0];
  let held: (() => void) | null = null;
  const server: Server = createServer((request, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', async () => {
      const body = Buffer.concat(pieces).toString();
      if (body.includes('request_put')) writes += 1;
      else reads += 1;
      const answer = await fetch(`${etcd.url}${request.url}`, { method: 'POST', body });
      const text = await answer.text();
      const send = () => void response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      if (reads === holds && !body.includes('request_put')) held = send;
      else send();
    });
  });
  const port = await listenAnywhere(server);
  return {
    url: `http://127.0.0.1:${port}/v3/kv/txn`,
    writes: () => writes,
    isHolding: () => held !== null,
    letGo: () => held?.(),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A store that has one place, which advises the move; it counts what it is asked. */
async function startStore() {
  let reads = 0;
  const view = viewOf({ fra: { mirrors: { near: down, far: well() }, advice: ['near>far'] } });
  const rows: readonly (readonly [start: string, series: readonly FleetSeries[]])[] = [
    ['timestamp(', view.sources],
    ['mirror_state', view.states],
    ['{__name__', view.facts],
  ];
  const server = createServer((request, response) => {
    reads += 1;
    const query = new URL(request.url ?? '/', 'http://store').searchParams.get('query') ?? '';
    const found = rows.find(([start]) => query.startsWith(start))?.[1] ?? [];
    const result = found.map(({ labels, value }) => ({ metric: labels, value: [view.atMs / 1000, String(value)] }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  const url = `http://127.0.0.1:${await listenAnywhere(server)}`;
  return {
    url,
    reads: () => reads,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface ActionShown {
  readonly state: string;
  readonly held: string | null;
  readonly because: string | null;
}

real('a pair of daemons', ['etcd'], () => {
  const key = '/ci/goproxy';
  let etcd: Etcd;
  let near: FakeMirror;
  let far: FakeMirror;
  let store: Awaited<ReturnType<typeof startStore>>;
  const gates: Gate[] = [];
  const daemons: DaemonProcess[] = [];

  async function startOne(gate: Gate): Promise<DaemonProcess> {
    gates.push(gate);
    const daemon = await startDaemon({
      yaml: `
vantage: fra
schedule: { every: 500ms, timeout: 3s, perHost: 8 }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 100 }
  - { name: far, ecosystem: go, url: "${far.url}", weight: 90 }
controls: [ "tcp://127.0.0.1:${new URL(etcd.url).port}" ]
clients: { go: "${near.url},${far.url},direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
pair: { etcd: "${etcd.url}", lease: 3s }
fleet: { store: "${store.url}" }
onAdvice:
  - { name: store, http: { url: "${gate.url}", body: etcd, key: ${key} }, mode: auto, when: { confidence: low, places: 1 of 1 } }
`,
    });
    daemons.push(daemon);
    return daemon;
  }
  const actionsOf = async (daemon: DaemonProcess): Promise<readonly ActionShown[]> =>
    (await daemon.api<{ actions: readonly ActionShown[] }>('actions')).actions;
  const isAt = (daemon: DaemonProcess, what: string, pleases: (action: ActionShown | undefined) => boolean) =>
    until(what, async () => (await actionsOf(daemon))[0], pleases, { help: daemon.log });

  beforeAll(async () => {
    etcd = await startEtcd();
    [near, far] = await Promise.all([startFakeMirror(), startFakeMirror()]);
    store = await startStore();
    await etcd.put(key, 'before');
  });
  afterAll(async () => {
    await Promise.all(daemons.map((daemon) => daemon.close()));
    for (const gate of gates) gate.close();
    store?.close();
    await Promise.all([near?.close(), far?.close(), etcd?.close()]);
  });

  test('one acts; a paused one wakes and does not write; a killed one is replaced', async () => {
    // The second read is that of the change itself: the first shows what it would be.
    const first = await startOne(await startGate(etcd, 2));
    await until(
      'the lease',
      () => etcd.get('/mirrorwatch/fra/lease'),
      (held) => held !== null,
    );
    const second = await startOne(await startGate(etcd, 0));
    await until(
      'samples',
      second.metrics,
      (all) => all.get('mirror_up{ecosystem="go",upstream="go",registry="near"}') === 1,
    );
    // What other places advise is read once an action waits for it.
    expect(store.reads()).toBe(0);
    near.kill();
    await until('the first reads what is there', () => gates[0]?.isHolding(), Boolean, { help: first.log });
    expect(store.reads()).toBeGreaterThan(0);
    process.kill(first.pid, 'SIGSTOP');
    // It was the one that acts: the other waits until the lease is over.
    await isAt(second, 'the second acts', (action) => action?.state === 'done');
    const chain = `${far.url}`;
    const written = await etcd.get(key);
    expect(written?.value.startsWith(chain)).toBe(true);
    expect(written?.version).toBe('2');

    gates[0]?.letGo();
    process.kill(first.pid, 'SIGCONT');
    const woken = await isAt(first, 'the first does not act', (action) => action?.because != null);
    expect(woken?.because).toBe(
      'etcd did not confirm that this daemon has the lease; only the daemon of the pair with the lease may act',
    );
    expect([gates[0]?.writes(), (await etcd.get(key))?.version]).toEqual([0, '2']);

    await etcd.put(key, 'somebody set it back');
    await second.kill();
    // Its own change, and the one that the second had in force.
    const statesOf = async () => (await actionsOf(first)).map(({ state }) => state);
    await until('the first acts again', statesOf, (states) => states.join() === 'done,done', { help: first.log });
    expect((await etcd.get(key))?.value.startsWith(chain)).toBe(true);
    expect(gates[0]?.writes()).toBe(1);
  });
});

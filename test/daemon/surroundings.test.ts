import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Store, tables } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openStore } from '../../src/io/store.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { stateDir } from '../support/paths.ts';
import { startWebhookReceiver, verifyPost, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';
import { hookSecret } from './three-mirrors.ts';

/** Two mirrors on loopback, the canary each 100 ms; an outage opens at the third failure, whatever the time between. */
function yamlOf(near: string, far: string, hooks: readonly string[] = []): string {
  const webhooks = hooks.map(
    (url, n) => `  - { name: hook${n}, url: "${url}", secrets: [ "${hookSecret}" ], allow: [ 127.0.0.0/8 ] }\n`,
  );
  return `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 4 }
steps: { list: 5s, info: 5s, latest: 5s, zip: 1h }
mirrors:
  - { name: near, ecosystem: go, url: "${near}", weight: 100 }
  - { name: far, ecosystem: go, url: "${far}", weight: 50 }
clients: { go: "${near},${far},direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
detect: { outage: { open: 3, over: 0s }, spike: { warmup: 8 } }
${hooks.length > 0 ? `webhooks:\n${webhooks.join('')}` : ''}
state: { path: /nowhere/state.db }
`;
}

let near: FakeMirror;
let far: FakeMirror;
beforeAll(async () => {
  near = await startFakeMirror();
  far = await startFakeMirror();
});
afterAll(async () => {
  await Promise.all([near.close(), far.close()]);
});

async function withDaemon(
  hooks: readonly string[],
  store: Store | null,
  act: (real: RealDaemon) => Promise<void>,
): Promise<void> {
  const real = await startRealDaemon(yamlOf(near.url, far.url, hooks), {}, {}, store);
  try {
    await act(real);
  } finally {
    await near.setFault(null);
    await real.daemon.stop();
  }
}

const metric = async (real: RealDaemon, series: string): Promise<number | null> => {
  const { text } = await real.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.split(' ').at(-1));
};
const labelsOf = (registry: string): string =>
  `ecosystem="go",registry="${registry}",module="example.com/hello",version="v1.0.0",step="mod"`;
const attempts = (registry: string): string => `mirror_probe_attempts_total{${labelsOf(registry)}}`;
const enough = (real: RealDaemon, count: number, registry = 'far') =>
  real.until(`${count} probes of ${registry}`, async () => ((await metric(real, attempts(registry))) ?? 0) >= count);

describe('real sockets, whole path', () => {
  test('a mirror that gets slow: phases where the time went, a spike, advice, a signed notice', async () => {
    const receiver = await startWebhookReceiver();
    await withDaemon([receiver.url], null, async (real) => {
      await enough(real, 12);
      await enough(real, 12, 'near');
      // Far above what a busy machine adds to the first probes: a spike must be above all recent ones.
      const sum = (await metric(real, `mirror_probe_rtt_seconds_sum{${labelsOf('near')},connection="cold"}`)) ?? 0;
      expect(sum).toBeGreaterThan(0);
      near.setDelay({ headMs: 2_500 + 1_000 * sum });
      const isTold = (type: string) => receiver.posts.some(({ body }) => body.includes(`"mirror.${type}"`));
      await real.until('advice and spike', () => isTold('advice') && isTold('spike'));
      near.setDelay(0);
      const types = receiver.posts.map((post) => (verifyPost(post, hookSecret) as { type: string }).type);
      expect(types.slice(0, 2).sort()).toEqual(['mirror.advice', 'mirror.spike']);
      const spike = receiver.posts.map(({ body }) => JSON.parse(body)).find(({ type }) => type === 'mirror.spike');
      const { evidence } = spike.data.finding;
      expect(evidence.observedSeconds).toBeGreaterThanOrEqual(2.4);
      // From the number back to the wire: hops whose `processing` took that long, and no other phase of all of them.
      const walks: { phasesSeconds: Record<string, number>; hops: { url: string }[] }[] = [];
      for (const id of evidence.probeIds) walks.push(JSON.parse((await real.get(`/api/v1/probes/${id}`)).text));
      const least = (phase: string): number => Math.min(...walks.map(({ phasesSeconds }) => phasesSeconds[phase] ?? 0));
      expect(least('processing')).toBeGreaterThanOrEqual(2.4);
      for (const phase of ['connect', 'transfer']) expect(least(phase), phase).toBeLessThan(least('processing'));
      expect(walks.at(-1)?.hops.at(-1)?.url).toBe(`${near.url}/example.com/hello/@v/v1.0.0.mod`);
    });
    await receiver.close();
  });

  test('a mirror that dies and comes back: outage, advice, recovery', async () => {
    const receiver = await startWebhookReceiver();
    await withDaemon([receiver.url], null, async (real) => {
      await enough(real, 10);
      await near.kill();
      const isTold = (type: string) => receiver.posts.some(({ body }) => body.includes(`"mirror.${type}"`));
      await real.until('advice and outage', () => isTold('advice') && isTold('outage'));
      await near.revive();
      await real.until('recovery', () => isTold('recovery'));
      // What was proposed stands until near has been well for long: clients that follow it stay where they are.
      const remedy = await real.get('/api/v1/advice/go/remedy?as=env');
      expect([remedy.status, remedy.text.trim()]).toEqual([200, `export GOPROXY='${far.url},direct'`]);
    });
    await receiver.close();
  });

  test('an exemplar leads to a probe that can be read', async () => {
    await withDaemon([], null, async (real) => {
      await enough(real, 5);
      // Asked at once: ten probes a second push old ones out of memory while a slow machine walks through them.
      await real.until('every exemplar can be read', async () => {
        const { text } = await real.get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' });
        const ids = [...text.matchAll(/# \{probe_id="([0-9a-z]+)"\}/g)].map((found) => found[1]);
        const answers = await Promise.all(ids.map((id) => real.get(`/api/v1/probes/${id}`)));
        return ids.length > 1 && answers.every(({ status }) => status === 200);
      });
    });
  });
});

describe('a state file', () => {
  const path = (): string => join(stateDir('state'), 'mirrorwatch.db');
  const opened = (file: string, bytesMax?: number) => {
    const result = openStore(file, {
      clock: systemClock,
      isSound: isSoundRow,
      ...(bytesMax === undefined ? {} : { bytesMax }),
    });
    if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
    return result.value;
  };

  test('that is corrupt: set aside, said, and watching begins anew with a file of its own', async () => {
    const file = path();
    opened(file).store.close();
    writeFileSync(file, readFileSync(file).fill(0x5a, 4_096 * 2));
    const { store, notes } = opened(file);
    expect(notes).toEqual([expect.stringContaining('state file was corrupt; set aside as')]);
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('corrupt'))).toHaveLength(1);
    await withDaemon([], store, async (real) => {
      await enough(real, 5);
      expect(await metric(real, 'mirrorwatch_state_writable')).toBe(1);
    });
    const again = opened(file);
    expect([again.notes, again.store.all('detector').length > 0]).toEqual([[], true]);
    again.store.close();
  });

  describe('whose rows are all', () => {
    /** A file with rows in every table, made once; each kind of row spoils a copy of it. */
    const file = path();
    let receiver: WebhookReceiver;
    beforeAll(async () => {
      receiver = await startWebhookReceiver();
      await withDaemon([receiver.url], opened(file).store, async (real) => {
        await enough(real, 5);
        await near.kill();
        await real.until('advice', async () => receiver.posts.some(({ body }) => body.includes('"mirror.advice"')));
      });
      await near.revive();
      const whole = opened(file);
      const pause = { table: 'pause' as const, key: 'far', atMs: 1, value: { untilMs: 1, reason: 'over' } };
      whole.store.commit({ puts: [pause], deletes: [] });
      for (const table of tables) whole.store.all(table);
      expect(whole.store.rowsAside?.()).toBe(0);
      whole.store.close();
    });
    afterAll(() => receiver.close());

    test.each(['null', '{}', '[]', '7', '"text"', 'no JSON'])(
      '%s: they are set aside, counted and said, and every page is there',
      async (value) => {
        const spoilt = path();
        copyFileSync(file, spoilt);
        const db = new DatabaseSync(spoilt);
        let count = 0;
        for (const table of tables.filter((one) => one !== 'aside'))
          count += Number(db.prepare(`UPDATE "${table}" SET value = ? WHERE key != 'schema'`).run(value).changes);
        db.close();
        const again = opened(spoilt);
        await withDaemon([receiver.url], again.store, async (real) => {
          await enough(real, 5);
          for (const page of ['/', '/api/v1/findings?state=all', '/api/v1/advice?state=all', '/metrics', '/-/ready'])
            expect([page, (await real.get(page)).status]).toEqual([page, 200]);
          expect(await metric(real, 'mirrorwatch_state_rows_set_aside_total')).toBe(again.store.rowsAside?.());
        });
        expect(count).toBeGreaterThan(10);
        // An empty mapping is all that a row of table `seen` holds, and of what was told of a finding.
        expect(again.store.rowsAside?.() ?? 0).toBeGreaterThan(10);
      },
    );
  });

  test('whose disk is full: the daemon goes on watching and says so', async () => {
    const { store } = opened(path(), 120_000);
    await near.setFault({ kind: 'status', status: 500, body: 'x' });
    await withDaemon([], store, async (real) => {
      await real.until('it says so', async () => (await metric(real, 'mirrorwatch_state_writable')) === 0);
      const before = (await metric(real, attempts('far'))) ?? 0;
      await enough(real, before + 5);
      expect((await real.get('/-/ready')).status).toBe(200);
      expect((await real.get('/')).status).toBe(200);
      expect(real.log()).toContain('state cannot be written; watching goes on');
    });
  });

  test('that cannot be written from the start: the daemon goes on watching and says so', async () => {
    const folder = stateDir('state');
    writeFileSync(join(folder, 'a-file'), '');
    const { store, notes } = opened(join(folder, 'a-file', 'mirrorwatch.db'));
    expect(notes).toEqual([expect.stringContaining('cannot be written')]);
    await withDaemon([], store, async (real) => {
      await enough(real, 5);
      expect(await metric(real, 'mirrorwatch_state_writable')).toBe(0);
      expect((await real.get('/-/ready')).status).toBe(200);
    });
  });

  test.each([
    [
      'of a newer version',
      `UPDATE meta SET value = '{"version":99}' WHERE key = 'schema'`,
      { kind: 'newer', version: 99 },
    ],
    ['of another program', 'DROP TABLE meta; CREATE TABLE users (id INTEGER)', { kind: 'foreign' }],
  ])('%s: refused with a clear error, and left as it is', (_, sql, failure) => {
    const file = path();
    opened(file).store.close();
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
    expect(openStore(file, { clock: systemClock })).toMatchObject({ tag: 'error', error: failure });
    expect(existsSync(file)).toBe(true);
  });

  test('of another daemon that runs: refused', () => {
    const file = path();
    const first = opened(file);
    expect(openStore(file, { clock: systemClock })).toMatchObject({ tag: 'error', error: { kind: 'locked' } });
    first.store.close();
    opened(file).store.close();
  });
});

describe('a webhook receiver', () => {
  /** One good receiver beside the bad one: it must get its notices whatever the other does. */
  async function beside(
    bad: (receiver: WebhookReceiver) => string,
    look: (real: RealDaemon, bad: WebhookReceiver) => Promise<void>,
  ): Promise<void> {
    const [good, other] = [await startWebhookReceiver(), await startWebhookReceiver()];
    await withDaemon([bad(other), good.url], null, async (real) => {
      try {
        await enough(real, 8);
        await near.setFault({ kind: 'status', status: 403 });
        await real.until('the good one has both', () => good.posts.length >= 2);
        await look(real, other);
      } finally {
        // What hangs is cut, so that the drain need not wait for it.
        await other.kill();
      }
    });
    await good.close();
  }
  const outcome = (what: string): string => `mirrorwatch_webhook_deliveries_total{receiver="hook0",outcome="${what}"}`;

  test('a receiver that hangs delays no other; its notices are counted as a queue', async () => {
    await beside(
      (receiver) => {
        receiver.script({ kind: 'hang' });
        return receiver.url;
      },
      async (real, bad) => {
        expect(bad.posts.length).toBeGreaterThan(0);
        await real.until(
          'the good one is told of as done',
          async () => (await metric(real, 'mirrorwatch_webhook_queue_length{receiver="hook1"}')) === 0,
        );
        // Both may be 0 in an exposition from before the messages.
        await real.until(
          'what waits for the other is counted',
          async () => (await metric(real, 'mirrorwatch_webhook_queue_length{receiver="hook0"}')) === 2,
        );
        expect(await metric(real, 'mirrorwatch_webhook_oldest_seconds{receiver="hook1"}')).toBeNull();
      },
    );
  });

  test('that redirects inward: never followed, tried again later', async () => {
    const inner = await startWebhookReceiver();
    await beside(
      (receiver) => {
        receiver.script({ kind: 'redirect', location: inner.url });
        return receiver.url;
      },
      async (real) => {
        await real.until('a retry is planned', async () => ((await metric(real, outcome('retried'))) ?? 0) >= 2);
        expect(inner.posts).toEqual([]);
      },
    );
    await inner.close();
  });

  test('that answers 410: disabled until the next reload', async () => {
    await beside(
      (receiver) => {
        receiver.script({ kind: 'status', status: 410 });
        return receiver.url;
      },
      async (real, bad) => {
        await real.until('disabled', async () => ((await metric(real, outcome('disabled'))) ?? 0) >= 1);
        expect(await metric(real, outcome('delivered'))).toBe(0);
        expect(bad.posts.length).toBeLessThanOrEqual(2);
      },
    );
  });

  test('a receiver in a private network that is not allowed is never connected to', async () => {
    const inner = await startWebhookReceiver();
    const text = yamlOf(near.url, far.url, [inner.url]).replace(', allow: [ 127.0.0.0/8 ]', '');
    const real = await startRealDaemon(text);
    await enough(real, 8);
    await near.kill();
    await real.until(
      'a try',
      async () =>
        ((await metric(real, outcome('retried'))) ?? 0) + ((await metric(real, outcome('rejected'))) ?? 0) >= 1,
    );
    await near.setFault(null);
    await real.daemon.stop();
    expect(inner.posts).toEqual([]);
    await inner.close();
  });
});

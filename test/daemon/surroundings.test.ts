import { describe, expect, test } from 'vitest';
import { startWebhookReceiver, verifyPost, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { enough, labelsOf, metric, nearAndFar, yamlOf } from './near-and-far.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';
import { hookSecret } from './three-mirrors.ts';

const { mirrors, withDaemon } = nearAndFar();

describe('real sockets, whole path', () => {
  test('a mirror that gets slow: phases where the time went, a spike, advice, a signed notice', async () => {
    const receiver = await startWebhookReceiver();
    await withDaemon([receiver.url], null, async (real) => {
      await enough(real, 12);
      await enough(real, 12, 'near');
      // Far above what a busy machine adds to the first probes: a spike must be above all recent ones.
      const sum = (await metric(real, `mirror_probe_rtt_seconds_sum{${labelsOf('near')},connection="cold"}`)) ?? 0;
      expect(sum).toBeGreaterThan(0);
      mirrors.near.setDelay({ headMs: 2_500 + 1_000 * sum });
      const isTold = (type: string) => receiver.posts.some(({ body }) => body.includes(`"mirror.${type}"`));
      await real.until('advice and spike', () => isTold('advice') && isTold('spike'));
      mirrors.near.setDelay(0);
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
      expect(walks.at(-1)?.hops.at(-1)?.url).toBe(`${mirrors.near.url}/example.com/hello/@v/v1.0.0.mod`);
    });
    await receiver.close();
  });

  test('a mirror that dies and comes back: outage, advice, recovery', async () => {
    const receiver = await startWebhookReceiver();
    await withDaemon([receiver.url], null, async (real) => {
      await enough(real, 10);
      await mirrors.near.kill();
      const isTold = (type: string) => receiver.posts.some(({ body }) => body.includes(`"mirror.${type}"`));
      await real.until('advice and outage', () => isTold('advice') && isTold('outage'));
      await mirrors.near.revive();
      await real.until('recovery', () => isTold('recovery'));
      // What was proposed stands until near has been well for long: clients that follow it stay where they are.
      const remedy = await real.get('/api/v1/advice/go/remedy?as=env');
      expect([remedy.status, remedy.text.trim()]).toEqual([200, `export GOPROXY='${mirrors.far.url},direct'`]);
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
        await mirrors.near.setFault({ kind: 'status', status: 403 });
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
    const text = yamlOf(mirrors.near.url, mirrors.far.url, [inner.url]).replace(', allow: [ 127.0.0.0/8 ]', '');
    const real = await startRealDaemon(text);
    await enough(real, 8);
    await mirrors.near.kill();
    await real.until(
      'a try',
      async () =>
        ((await metric(real, outcome('retried'))) ?? 0) + ((await metric(real, outcome('rejected'))) ?? 0) >= 1,
    );
    await mirrors.near.setFault(null);
    await real.daemon.stop();
    expect(inner.posts).toEqual([]);
    await inner.close();
  });
});

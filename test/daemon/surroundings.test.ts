import { describe, expect, test } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { enough, metric, nearAndFar } from './near-and-far.ts';
import type { RealDaemon } from './real-daemon.ts';

const { mirrors, withDaemon } = nearAndFar();

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

  test('that answers 410: disabled until the next reload', async () =>
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
    ));
});

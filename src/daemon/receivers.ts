import type { Delivery, Notice } from '../core/notice.ts';
import type { Log } from '../core/ports.ts';
import type { QueueStanding } from '../notify/notifier.ts';
import { explainDelivery } from '../words/delivery.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('en');

/** Logs delivery results: a failure that differs from the one before, and the first success after one. */
export function createReceiverLog(
  log: Log,
): (notice: Notice, delivery: Delivery, queues: () => readonly QueueStanding[]) => void {
  const failing = new Map<string, string>();
  return ({ id, receiver }, delivery, queues) => {
    const because = delivery.tag === 'failed' ? explainDelivery(delivery.failure, say) : '';
    if ((failing.get(receiver) ?? '') === because) return;
    if (delivery.tag === 'delivered') {
      failing.delete(receiver);
      log.info('receiver takes notices again', { receiver });
      return;
    }
    failing.set(receiver, because);
    const { retry } = delivery.failure;
    log.warn('receiver takes no notices', {
      receiver,
      notice: id,
      because,
      ...(typeof retry === 'string' ? {} : { askedSeconds: retry.afterMs / 1_000 }),
      nextAttemptSeconds: queues().find((one) => one.receiver === receiver)?.nextAttemptSeconds ?? null,
    });
  };
}

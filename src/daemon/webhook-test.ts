import type { Config } from '../core/config.ts';
import type { Delivery } from '../core/notice.ts';
import { createPost } from '../io/post.ts';
import { systemTimers } from '../io/timers.ts';
import { createNotifier } from '../notify/notifier.ts';
import { systemClock, systemRandom } from './machine.ts';

/** Sends one test message, which is neither stored nor retried. @throws Error on an unknown receiver */
export async function sendWebhookTest(config: Config, receiver: string): Promise<Delivery> {
  const now = systemClock.now();
  const notifier = createNotifier({ config, restored: [], random: systemRandom, now });
  const message = notifier.test(receiver, now);
  if (message === null) throw new Error('the caller names a configured receiver');
  return createPost({ clock: systemClock, timers: systemTimers }).send(message.message);
}

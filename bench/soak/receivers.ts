import {
  type ReceiverBehaviour,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../test/support/webhook-receiver.ts';
import type { ReceiverTrouble } from './script.ts';

/** Two receivers of everything, in this process: they keep what they were sent over all lives of the daemon. */
export interface Receivers {
  readonly all: readonly { readonly name: string; readonly receiver: WebhookReceiver }[];
  readonly set: (name: string, trouble: ReceiverTrouble | null) => Promise<void>;
  readonly close: () => Promise<void>;
}

const slowMs = 2_500;
const retryAfter = { 'retry-after': '2' };

const behaviours: Readonly<Record<Exclude<ReceiverTrouble, 'down'>, ReceiverBehaviour>> = {
  slow: { kind: 'status', status: 204, afterMs: slowMs },
  hang: { kind: 'hang' },
  reset: { kind: 'reset' },
  'status 500': { kind: 'status', status: 500 },
  'status 503': { kind: 'status', status: 503, headers: retryAfter },
  'status 429': { kind: 'status', status: 429, headers: retryAfter },
};

/** Starts them. */
export async function startReceivers(names: readonly string[]): Promise<Receivers> {
  const all = await Promise.all(names.map(async (name) => ({ name, receiver: await startWebhookReceiver() })));
  const isDown = new Set<string>();
  return {
    all,
    async set(name, trouble) {
      const receiver = all.find((one) => one.name === name)?.receiver;
      if (receiver === undefined) throw new Error(`no receiver ${name}`);
      if (isDown.delete(name)) await receiver.revive();
      if (trouble === null) return receiver.script();
      if (trouble !== 'down') return receiver.script(behaviours[trouble]);
      isDown.add(name);
      await receiver.kill();
    },
    close: async () => void (await Promise.all(all.map(({ receiver }) => receiver.close()))),
  };
}

import { limits } from '../core/limits.ts';
import type { DeliveryFailure, Retry } from '../core/notice.ts';
import { webhookTest } from '../daemon/webhook-test.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { load } from './load.ts';
import { UsageError, words } from './usage.ts';

const options = { config: { type: 'string' } } as const;

/** `mirrorwatch webhook test NAME`: one signed message to one receiver, now. */
export const webhookCommand: Command = {
  name: 'webhook',
  summary: 'send a signed test message to one configured receiver',
  usage: 'mirrorwatch webhook test NAME [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 2);
    const [verb, name] = positionals;
    if (verb !== 'test' || name === undefined) throw new UsageError('webhook test NAME');
    const loaded = await load(context, values.config);
    if (loaded.tag === 'error') {
      context.terminal.err(loaded.error.text);
      return 2;
    }
    const { config } = loaded.value;
    if (!config.webhooks.some((receiver) => receiver.name === name)) {
      context.terminal.err(
        `mirrorwatch: no webhook is named '${name}'; there ${config.webhooks.length === 1 ? 'is' : 'are'}: ${config.webhooks.map((one) => one.name).join(', ') || 'none'}`,
      );
      return 2;
    }
    const delivery = await webhookTest(config, name);
    if (delivery.tag === 'delivered') {
      context.terminal.out(`${name}: delivered, it answered ${delivery.status}`);
      return 0;
    }
    context.terminal.err(`${name}: not delivered: ${failureText(delivery.failure)}`);
    return 1;
  },
};

/** Why a message was not delivered, and what to look at. */
function failureText(failure: DeliveryFailure): string {
  switch (failure.kind) {
    case 'gone':
      return 'it answered 410, it wants no more: a running daemon would leave it alone until the next reload';
    case 'status':
      return `it answered ${failure.status}${later(failure.retry)}`;
    case 'forbidden_target':
      return 'its address is private: name its network under `allow` if that is meant';
    case 'redirect':
      return 'it answered with a redirect, which is not followed: give the URL that it leads to';
    case 'timeout':
      return `nothing came within ${limits.deliveryMs / 1000} s (${failure.code})`;
    case 'tls':
      return `TLS failed (${failure.code})`;
    case 'network':
      return `no connection (${failure.code})`;
    default:
      return failure satisfies never;
  }
}

function later(retry: Retry): string {
  if (retry === 'never') return ', which no repetition would change';
  return retry === 'later'
    ? '; a running daemon would try again'
    : `; a running daemon would try again after ${retry.afterMs / 1000} s`;
}

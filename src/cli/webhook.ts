import { webhookTest } from '../daemon/webhook-test.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { load } from './load.ts';
import { UsageError, words } from './usage.ts';

/** `mirrorwatch webhook test NAME`: one signed message to one receiver, now. */
export const webhookCommand: Command = {
  name: 'webhook',
  summary: 'send a signed test message to one configured receiver',
  usage: 'mirrorwatch webhook test NAME [--config FILE]',
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, { config: { type: 'string' } }, 2);
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
      context.terminal.out(`${name}: delivered (${delivery.status})`);
      return 0;
    }
    context.terminal.err(`${name}: ${JSON.stringify(delivery.failure)}`);
    return 1;
  },
};

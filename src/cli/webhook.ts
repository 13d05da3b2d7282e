import { sendWebhookTest } from '../daemon/webhook-test.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { loadNeeded } from '../terminal/load.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { formatDeliveryFailure } from '../words/delivery.ts';

const options = optionsOf('string', 'config');

export const webhookCommand: Command = {
  name: 'webhook',
  usage: 'mirrorwatch webhook test NAME [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { terminal, say } = context;
    // See decision 0218.
    if (context.argv[0] === 'preview') throw new UsageError('wrong.webhookPreview');
    const { values, positionals } = words(context.argv, options, 2);
    const [verb, name] = positionals;
    if (verb !== 'test' || name === undefined) throw new UsageError('wrong.webhook');
    const { config } = await loadNeeded(context, values.config);
    if (!config.webhooks.some((one) => one.name === name)) {
      const names = config.webhooks.map((one) => one.name).join(', ') || say('webhook.nothing');
      throw new Failed(say('webhook.none', { name, names, count: config.webhooks.length }), 2);
    }
    const delivery = await sendWebhookTest(config, name);
    if (delivery.tag !== 'delivered')
      throw new Failed(say('webhook.failed', { name, why: formatDeliveryFailure(delivery.failure, say) }), 1);
    terminal.out(say('webhook.delivered', { name, status: delivery.status }));
    return 0;
  },
};

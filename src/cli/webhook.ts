import type { Config, Receiver } from '../core/config.ts';
import { sendWebhookTest } from '../daemon/webhook-test.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { loadNeeded } from '../terminal/load.ts';
import { jsonText } from '../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { formatDeliveryFailure } from '../words/delivery.ts';

const options = { ...optionsOf('string', 'config'), ...optionsOf('boolean', 'json') };
const usage = 'mirrorwatch webhook test NAME | preview NAME [--json] [--config FILE]';

export const webhookCommand: Command = {
  name: 'webhook',
  usage,
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 2);
    const [verb, name] = positionals;
    if ((verb !== 'test' && verb !== 'preview') || name === undefined) throw new UsageError('wrong.webhook');
    if (verb === 'test' && values.json) throw new UsageError('wrong.webhookPreview');
    const { say } = context;
    const { config } = await loadNeeded(context, values.config);
    const receiver = config.webhooks.find((one) => one.name === name);
    if (receiver === undefined) {
      const names = config.webhooks.map((one) => one.name).join(', ') || say('webhook.nothing');
      throw new Failed(say('webhook.none', { name, names, count: config.webhooks.length }), 2);
    }
    return verb === 'test' ? test(config, name, context) : preview(config, receiver, values, context);
  },
};

async function test(config: Config, name: string, { terminal, say }: Context): Promise<ExitCode> {
  const delivery = await sendWebhookTest(config, name);
  if (delivery.tag !== 'delivered')
    throw new Failed(say('webhook.failed', { name, why: formatDeliveryFailure(delivery.failure, say) }), 1);
  terminal.out(say('webhook.delivered', { name, status: delivery.status }));
  return 0;
}

async function preview(
  config: Config,
  receiver: Receiver,
  { json }: { readonly json?: boolean },
  { terminal, say }: Context,
): Promise<ExitCode> {
  const { name, format } = receiver;
  const { previewOf, renderPreviewText } = await import('../features/preview/preview.ts');
  const cards = previewOf(config, name);
  if (cards === null) throw new Failed(say('webhook.programs', { name, format }), 2);
  if (cards.length === 0) terminal.err(say('webhook.filtered', { name }));
  if (json) terminal.out(jsonText(cards.map(({ body }) => JSON.parse(body) as unknown)));
  else for (const [at, card] of cards.entries()) for (const line of renderPreviewText(card, at)) terminal.out(line);
  return 0;
}

import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { optionsOf, UsageError, words } from '../terminal/usage.ts';
import { daemonAt, daemonOptions } from './daemon-client.ts';

const options = { ...daemonOptions, ...optionsOf('string', 'reason') };

export const ackCommand: Command = {
  name: 'ack',
  usage: 'mirrorwatch ack FINDING --reason TEXT [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [id] = positionals;
    if (id === undefined) throw new UsageError('wrong.whichFinding');
    if (!values.reason) throw new UsageError('wrong.reasonFinding');
    const daemon = await daemonAt(context, values);
    await daemon.post(`/api/v1/findings/${encodeURIComponent(id)}/ack`, { reason: values.reason });
    context.terminal.out(context.say('daemon.acknowledged', { id }));
    return 0;
  },
};

import { printable } from '../core/printable.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { optionsOf, words } from '../terminal/usage.ts';
import { daemonAt, daemonOptions } from './daemon-client.ts';

const options = { ...daemonOptions, ...optionsOf('boolean', 'ready') };

export const healthCommand: Command = {
  name: 'health',
  usage: 'mirrorwatch health [--ready] [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const response = await (await daemonAt(context, values)).send(values.ready ? '/-/ready' : '/-/healthy');
    if (response.tag === 'ok' && response.status === 200) {
      if (values.ready) context.terminal.out(printable(response.text.trim()));
      return 0;
    }
    context.terminal.err(
      response.tag === 'ok' ? printable(context.say('daemon.problem', { text: response.text.trim() })) : response.text,
    );
    return 1;
  },
};

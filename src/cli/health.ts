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
    const answer = await (await daemonAt(context, values)).ask(values.ready ? '/-/ready' : '/-/healthy');
    if (answer.tag === 'ok' && answer.status === 200) return 0;
    context.terminal.err(
      answer.tag === 'ok' ? printable(context.say('daemon.problem', { text: answer.text.trim() })) : answer.text,
    );
    return 1;
  },
};

import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { optionsOf, UsageError, words } from '../terminal/usage.ts';
import { daemonAt, daemonOptions } from './daemon-client.ts';

const options = { ...daemonOptions, ...optionsOf('string', 'for', 'reason') };

/** `mirrorwatch pause`: for a time, the daemon neither probes nor judges a mirror, also after a restart. */
export const pauseCommand: Command = {
  name: 'pause',
  usage: 'mirrorwatch pause MIRROR --for 1h [--reason TEXT] [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [name] = positionals;
    const { for: length, reason } = values;
    if (name === undefined) throw new UsageError('wrong.whichMirror');
    if (length === undefined) throw new UsageError('wrong.forPause');
    const daemon = await daemonAt(context, values);
    const body = reason === undefined ? { for: length } : { for: length, reason };
    await daemon.post(`/api/v1/mirrors/${encodeURIComponent(name)}/pause`, body);
    const isResumed = /^0+(ms|s|m|h|d)$/.test(length);
    const { terminal, say } = context;
    terminal.out(isResumed ? say('daemon.resumed', { name }) : say('daemon.paused', { name, length }));
    return 0;
  },
};

import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, failed } from './daemon-client.ts';
import { UsageError, words } from './usage.ts';

const options = { ...daemonOptions, for: { type: 'string' }, reason: { type: 'string' } } as const;

/** `mirrorwatch pause`: neither probes nor judges a mirror for a while, across restarts. */
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
    const answer = await daemon.post(`/api/v1/mirrors/${encodeURIComponent(name)}/pause`, body);
    if (answer.tag === 'unreachable' || answer.status !== 200) return failed(context, answer);
    const isResumed = /^0+(ms|s|m|h|d)$/.test(length);
    context.terminal.out(
      isResumed ? context.say('daemon.resumed', { name }) : context.say('daemon.paused', { name, length }),
    );
    return 0;
  },
};

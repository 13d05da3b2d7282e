import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, failed } from './daemon-client.ts';
import { UsageError, words } from './usage.ts';

const options = { ...daemonOptions, reason: { type: 'string' } } as const;

/** `mirrorwatch ack`: acknowledges a finding that does not clear by itself. */
export const ackCommand: Command = {
  name: 'ack',
  usage: 'mirrorwatch ack FINDING --reason TEXT [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [id] = positionals;
    if (id === undefined) throw new UsageError('wrong.whichFinding');
    if (!values.reason) throw new UsageError('wrong.reasonFinding');
    const answer = await (await daemonAt(context, values)).post(`/api/v1/findings/${encodeURIComponent(id)}/ack`, {
      reason: values.reason,
    });
    if (answer.tag === 'unreachable' || answer.status !== 200) return failed(context, answer);
    context.terminal.out(context.say('daemon.acknowledged', { id }));
    return 0;
  },
};

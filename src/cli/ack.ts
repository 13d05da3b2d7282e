import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, problemText } from './daemon-client.ts';
import { UsageError, words } from './usage.ts';

/** `mirrorwatch ack`: takes note of a finding that does not clear by itself. */
export const ackCommand: Command = {
  name: 'ack',
  summary: 'acknowledge a finding, with the reason',
  usage: 'mirrorwatch ack FINDING --reason TEXT [--url URL] [--token-file FILE]',
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, { ...daemonOptions, reason: { type: 'string' } }, 1);
    const [id] = positionals;
    if (id === undefined) throw new UsageError('which finding?');
    if (!values.reason) throw new UsageError('--reason is needed: it is kept with the finding');
    const answer = await (await daemonAt(context, values)).post(`/api/v1/findings/${encodeURIComponent(id)}/ack`, {
      reason: values.reason,
    });
    if (answer.tag === 'unreachable' || answer.status !== 200) {
      context.terminal.err(answer.tag === 'ok' ? problemText(answer) : answer.text);
      return 1;
    }
    context.terminal.out(`acknowledged ${id}`);
    return 0;
  },
};

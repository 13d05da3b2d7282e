import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, problemText } from './daemon-client.ts';
import { UsageError, words } from './usage.ts';

const options = { ...daemonOptions, reason: { type: 'string' } } as const;

/** `mirrorwatch ack`: takes note of a finding that does not clear by itself. */
export const ackCommand: Command = {
  name: 'ack',
  summary: 'acknowledge a finding, with the reason',
  usage: 'mirrorwatch ack FINDING --reason TEXT [--url URL] [--token-file FILE] [--config FILE]',
  options,
  details: [
    'FINDING is the id of an open finding, as the page and GET /api/v1/findings show it. A mismatch (wrong bytes) never',
    'clears by itself: acknowledge it once you know why, and the mirror can be advised again. The reason, up to 500',
    'characters, is kept with the finding.',
  ],
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
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

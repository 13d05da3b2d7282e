import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions } from './daemon-client.ts';
import { words } from './usage.ts';

/** `mirrorwatch health`: whether a daemon answers; for container health checks. */
export const healthCommand: Command = {
  name: 'health',
  summary: 'ask a running daemon whether it is healthy (for containers)',
  usage: 'mirrorwatch health [--url http://127.0.0.1:10120] [--ready]',
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, { ...daemonOptions, ready: { type: 'boolean' } }, 0);
    const answer = await (await daemonAt(context, values)).get(values.ready ? '/-/ready' : '/-/healthy');
    if (answer.tag === 'ok' && answer.status === 200) return 0;
    context.terminal.err(answer.tag === 'ok' ? `mirrorwatch: ${answer.text.trim()}` : answer.text);
    return 1;
  },
};

import { printable } from '../core/printable.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { jsonText } from '../terminal/terminal.ts';
import { optionsOf, UsageError, words } from '../terminal/usage.ts';
import { type Say, sayNamed } from '../words/words.ts';
import { daemonAt, daemonOptions } from './daemon-client.ts';

const options = { ...daemonOptions, ...optionsOf('boolean', 'json') };

export const actionsCommand: Command = {
  name: 'actions',
  usage: 'mirrorwatch actions [stop|resume|undo ID] [--json] [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 2);
    const [verb, id] = positionals;
    if (verb !== undefined && !['stop', 'resume', 'undo'].includes(verb)) throw new UsageError('wrong.actionVerb');
    if ((verb === 'undo') !== (id !== undefined)) throw new UsageError('wrong.actionId');
    const daemon = await daemonAt(context, values);
    const path = '/api/v1/actions';
    const response =
      verb === undefined
        ? await daemon.get(path)
        : await daemon.post(verb === 'undo' ? `${path}/${encodeURIComponent(id ?? '')}/undo` : `${path}/${verb}`, {});
    const { terminal, say } = context;
    const data = (response.json() ?? {}) as ActionsBody;
    if (values.json) terminal.out(jsonText(data));
    else if (verb === 'undo') terminal.out(say('actions.undoing', { id: id ?? '' }));
    else if (verb === undefined) for (const line of linesOf(data, say)) terminal.out(line);
    else {
      terminal.out(say(data.stopped === true ? 'actions.stopped' : 'actions.running'));
      if (data.kept === false) terminal.err(say('actions.notKept'));
    }
    return 0;
  },
};

/** The body of the daemon's response. It is untrusted, so any field may be absent. */
interface ActionsBody {
  readonly stopped?: boolean;
  readonly kept?: boolean;
  readonly actions?: readonly Readonly<Record<string, unknown>>[];
}

function linesOf({ stopped, actions = [] }: ActionsBody, say: Say): readonly string[] {
  const text = (value: unknown): string => printable(String(value ?? ''), 200);
  return [
    ...(stopped === true ? [say('actions.stopped')] : []),
    ...(actions.length === 0 ? [say('actions.none')] : []),
    ...actions.flatMap((one) => {
      const held = wordOf('held', one['held'], say);
      const at = one['nextAt'];
      const why = one['because'] ?? (held && at ? say('actions.heldUntil', { why: held, at: text(at) }) : held);
      const head = [one['plannedAt'], one['id'], `${one['kind']}/${one['mode']}`, wordOf('state', one['state'], say)];
      return [
        `${head.map(text).join('  ')}  ${text(one['upstream'])}: ${text(one['from'])} → ${text(one['to'])}`,
        ...(why === null ? [] : [`  ${text(why)}`]),
        ...String(one['output'] ?? '')
          .split('\n')
          .flatMap((line) => (line === '' ? [] : [`  ${text(line)}`])),
      ];
    }),
  ];
}

function wordOf(group: 'held' | 'state', value: unknown, say: Say): string | null {
  if (value === null || value === undefined) return null;
  return sayNamed(say, `actions.${group}.${String(value)}`) ?? String(value);
}

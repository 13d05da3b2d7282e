import type { ActionDeed, ActionEnd, ActionRow } from '../../core/action.ts';
import type { Sentence } from '../../core/result.ts';
import { maskText } from '../../core/secret.ts';
import { adviceView } from '../../core/views.ts';
import { type ProgramEnd, runProgram } from '../../io/run-program.ts';
import { phrase } from '../../words/tell.ts';
import { type Means, StepFailed } from './means.ts';
import { isMasked } from './render.ts';

type CommandDeed = Extract<ActionDeed, { kind: 'command' }>;

/** The action `command`: runs a program with the advice as JSON on its standard input. */
export const commandAction = {
  async prepare({ advice }: ActionRow, { argv }: CommandDeed): Promise<ActionEnd> {
    if (isMasked(advice.chain.before, advice.chain.after))
      throw new StepFailed(phrase('acted.noForm', { form: 'chain' }), false);
    // Each argument may be a secret, such as the value of a variable in the configuration.
    return { tag: 'ok', output: maskText(argv[0] ?? '') + ' ***'.repeat(argv.length - 1) };
  },
  act: (row: ActionRow, deed: CommandDeed, means: Means) => run('act', row, deed, means),
  undo: (row: ActionRow, deed: CommandDeed, means: Means) => run('undo', row, deed, means),
} as const;

async function run(
  event: 'act' | 'undo',
  row: ActionRow,
  { argv, cwd }: CommandDeed,
  means: Means,
): Promise<ActionEnd> {
  const { advice, action, attempts } = row;
  const { path, signal, marks } = means;
  const facts = { id: row.id, action, event, attempt: attempts };
  const env = {
    MIRRORWATCH_EVENT: event,
    MIRRORWATCH_ACTION: action,
    MIRRORWATCH_ACTION_ID: row.id,
    MIRRORWATCH_ATTEMPT: String(attempts),
    MIRRORWATCH_ADVICE_ID: advice.id,
    MIRRORWATCH_ECOSYSTEM: advice.ecosystem,
    MIRRORWATCH_UPSTREAM: advice.upstream,
    MIRRORWATCH_CAUSE: advice.cause,
    MIRRORWATCH_FROM: event === 'act' ? advice.from : advice.to,
    MIRRORWATCH_TO: event === 'act' ? advice.to : advice.from,
    MIRRORWATCH_CHAIN: event === 'act' ? advice.chain.after : advice.chain.before,
  };
  const stdin = `${JSON.stringify({ ...facts, advice: adviceView(advice) })}\n`;
  const end = await runProgram({ argv, cwd, env, stdin, timeoutMs: means.leftMs(), path, signal, marks });
  const failed = commandFailureOf(end);
  // A program that started may have done half of its work. So only a program that did not start is retried.
  if (failed !== null) throw new StepFailed(failed, end.tag === 'not_run', end.shown);
  return { tag: 'ok', output: end.shown };
}

export function commandFailureOf(end: ProgramEnd): Sentence | null {
  if (end.tag === 'exited' && end.code === '0') return null;
  if (end.tag === 'time') return phrase('acted.time');
  if (end.tag === 'output') return phrase('acted.output');
  return phrase(end.tag === 'not_run' ? 'acted.notRun' : 'acted.exit', { code: end.code });
}

import { maskText } from '../core/mask-text.ts';
import { printable } from '../core/printable.ts';
import { wordsOf } from '../words/words.ts';
import { ackCommand } from './ack.ts';
import { actionsCommand } from './actions.ts';
import { adviceCommand } from './advice.ts';
import { checkCommand } from './check.ts';
import { createCompletionCommand } from './completion.ts';
import type { Command, Context, ExitCode, World } from './context.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { doorCommand } from './door.ts';
import { explainCommand } from './explain-error.ts';
import { fleetCommand } from './fleet.ts';
import { healthCommand } from './health.ts';
import { helpOf, overview } from './help.ts';
import { initCommand } from './init.ts';
import { languageOf, spoken } from './language.ts';
import { pauseCommand } from './pause.ts';
import { probeCommand } from './probe.ts';
import { rankCommand } from './rank.ts';
import { replayCommand } from './replay.ts';
import { rulesCommand } from './rules.ts';
import { runCommand } from './run.ts';
import { undoCommand } from './undo.ts';
import { UsageError } from './usage.ts';
import { webhookCommand } from './webhook.ts';
import { whatIfCommand } from './what-if.ts';

const others: readonly Command[] = [
  initCommand,
  runCommand,
  checkCommand,
  probeCommand,
  rankCommand,
  adviceCommand,
  actionsCommand,
  whatIfCommand,
  doctorCommand,
  explainCommand,
  undoCommand,
  replayCommand,
  ackCommand,
  webhookCommand,
  pauseCommand,
  healthCommand,
  doorCommand,
  fleetCommand,
  rulesCommand,
  demoCommand,
];

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [...others, createCompletionCommand(others)];

/**
 * Runs the command of `argv` in the language of the call or the environment. Wrong usage is exit 2, with the usage
 * line.
 */
export async function program(world: World): Promise<ExitCode> {
  const usual = languageOf(world.env);
  try {
    const { argv, named } = spoken(world.argv);
    const language = named ?? usual;
    return await called({ ...world, argv, language, named, say: wordsOf(language) });
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    const say = wordsOf(usual);
    world.terminal.err(say('daemon.problem', { text: cause.text(say) }));
    return 2;
  }
}

async function called(context: Context): Promise<ExitCode> {
  const { terminal, say } = context;
  const [name, ...rest] = context.argv;
  if (name === '--version' || name === '-v') {
    terminal.out(`mirrorwatch ${context.facts.version} (node ${context.facts.node})`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const command = commands.find((one) => one.name === rest[0]);
    if (command === undefined && name === 'help' && rest[0] !== undefined) return unknown(rest[0], context);
    for (const line of command ? helpOf(command, say) : overview(commands, say)) terminal.out(line);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return unknown(name, context);
  if (rest.includes('--help') || rest.includes('-h')) {
    for (const line of helpOf(command, say)) terminal.out(line);
    return 0;
  }
  try {
    return await command.run({ ...context, argv: rest });
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    terminal.err(say('program.wrongOf', { command: command.name, text: cause.text(say) }));
    terminal.err(say('program.usage', { usage: command.usage }));
    return 2;
  }
}

function unknown(name: string, { terminal, say }: Pick<Context, 'terminal' | 'say'>): ExitCode {
  terminal.err(say('program.unknown', { name: printable(maskText(name)) }));
  for (const line of overview(commands, say)) terminal.err(line);
  return 2;
}

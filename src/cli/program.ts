import { ackCommand } from './ack.ts';
import { adviceCommand } from './advice.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { healthCommand } from './health.ts';
import { initCommand } from './init.ts';
import { pauseCommand } from './pause.ts';
import { probeCommand } from './probe.ts';
import { rankCommand } from './rank.ts';
import { replayCommand } from './replay.ts';
import { rulesCommand } from './rules.ts';
import { runCommand } from './run.ts';
import type { Terminal } from './terminal.ts';
import { undoCommand } from './undo.ts';
import { UsageError } from './usage.ts';
import { webhookCommand } from './webhook.ts';

const others: readonly Command[] = [
  initCommand,
  runCommand,
  checkCommand,
  probeCommand,
  rankCommand,
  adviceCommand,
  doctorCommand,
  undoCommand,
  replayCommand,
  ackCommand,
  webhookCommand,
  pauseCommand,
  healthCommand,
  rulesCommand,
  demoCommand,
];

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [...others, completionCommand(others)];

/** Runs the command that `argv` names. Wrong usage is 2, with the usage line of the command. */
export async function program(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const [name, ...rest] = context.argv;
  if (name === '--version' || name === '-v') {
    terminal.out(`mirrorwatch ${context.facts.version} (node ${context.facts.node})`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const command = commands.find((one) => one.name === rest[0]);
    if (command === undefined && name === 'help' && rest[0] !== undefined) return unknown(rest[0], terminal);
    for (const line of command ? help(command) : overview()) terminal.out(line);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return unknown(name, terminal);
  if (rest.includes('--help') || rest.includes('-h')) {
    for (const line of help(command)) terminal.out(line);
    return 0;
  }
  try {
    return await command.run({ ...context, argv: rest });
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    terminal.err(`mirrorwatch ${command.name}: ${cause.message}`);
    terminal.err(`usage: ${command.usage}`);
    return 2;
  }
}

function help({ usage, summary, details = [] }: Command): string[] {
  return [`usage: ${usage}`, '', summary, ...(details.length > 0 ? ['', ...details] : [])];
}

function unknown(name: string, terminal: Terminal): ExitCode {
  terminal.err(`mirrorwatch: unknown command '${name}'`);
  for (const line of overview()) terminal.err(line);
  return 2;
}

function overview(): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'mirrorwatch watches package mirrors the way package clients use them.',
    '',
    'usage: mirrorwatch <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '  --version  --help  <command> --help',
    '',
    'exit: 0 fine, 1 trouble found, 2 wrong usage or configuration',
  ];
}

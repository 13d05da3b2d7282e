import { findNearestWord } from '../config/reading.ts';
import { printable } from '../core/printable.ts';
import { maskText } from '../core/secret.ts';
import type { Command, CommandName, Context, ExitCode, World } from '../terminal/context.ts';
import { padEnd } from '../terminal/terminal.ts';
import { Failed, UsageError } from '../terminal/usage.ts';
import { type Language, type Say, sayNamed, wordsOf } from '../words/words.ts';

/**
 * Removes `--lang` from the arguments. If it is given several times, the last one is used; `named` is `null` without it.
 * @throws UsageError on an unknown language
 */
export function spoken(argv: readonly string[]) {
  const kept: string[] = [];
  let named: Language | null = null;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') return { argv: [...kept, ...argv.slice(at)], named };
    if (word === '--lang') {
      at += 1;
      named = languageNamed(argv[at]);
    } else if (word.startsWith('--lang=')) named = languageNamed(word.slice('--lang='.length));
    else kept.push(word);
  }
  return { argv: kept, named };
}

function languageNamed(text: string | undefined): Language {
  if (text === 'en' || text === 'zh') return text;
  throw text === undefined ? new UsageError('wrong.langMissing') : new UsageError('wrong.lang', { text });
}

/**
 * Returns the language that the environment selects: the first of LC_ALL, LC_MESSAGES and LANG that is not empty. Any
 * language other than Chinese becomes English.
 * @see POSIX.1-2024 Base Definitions 8.2
 */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^zh([_.@-]|$)/i.test(locale) ? 'zh' : 'en';
}

/** The commands in the order in which the help lists them. The code of a command is loaded when it is needed. */
const loaders: Readonly<Record<CommandName, () => Promise<Command>>> = {
  init: async () => {
    const { createInitCommand } = await import('../features/setup/command.ts');
    return createInitCommand(async (machine) => (await import('../features/doctor/survey.ts')).examineProject(machine));
  },
  run: async () => (await import('./run.ts')).runCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  probe: async () => (await import('./probe.ts')).probeCommand,
  rank: async () => (await import('../features/rank/command.ts')).rankCommand,
  advice: async () => (await import('./advice.ts')).adviceCommand,
  actions: async () => (await import('./actions.ts')).actionsCommand,
  doctor: async () => (await import('../features/doctor/command.ts')).doctorCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  undo: async () => (await import('./undo.ts')).undoCommand,
  replay: async () => (await import('../features/replay/command.ts')).replayCommand,
  ack: async () => (await import('./ack.ts')).ackCommand,
  webhook: async () => (await import('./webhook.ts')).webhookCommand,
  pause: async () => (await import('./pause.ts')).pauseCommand,
  health: async () => (await import('./health.ts')).healthCommand,
  door: async () => (await import('../features/door/command.ts')).doorCommand,
  fleet: async () => (await import('../features/fleet/command.ts')).fleetCommand,
  rules: async () => (await import('../features/rules/command.ts')).rulesCommand,
  demo: async () => {
    const { createDemoCommand } = await import('../features/demo/command.ts');
    return createDemoCommand(async (...call) => (await import('../features/door/door.ts')).openRelay(...call));
  },
  completion: async () => {
    const { createCompletionCommand } = await import('./completion.ts');
    return createCompletionCommand(await Promise.all(others.map((load) => load())));
  },
};
const others = Object.entries(loaders).flatMap(([name, load]) => (name === 'completion' ? [] : [load]));

export async function loadCommands(): Promise<readonly Command[]> {
  return await Promise.all(Object.values(loaders).map((load) => load()));
}

async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? await loaders[name as CommandName]() : undefined;
}

/**
 * Runs the command in `argv`, in the language that `--lang` or else the environment selects. Wrong usage returns exit
 * code 2.
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
    const command = await loadCommand(rest[0] ?? '');
    if (command === undefined && name === 'help' && rest[0] !== undefined) return await unknown(rest[0], context);
    for (const line of command ? helpOf(command, say) : overview(await loadCommands(), say)) terminal.out(line);
    return name === undefined ? 2 : 0;
  }
  const command = await loadCommand(name);
  if (command === undefined) return await unknown(name, context);
  if (rest.includes('--help') || rest.includes('-h')) {
    for (const line of helpOf(command, say)) terminal.out(line);
    return 0;
  }
  try {
    return await command.run({ ...context, argv: rest });
  } catch (cause) {
    if (cause instanceof Failed) {
      terminal.err(cause.message);
      return cause.code;
    }
    // The command shows responses of a daemon, whose values may have any type.
    if ((cause instanceof TypeError || cause instanceof RangeError) && 'url' in command.options) {
      terminal.err(say('daemon.malformed', { why: printable(String(cause)) }));
      return 1;
    }
    if (!(cause instanceof UsageError)) throw cause;
    terminal.err(say('program.wrongOf', { command: command.name, text: cause.text(say) }));
    terminal.err(say('program.usage', { usage: command.usage }));
    return 2;
  }
}

async function unknown(name: string, { terminal, say }: Pick<Context, 'terminal' | 'say'>): Promise<ExitCode> {
  const commands = await loadCommands();
  const known = commands.map((one) => one.name);
  const nearest = findNearestWord(name, known);
  const meant = nearest === null ? '' : say('load.nearest', { nearest });
  terminal.err(`${say('program.unknown', { name: printable(maskText(name)) })}${meant}`);
  for (const line of overview(commands, say)) terminal.err(line);
  return 2;
}

function summaryOf(name: CommandName, say: Say): string {
  return say(`help.${name}.summary`);
}

function helpOf({ name, usage }: Command, say: Say): readonly string[] {
  const details = sayNamed(say, `help.${name}.details`);
  return [
    say('program.usage', { usage }),
    '',
    summaryOf(name, say),
    ...(details === null ? [] : ['', ...details.split('\n')]),
  ];
}

const firstCommands: readonly CommandName[] = ['probe', 'rank', 'advice', 'rules', 'doctor'];
const advancedCommands: readonly CommandName[] = ['actions', 'door', 'fleet', 'replay', 'demo', 'completion'];

function overview(commands: readonly Command[], say: Say): readonly string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const named = [...firstCommands, ...advancedCommands];
  const ofDaemon = commands.map(({ name }) => name).filter((name) => !named.includes(name));
  const list = (names: readonly CommandName[]) =>
    names.map((name) => `  ${padEnd(name, width)}  ${summaryOf(name, say)}`);
  return [
    say('help.about'),
    '',
    say('program.usage', { usage: `mirrorwatch ${say('help.words')}` }),
    '',
    say('help.first'),
    ...list(firstCommands),
    '',
    say('help.daemon'),
    ...list(ofDaemon),
    '',
    say('help.advanced'),
    ...list(advancedCommands),
    '',
    say('help.common'),
    '',
    say('help.exit'),
  ];
}

import type { Key, Say } from '../words/say.ts';
import type { Command, CommandName } from './context.ts';
import { padEnd } from './width.ts';

/** Commands whose help goes on below their one line. */
type Detailed = Key extends infer K ? (K extends `help.${infer Name}.details` ? Name : never) : never;

const detailed: Readonly<Record<Detailed, true>> = {
  init: true,
  rank: true,
  advice: true,
  'what-if': true,
  doctor: true,
  undo: true,
  replay: true,
  ack: true,
  webhook: true,
  pause: true,
  rules: true,
  completion: true,
};

/** One line for the list of commands. */
function summaryOf(name: CommandName, say: Say): string {
  return say(`help.${name}.summary`);
}

/** The lines that a command's `--help` prints. */
export function helpOf({ name, usage }: Command, say: Say): readonly string[] {
  const details = name in detailed ? ['', ...say(`help.${name as Detailed}.details`).split('\n')] : [];
  return [say('program.usage', { usage }), '', summaryOf(name, say), ...details];
}

/** The program's own help. */
export function overview(commands: readonly Command[], say: Say): readonly string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    say('help.about'),
    '',
    say('program.usage', { usage: `mirrorwatch ${say('help.words')}` }),
    '',
    ...commands.map(({ name }) => `  ${padEnd(name, width)}  ${summaryOf(name, say)}`),
    '',
    say('help.common'),
    '',
    say('help.exit'),
  ];
}

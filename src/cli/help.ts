import { type Say, sayNamed } from '../words/words.ts';
import type { Command, CommandName } from './context.ts';
import { padEnd } from './terminal.ts';

/** The line of a command in the list. */
function summaryOf(name: CommandName, say: Say): string {
  return say(`help.${name}.summary`);
}

/** The lines of a command's `--help`. */
export function helpOf({ name, usage }: Command, say: Say): readonly string[] {
  const details = sayNamed(say, `help.${name}.details`);
  return [
    say('program.usage', { usage }),
    '',
    summaryOf(name, say),
    ...(details === null ? [] : ['', ...details.split('\n')]),
  ];
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

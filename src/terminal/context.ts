import type { ParseArgsConfig } from 'node:util';
import type { ProcessFacts } from '../daemon/machine.ts';
import type { Key, Language, Say } from '../words/words.ts';
import type { Terminal } from './terminal.ts';

export interface World {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly terminal: Terminal;
  readonly facts: ProcessFacts;
  /** Calls `react` with `stop` at SIGINT, SIGTERM or an error of standard output, and with `reload` at SIGHUP. */
  onSignal(react: (signal: 'stop' | 'reload') => void): void;
}

export interface Context extends World {
  readonly say: Say;
  readonly language: Language;
  /** The value of `--lang`; `null`: not given. */
  readonly named: Language | null;
}

/** The exit code. 0: success; 1: a problem was found, or the command failed; 2: wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** The names of commands: the catalogue of messages has a help text for each of them. */
export type CommandName = Key extends infer K ? (K extends `help.${infer Name}.summary` ? Name : never) : never;

export interface Command {
  readonly name: CommandName;
  readonly usage: string;
  /** The options of the command. `usage` also names each of them. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(context: Context): Promise<ExitCode>;
}

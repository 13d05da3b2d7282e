import type { ParseArgsConfig } from 'node:util';
import type { ProcessFacts } from '../daemon/system.ts';
import type { Key, Language, Say } from '../words/words.ts';
import type { Terminal } from './terminal.ts';

/** What the program is given: the world is handed in, so that a test runs a command whole. */
export interface World {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly terminal: Terminal;
  readonly facts: ProcessFacts;
  /** Calls back at SIGINT or SIGTERM (`stop`) and SIGHUP (`reload`). */
  onSignal(react: (signal: 'stop' | 'reload') => void): void;
}

/** What every command is given. */
export interface Context extends World {
  /** Texts for people, in the language of the call; what programs read is English whatever that is. */
  readonly say: Say;
  /** Which language that is. */
  readonly language: Language;
  /** The one that `--lang` names; `null`: it is the locale's. Files for programs have their texts in no other than this. */
  readonly named: Language | null;
}

/** 0 fine, 1 trouble found, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** Commands that the catalogue has help for. */
export type CommandName = Key extends infer K ? (K extends `help.${infer Name}.summary` ? Name : never) : never;

/** One command of the program. */
export interface Command {
  /** As it is called; the catalogue has its help by this name. */
  readonly name: CommandName;
  readonly usage: string;
  /** What it takes, each named in `usage`. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(context: Context): Promise<ExitCode>;
}

import type { ParseArgsConfig } from 'node:util';
import type { ProcessFacts } from '../daemon/system.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given: the world is handed in, so that a test runs a command whole. */
export interface Context {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly terminal: Terminal;
  readonly facts: ProcessFacts;
  /** Calls back at SIGINT or SIGTERM (`stop`) and SIGHUP (`reload`). */
  onSignal(react: (signal: 'stop' | 'reload') => void): void;
}

/** 0 fine, 1 trouble found, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly usage: string;
  /** What it takes, each named in `usage`. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Further lines of its help. */
  readonly details?: readonly string[];
  run(context: Context): Promise<ExitCode>;
}

import { program } from '../../../src/cli/program.ts';
import type { ExitCode, World } from '../../../src/terminal/context.ts';
import { type FakeTerminal, fakeTerminal } from './fake-terminal.ts';

/** What a call of the program left behind. */
export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  readonly terminal: FakeTerminal;
}

/** Runs the program with a fake terminal, no environment and a folder without a configuration, unless told otherwise. */
export async function run(
  argv: readonly string[],
  over: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly answer?: boolean;
    readonly input?: string;
    readonly onSignal?: World['onSignal'];
  } = {},
): Promise<Ran> {
  const terminal = fakeTerminal(over.answer ?? null, over.input);
  const code = await program({
    argv,
    env: over.env ?? {},
    cwd: over.cwd ?? '/nowhere',
    terminal,
    facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
    onSignal: over.onSignal ?? (() => undefined),
  });
  return { code, out: terminal.outs.join('\n'), err: terminal.errs.join('\n'), terminal };
}

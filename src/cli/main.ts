import { readFileSync } from 'node:fs';
import type { ExitCode } from './context.ts';
import { leave } from './leave.ts';
import { program } from './program.ts';
import { systemTerminal } from './terminal.ts';

/** The program on a real process: arguments, environment, signals, terminal. */
export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') process.exit(0);
  });
  const code = await program({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    terminal: systemTerminal(process),
    facts: {
      version,
      node: process.version,
      log: { level: process.env['MIRRORWATCH_LOG_LEVEL'] ?? 'info', pretty: process.stderr.isTTY === true },
    },
    onSignal(react) {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => react('stop'));
      process.on('SIGHUP', () => react('reload'));
    },
  });
  leave(process, code);
  return code;
}

import { readFileSync } from 'node:fs';
import { limits } from '../core/limits.ts';
import type { ExitCode } from './context.ts';
import { program } from './program.ts';
import { createTerminal } from './terminal.ts';

/** The program on a real process: arguments, environment, signals, terminal. */
export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  // The reader of the output is gone: the current work is completed, and long-running commands are stopped.
  const stops: (() => void)[] = [];
  process.stdout.once('error', () => {
    for (const stop of stops) stop();
  });
  process.stdout.on('error', () => undefined);
  const code = await program({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    terminal: createTerminal(process),
    facts: {
      version,
      node: process.version,
      log: { level: process.env['MIRRORWATCH_LOG_LEVEL'] ?? 'info', pretty: process.stderr.isTTY === true },
    },
    onSignal(react) {
      stops.push(() => react('stop'));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => react('stop'));
      process.on('SIGHUP', () => react('reload'));
    },
  });
  stopProcess(process, code);
  return code;
}

/**
 * Ends the process with this code if it does not end by itself within `afterMs`. A thread in `getaddrinfo` blocks the
 * end of a process, even `process.exit`, until the resolver gives up: twenty seconds and more if no server responds.
 * Only replacing the process image ends it at once, so it becomes a process that exits. Standard output is written by
 * then: on POSIX, Node writes files, pipes and terminals synchronously.
 */
export function stopProcess(process: NodeJS.Process, code: number, afterMs: number = limits.closeMs): void {
  setTimeout(
    () => process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {}),
    afterMs,
  ).unref();
}

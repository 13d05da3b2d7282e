import { readFileSync } from 'node:fs';
import type { ExitCode } from './context.ts';
import { program } from './program.ts';
import { stopProcess } from './stop-process.ts';
import { systemTerminal } from './terminal.ts';

/** The program on a real process: arguments, environment, signals, terminal. */
export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  // Nobody reads on: what was asked for is still done, and what would go on is asked to stop.
  const stops: (() => void)[] = [];
  process.stdout.once('error', () => {
    for (const stop of stops) stop();
  });
  process.stdout.on('error', () => undefined);
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
      stops.push(() => react('stop'));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => react('stop'));
      process.on('SIGHUP', () => react('reload'));
    },
  });
  stopProcess(process, code);
  return code;
}

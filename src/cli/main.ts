import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { limits } from '../core/limits.ts';
import type { ExitCode } from '../terminal/context.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { program } from './program.ts';

export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const { version, homepage } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
    homepage?: string;
  };
  // If writing to standard output fails (usually because its reader has exited), commands that run until a signal are
  // stopped.
  const stops: (() => void)[] = [];
  process.stdout.once('error', () => {
    for (const stop of stops) stop();
  });
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const code = await program({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: folderOfUser(process.env, process.cwd()),
    terminal: createTerminal(process),
    facts: {
      version,
      homepage,
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
 * Returns the folder in which the user started the command. `npm run` starts scripts in the folder of their package,
 * and passes the user's folder in INIT_CWD. So `npm --prefix CLONE run mirrorwatch` works on the user's project.
 */
export function folderOfUser(env: NodeJS.ProcessEnv, cwd: string): string {
  const { INIT_CWD: at, npm_package_json: file, npm_package_name: name, npm_lifecycle_event: script } = env;
  const isOurs = name === 'mirrorwatch' && file === join(cwd, 'package.json');
  return at !== undefined && isOurs && (script === 'mirrorwatch' || script === 'start') ? at : cwd;
}

/**
 * Ends the process with exit code `code` if it has not ended by itself after `afterMs` milliseconds. A thread in
 * `getaddrinfo` blocks even `process.exit` until the resolver gives up. So this process then runs another program,
 * which exits at once.
 */
export function stopProcess(process: NodeJS.Process, code: number, afterMs: number = limits.closeMs): void {
  setTimeout(
    () => process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {}),
    afterMs,
  ).unref();
}

function createTerminal(process: NodeJS.Process): Terminal {
  const painter =
    ({ isTTY }: { isTTY: boolean }): Terminal['paint'] =>
    (style, text) =>
      isTTY && !process.env['NO_COLOR'] ? styleText(style, text, { validateStream: false }) : text;
  return {
    columns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
    },
    paint: painter(process.stdout),
    paintErr: painter(process.stderr),
    confirm: async (question) => (process.stdin.isTTY && process.stderr.isTTY ? confirm(process, question) : null),
    input: () => wholeInput(process),
  };
}

const inputBytesMax = 2 ** 20;

async function wholeInput({ stdin }: NodeJS.Process): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= inputBytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, inputBytesMax).toString('utf8');
}

/** Shows a question, and reads the user's confirmation as one line. The end of input means no. */
function confirm({ stdin, stderr }: NodeJS.Process, question: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (line: string): void => {
      stdin.off('data', onData).off('end', ended).pause();
      resolve(/^y(es)?$/i.test(line.trim()));
    };
    const onData = (chunk: Buffer): void => settle(chunk.toString('utf8'));
    const ended = (): void => settle('');
    stderr.write(question);
    stdin.on('data', onData).on('end', ended).resume();
  });
}

import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { limits } from '../core/limits.ts';
import { keepWords, maskWords } from './client-words.ts';
import { recordGroup, stopGroup } from './process-groups.ts';

export interface ProgramCall {
  /** The path or name of the program, then its arguments. A name is searched on PATH. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Environment variables in addition to PATH, HOME and LANG. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  readonly path: string;
  readonly signal: AbortSignal;
  /** The folder with an empty file for each running process group. `stopRecordedGroups` reads it after a crash. */
  readonly marks: string;
}

/**
 * How a program ended. `exited`, `signalled`: on its own. `time`, `output`, `stopped`: it was killed after its timeout,
 * after too much output, or when `signal` aborted. `not_run`: it could not be started.
 */
export interface ProgramEnd {
  readonly tag: 'exited' | 'signalled' | 'time' | 'output' | 'stopped' | 'not_run';
  /** The exit status, the name of the signal, or the error code of the system. */
  readonly code: string;
  /** The end of the standard output, at most `limits.actionOutputBytes`. */
  readonly stdout: string;
  /** The last `limits.actionOutputChars` bytes of both streams. Only user-info and query values of URLs are masked. */
  readonly shown: string;
}

const plain = { text: (text: string): string => text };

/**
 * Runs a program in its own process group. The group is killed when a limit is exceeded, and when the program has
 * ended. The promise never rejects.
 */
export function runProgram(call: ProgramCall): Promise<ProgramEnd> {
  const [file = '', ...args] = call.argv;
  const stdout = keepWords(limits.actionOutputBytes);
  const both = keepWords(limits.actionOutputChars);
  return new Promise((resolve) => {
    let because: 'time' | 'output' | 'stopped' | null = null;
    let isOver = false;
    const finish = (tag: ProgramEnd['tag'], code: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      unmark();
      call.signal.removeEventListener('abort', stopped);
      resolve({ tag: because ?? tag, code, stdout: stdout.text(), shown: maskWords(both.text(), plain, 200) });
    };
    const env = { PATH: call.path, HOME: homedir(), LANG: 'C.UTF-8', ...call.env };
    const child = start();
    const unmark = child?.pid === undefined ? () => undefined : recordGroup(call.marks, child.pid);
    const stop = (why: NonNullable<typeof because>): void => {
      because ??= why;
      stopGroup(child?.pid);
      // A process that cannot be killed must not delay the result.
      setTimeout(() => finish('signalled', 'SIGKILL'), limits.closeMs).unref();
    };
    const stopped = (): void => stop('stopped');
    const deadline = setTimeout(() => stop('time'), call.timeoutMs);
    call.signal.addEventListener('abort', stopped);
    if (child === null) return finish('not_run', 'EINVAL');
    if (call.signal.aborted) stop('stopped');
    child.once('error', (cause) => {
      if (child.pid === undefined) finish('not_run', String((cause as NodeJS.ErrnoException).code ?? 'UNKNOWN'));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
      both.add(chunk);
      if (stdout.count() > limits.actionOutputBytes) stop('output');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      both.add(chunk);
      if (both.count() > limits.actionOutputBytes) stop('output');
    });
    // The error is ignored, because the program may end without reading its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(call.stdin);
    child.once('exit', (code, signal) => {
      // Other processes of the group could keep the pipes open, so they are stopped.
      stopGroup(child.pid);
      const end = (): void =>
        code === null ? finish('signalled', signal ?? 'unknown') : finish('exited', String(code));
      child.once('close', end);
      setTimeout(end, limits.closeMs).unref();
    });

    function start() {
      try {
        return spawn(file, args, { cwd: call.cwd, env, stdio: 'pipe', detached: true });
      } catch {
        // Node throws if an argument or a variable contains a zero byte.
        return null;
      }
    }
  });
}

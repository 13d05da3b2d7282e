import { addAbortListener } from 'node:events';
import { homedir } from 'node:os';
import { getOrElse } from '../core/get-or-else.ts';
import { limits } from '../core/limits.ts';
import { keepWords, maskWords } from './client-words.ts';
import { recordGroup, startGroup } from './process-groups.ts';

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
export async function runProgram(call: ProgramCall): Promise<ProgramEnd> {
  const stdout = keepWords(limits.actionOutputBytes);
  const both = keepWords(limits.actionOutputChars);
  const env = { PATH: call.path, HOME: homedir(), LANG: 'C.UTF-8', ...call.env };
  const { argv, cwd, timeoutMs } = call;
  const options = { cwd, env, stdio: 'pipe', timeoutMs } as const;
  // Node throws if an argument or a variable contains a zero byte.
  const group = getOrElse(() => startGroup<'output' | 'stopped'>(argv, options), null);
  if (group === null) return { tag: 'not_run', code: 'EINVAL', stdout: '', shown: '' };
  const { child, end } = group;
  const unmark = child.pid === undefined ? () => undefined : recordGroup(call.marks, child.pid);
  const listener = addAbortListener(call.signal, () => group.stop('stopped'));
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout.add(chunk);
    both.add(chunk);
    if (stdout.count() > limits.actionOutputBytes) group.stop('output');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    both.add(chunk);
    if (both.count() > limits.actionOutputBytes) group.stop('output');
  });
  // The error is ignored, because the program may end without reading its input.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(call.stdin);
  const { exit, because } = await end;
  unmark();
  listener[Symbol.dispose]();
  const code = exit.tag === 'signalled' ? exit.signal : String(exit.code);
  return { tag: because ?? exit.tag, code, stdout: stdout.text(), shown: maskWords(both.text(), plain, 200) };
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandPath, findCommand } from './paths.ts';
import { looks, patienceMs } from './patience.ts';

/** How to start one real server. */
export interface ProcessPlan {
  /** Shown in failures. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** On top of this process's own; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Network namespace to run in; `null` or absent: ours. */
  readonly ns?: string | null;
  /** Asked again and again until true; a throw counts as "not yet". */
  readonly ready: (process: RunningProcess) => boolean | Promise<boolean>;
  /** Open a pipe to its standard input. Default: no input at all. */
  readonly stdin?: boolean;
}

/** A server that is up. */
export interface RunningProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Standard output and error so far, the last 200 000 characters. */
  readonly log: () => string;
  readonly hasExited: () => boolean;
  /** Sends a signal to the whole process group. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGTERM, after 2 s SIGKILL, to the whole group; resolves when the leader is gone. May be called again. */
  readonly close: () => Promise<void>;
  /** As `close`, by SIGKILL at once. */
  readonly kill: () => Promise<void>;
}

export const nowhere = 'http://127.0.0.1:9';

/** The environment of a program that reaches these hosts alone: for all others it has a proxy that is not there. */
export function sealedEnv(nearby = '127.0.0.1'): Readonly<Record<string, string>> {
  const upper = { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: nearby };
  return { ...upper, http_proxy: nowhere, https_proxy: nowhere, no_proxy: nearby };
}

/** Of each set of V8 flags its own: what was compiled under others is compiled again, and stored over the other. */
export function compileCacheOf(command: 'run' | 'door' | 'brief'): { readonly NODE_COMPILE_CACHE: string | undefined } {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return { NODE_COMPILE_CACHE: folder === undefined ? undefined : join(folder, command) };
}

const logCharsMax = 200_000;
const groups = new Set<number>();

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

process.once('exit', () => {
  for (const pid of groups) killGroup(pid, 'SIGKILL');
});

/** The command line that runs `command` in a namespace and dies with us even if we are killed without a word. */
function commandLine(plan: Pick<ProcessPlan, 'command' | 'args' | 'ns'>): readonly [string, ...string[]] {
  const inner = [plan.command, ...plan.args];
  const inNs = plan.ns == null ? inner : [commandPath('ip'), 'netns', 'exec', plan.ns, ...inner];
  const setpriv = findCommand('setpriv');
  return setpriv === null
    ? [inNs[0] ?? plan.command, ...inNs.slice(1)]
    : [setpriv, '--pdeathsig', 'KILL', '--', ...inNs];
}

/**
 * Starts a server in a process group of its own and waits until it is ready.
 * @throws Error with the server's own log when it exits early or is never ready
 */
export async function startProcess(plan: ProcessPlan): Promise<RunningProcess> {
  const [file, ...args] = commandLine(plan);
  const child = spawn(file, args, {
    detached: true,
    stdio: [plan.stdin === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...plan.env },
    ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
  });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString('utf8')).slice(-logCharsMax);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let exited: string | null = null;
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      exited ??= error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      exited ??= `exit ${code ?? signal}`;
      resolve();
    });
  });
  const pid = child.pid ?? 0;
  if (pid !== 0) groups.add(pid);
  const running: RunningProcess = {
    pid,
    child,
    log: () => log,
    hasExited: () => exited !== null,
    signal: (signal) => killGroup(pid, signal),
    close: async () => {
      if (exited === null) {
        killGroup(pid, 'SIGTERM');
        const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), 2000);
        await gone;
        clearTimeout(timer);
      }
      // What the leader left behind in its group.
      killGroup(pid, 'SIGKILL');
      groups.delete(pid);
    },
    kill: () => {
      killGroup(pid, 'SIGKILL');
      return running.close();
    },
  };
  const problem = await untilReady(plan, running, () => exited);
  if (problem === null) return running;
  await running.close();
  throw new Error(`${plan.name} did not start: ${problem}\n$ ${[file, ...args].join(' ')}\n${log}`);
}

async function untilReady(
  plan: ProcessPlan,
  running: RunningProcess,
  exited: () => string | null,
): Promise<string | null> {
  const endMs = performance.now() + patienceMs;
  for (const ms of looks()) {
    if (performance.now() > endMs) break;
    const end = exited();
    if (end !== null) return end;
    try {
      if (await plan.ready(running)) return null;
    } catch {
      // Not yet.
    }
    await sleep(ms);
  }
  return `not ready after ${patienceMs} ms`;
}

/** What a finished command said. */
export interface CommandResult {
  /** Exit code; −1 where it was killed or could not be run. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of `run`. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly ns?: string | null;
  /** Default: the patience of the tests; 0: none, but the limit of the test. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end, bounded. Never throws: a failure is its code and what it wrote. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const [file, ...rest] = commandLine({ command, args, ns: options.ns ?? null });
  return new Promise((resolve) => {
    const child = execFile(
      file,
      rest,
      {
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? patienceMs,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024 * 1024,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr: code === -1 ? `${stderr}${error?.message ?? ''}` : stderr });
      },
    );
    child.stdin?.end();
  });
}

/**
 * Like `run`, for a command that must work.
 * @throws Error with all it wrote when its code is not 0
 */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    throw new Error(`${command} ${args.join(' ')}: code ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout;
}

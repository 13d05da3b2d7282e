import { type ChildProcess, spawn } from 'node:child_process';
import { chown, lchown, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClientEnd, ClientOrder, ClientPlan, ClientReport, ClientRunner } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';
import { maskOf } from '../core/mask-known.ts';
import type { Clock, Timers } from '../core/ports.ts';
import { clearFolder, clearLeft, homePrefix, makeRunsFolder, measureFolder, readFetched } from './client-folder.ts';
import { keepWords, maskWords } from './client-words.ts';
import { findCommand } from './machine.ts';
import { stopGroup } from './process-groups.ts';

type Stop = Extract<ClientEnd, { tag: 'stopped' }>['because'] | 'shutdown';

interface Running {
  stop(because: Stop): void;
}

interface Room {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  readonly path: string;
  readonly running: Set<Running>;
}

/**
 * Files in the folder of each run, so that clients that search the parents of their folder for settings of a project stop
 * there.
 */
const stops = { 'package.json': '{}\n', '.npmrc': '', 'pnpm-workspace.yaml': 'packages: ["."]\n' } as const;

/** Programs that a client could start because a response names them. Each is replaced by a program that fails. */
const withheld = ['git', 'ssh'] as const;

/**
 * Creates the runner of real clients, such as `npm`. Each client runs in a new folder and in its own process group,
 * with a minimal environment.
 * @param input.path    the search path of programs, which the clients get too, without `withheld`
 * @param input.folder  where the folders of runs are, if no other user can write to a folder above; absent: see
 *                      `makeRunsFolder`
 * @see docs/decisions/0020-client-runs.md for what this protects against and what it does not
 */
export function createClientRunner(input: Omit<Room, 'running'> & { readonly folder?: string }): ClientRunner {
  const { clock, timers, path } = input;
  const room: Room = { clock, timers, path, running: new Set() };
  const ends = new Set<Promise<unknown>>();
  let isClosed = false;

  async function run(order: ClientOrder): Promise<ClientReport> {
    const command = findCommand(order.command, path);
    if (command === null) return notRun('not_installed', 'ENOENT');
    let home: string | null = null;
    try {
      home = await mkdtemp(join(await makeRunsFolder(input.folder), homePrefix));
      await clearLeft(home, [process.geteuid?.(), order.user?.uid]);
      const plan = order.plan(home);
      await furnish(home, plan, order.user, findCommand('false', path) ?? '/bin/false');
      if (isClosed) return notRun('shutdown', 'ECANCELED');
      const argv = [command, ...plan.args];
      const report = await runProgram(room, order, home, plan, wrapped(argv, order, path));
      // A filter of system calls may forbid `setpriv` or `prlimit`. Then the client runs without them.
      return isRefused(report) ? await runProgram(room, order, home, plan, argv) : report;
    } catch (cause) {
      return notRun('trouble', codeOf(cause));
    } finally {
      if (home !== null) await clearFolder(home);
    }
  }

  return {
    find: (command) => findCommand(command, path),
    run(order) {
      if (isClosed) return Promise.resolve(notRun('shutdown', 'ECANCELED'));
      const end = run(order);
      ends.add(end);
      void end.finally(() => ends.delete(end));
      return end;
    },
    async close() {
      isClosed = true;
      for (const one of room.running) one.stop('shutdown');
      await Promise.all(ends);
    },
  };
}

async function runProgram(
  { clock, timers, path, running }: Room,
  order: ClientOrder,
  home: string,
  plan: ClientPlan,
  argv: readonly string[],
): Promise<ClientReport> {
  const startedMs = clock.monotonicMs();
  const words = keepWords(limits.clientWordsBytes);
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd: join(home, 'work'),
    env: {
      PATH: `${join(home, 'bin')}:${path}`,
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      ...plan.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(order.user === null ? {} : order.user),
  });
  let because: Stop | null = null;
  const one: Running = {
    stop(why) {
      because ??= why;
      stopGroup(child.pid);
    },
  };
  running.add(one);
  lowPriority(child);
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      words.add(chunk);
      if (words.count() > order.outputBytes) one.stop('output');
    });
  const deadline = timers.after(order.timeoutMs, () => one.stop('time'));
  const watch = watchDisk(home, order.diskBytes, timers, () => one.stop('disk'));
  const exit = await ended(child, timers);
  const tookMs = clock.monotonicMs() - startedMs;
  deadline.cancel();
  watch.cancel();
  running.delete(one);
  const { files, bytes, last: newest } = await measureFolder(join(home, plan.fetched), limits.clientEntries);
  const only = files === 1 && newest !== null ? await readFetched(newest) : null;
  const output = maskWords(words.text(), maskOf(order.access), limits.clientLineChars);
  const last = output.split('\n').slice(-limits.clientWordsLines).join('\n');
  const report = { end: endOf(exit, because), tookMs, files, bytes, said: output, words: last };
  return only === null ? report : { ...report, only };
}

type Exit = { readonly code: number | null; readonly signal: string | null } | { readonly error: string };

/**
 * When the process has ended, stops its process group. Resolves when its pipes are closed too, or after
 * `limits.closeMs`.
 */
function ended(child: ChildProcess, timers: Timers): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      if (child.pid === undefined) resolve({ error: codeOf(cause) });
    });
    child.once('exit', (code, signal) => {
      stopGroup(child.pid);
      const exit = { code, signal };
      const patience = timers.after(limits.closeMs, () => resolve(exit));
      child.once('close', () => {
        patience.cancel();
        resolve(exit);
      });
    });
  });
}

function endOf(exit: Exit, because: Stop | null): ClientEnd {
  if ('error' in exit) return { tag: 'not_run', because: 'trouble', code: exit.error };
  if (because === 'shutdown') return { tag: 'not_run', because: 'shutdown', code: 'ECANCELED' };
  if (because !== null) return { tag: 'stopped', because };
  if (exit.code === null) return { tag: 'signalled', signal: exit.signal ?? 'unknown' };
  return { tag: 'exited', code: exit.code };
}

function isRefused({ end, said: output }: ClientReport): boolean {
  return end.tag === 'exited' && end.code !== 0 && /^(?:prlimit|setpriv): /.test(output);
}

function notRun(because: Extract<ClientEnd, { tag: 'not_run' }>['because'], code: string): ClientReport {
  return { end: { tag: 'not_run', because, code }, tookMs: 0, files: 0, bytes: 0, said: '', words: '' };
}

/**
 * Returns the command line to run. If util-linux is installed, `prlimit` limits the client's resources, and `setpriv`
 * ends the client together with this process.
 */
function wrapped(argv: readonly string[], order: ClientOrder, path: string): readonly string[] {
  const setpriv = findCommand('setpriv', path);
  const prlimit = findCommand('prlimit', path);
  const cpuSeconds = Math.ceil(order.timeoutMs / 1000);
  return [
    ...(setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL', '--']),
    ...(prlimit === null
      ? []
      : [
          prlimit,
          `--fsize=${order.diskBytes}`,
          `--cpu=${cpuSeconds}`,
          '--core=0',
          `--data=${limits.clientDataBytes}`,
          '--',
        ]),
    ...argv,
  ];
}

async function furnish(home: string, plan: ClientPlan, user: ClientOrder['user'], failing: string): Promise<void> {
  const own = async (path: string) => (user === null ? undefined : chown(path, user.uid, user.gid));
  const folders = new Set([home]);
  const folder = async (below: string) => {
    const parts = below.split('/').filter((part) => part !== '' && part !== '.');
    for (let at = 1; at <= parts.length; at += 1) folders.add(join(home, ...parts.slice(0, at)));
    await mkdir(join(home, below), { recursive: true, mode: 0o700 });
  };
  for (const below of ['work', 'tmp', 'bin', plan.fetched]) await folder(below);
  for (const name of withheld) {
    await symlink(failing, join(home, 'bin', name));
    if (user !== null) await lchown(join(home, 'bin', name), user.uid, user.gid);
  }
  for (const [name, text] of Object.entries({ ...stops, ...plan.files })) {
    await folder(dirname(name));
    await writeFile(join(home, name), text, { mode: 0o600, flag: 'wx' });
    await own(join(home, name));
  }
  // The folder itself last: from then on, other processes of the user can replace what is in it by links.
  for (const path of [...folders].toReversed()) await own(path);
}

function watchDisk(home: string, bytesMax: number, timers: Timers, over: () => void): { cancel(): void } {
  let isOver = false;
  let timer = timers.after(limits.clientWatchMs, checkSize);
  function checkSize(): void {
    void measureFolder(home, limits.clientEntries).then(({ bytes, isCut }) => {
      if (isOver) return;
      if (bytes > bytesMax || isCut) over();
      else timer = timers.after(limits.clientWatchMs, checkSize);
    });
  }
  return {
    cancel() {
      isOver = true;
      timer.cancel();
    },
  };
}

function lowPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // The process has already ended.
  }
}

function codeOf(cause: unknown): string {
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}

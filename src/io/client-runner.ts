import { chown, lchown, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClientEnd, ClientOrder, ClientPlan, ClientReport, ClientRunner } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';
import { maskOf } from '../core/mask-known.ts';
import { clearFolder, clearLeft, homePrefix, makeRunsFolder, measureFolder, readFetched } from './client-folder.ts';
import { keepWords, maskWords } from './client-words.ts';
import { systemClock } from './clock.ts';
import { codeOf } from './files.ts';
import { findCommand } from './machine.ts';
import { type ProcessGroup, startGroup } from './process-groups.ts';
import { systemTimers } from './timers.ts';

type Stop = Extract<ClientEnd, { tag: 'stopped' }>['because'] | 'shutdown';

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
 * @see docs/decisions/0020-real-clients-run-no-code-of-others.md for what this protects against and what it does not
 */
export function createClientRunner(input: { readonly path: string; readonly folder?: string }): ClientRunner {
  const { path } = input;
  const running = new Set<ProcessGroup<Stop>>();
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
      const one = { running, path, order, home, plan };
      const report = await runPlan(one, wrapped(argv, order, path));
      // A filter of system calls may forbid `setpriv` or `prlimit`. Then the client runs without them.
      return isRefused(report) ? await runPlan(one, argv) : report;
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
      for (const one of running) one.stop('shutdown');
      await Promise.all(ends);
    },
  };
}

interface Run {
  readonly running: Set<ProcessGroup<Stop>>;
  readonly path: string;
  readonly order: ClientOrder;
  readonly home: string;
  readonly plan: ClientPlan;
}

async function runPlan({ running, path, order, home, plan }: Run, argv: readonly string[]): Promise<ClientReport> {
  const startedMs = systemClock.monotonicMs();
  const words = keepWords(limits.clientWordsBytes);
  const group = startGroup<Stop>(argv, {
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
    timeoutMs: order.timeoutMs,
    ...order.user,
  });
  running.add(group);
  lowPriority(group.child.pid);
  for (const stream of [group.child.stdout, group.child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      words.add(chunk);
      if (words.count() > order.outputBytes) group.stop('output');
    });
  const watch = watchDisk(home, order.diskBytes, () => group.stop('disk'));
  const end = endOf(await group.end);
  const tookMs = systemClock.monotonicMs() - startedMs;
  watch.cancel();
  running.delete(group);
  const { files, bytes, last: newest } = await measureFolder(join(home, plan.fetched), limits.clientEntries);
  const only = files === 1 && newest !== null ? await readFetched(newest) : null;
  const output = maskWords(words.text(), maskOf(order.access), limits.clientLineChars);
  const last = output.split('\n').slice(-limits.clientWordsLines).join('\n');
  const report = { end, tookMs, files, bytes, said: output, words: last };
  return only === null ? report : { ...report, only };
}

function endOf({ exit, because }: Awaited<ProcessGroup<Stop>['end']>): ClientEnd {
  if (exit.tag === 'not_run') return { ...exit, because: 'trouble' };
  if (because === 'shutdown') return { tag: 'not_run', because: 'shutdown', code: 'ECANCELED' };
  return because === null ? exit : { tag: 'stopped', because };
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

function watchDisk(home: string, bytesMax: number, over: () => void): { cancel(): void } {
  let isOver = false;
  let timer = systemTimers.after(limits.clientWatchMs, checkSize);
  function checkSize(): void {
    void measureFolder(home, limits.clientEntries).then(({ bytes, isCut }) => {
      if (isOver) return;
      if (bytes > bytesMax || isCut) over();
      else timer = systemTimers.after(limits.clientWatchMs, checkSize);
    });
  }
  return {
    cancel() {
      isOver = true;
      timer.cancel();
    },
  };
}

function lowPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // The process has already ended.
  }
}

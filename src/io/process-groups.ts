import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getOrElse } from '../core/get-or-else.ts';
import { limits } from '../core/limits.ts';
import { codeOf } from './files.ts';
import { keepFlag } from './flag.ts';

/** How the first process of a group ended: with an exit status, by a signal, or it could not be started. */
export type GroupExit =
  | { readonly tag: 'exited'; readonly code: number }
  | { readonly tag: 'signalled'; readonly signal: string }
  | { readonly tag: 'not_run'; readonly code: string };

/** @template Why  the reasons of `stop` */
export interface ProcessGroup<Why> {
  readonly child: ReturnType<typeof spawn>;
  /** Kills the group. The first reason is the one that `end` gives. */
  stop(because: Why): void;
  /** Never rejects. `because`: why the group was stopped; `null`: it ended on its own. */
  readonly end: Promise<{ readonly exit: GroupExit; readonly because: Why | null }>;
}

/**
 * Starts a program in its own process group. The group is killed after `timeoutMs`, and when the program has ended.
 * @throws what `spawn` throws, such as for an argument with a zero byte
 */
export function startGroup<Why>(
  [file = '', ...args]: readonly string[],
  options: Parameters<typeof spawn>[2] & { readonly timeoutMs: number },
): ProcessGroup<Why | 'time'> {
  const { timeoutMs, ...rest } = options;
  const child = spawn(file, args, { ...rest, detached: true });
  const { promise, resolve } = Promise.withResolvers<GroupExit>();
  let because: Why | 'time' | null = null;
  // Other processes of the group could keep the pipes open. And a process that cannot be killed must not delay the end.
  const stopThen = (exit: GroupExit): void => {
    stopGroup(child.pid);
    setTimeout(resolve, limits.closeMs, exit).unref();
  };
  const stop = (why: Why | 'time'): void => {
    because ??= why;
    stopThen({ tag: 'signalled', signal: 'SIGKILL' });
  };
  const deadline = setTimeout(stop, timeoutMs, 'time');
  child.once('error', (cause) => {
    if (child.pid === undefined) resolve({ tag: 'not_run', code: codeOf(cause) });
  });
  child.once('exit', (code, signal) => {
    const exit: GroupExit = code === null ? { tag: 'signalled', signal: signal ?? 'unknown' } : { tag: 'exited', code };
    child.once('close', () => resolve(exit));
    stopThen(exit);
  });
  const end = promise.then((exit) => {
    clearTimeout(deadline);
    return { exit, because };
  });
  return { child, stop, end };
}

/**
 * Marks a process group as running by an empty file, so that the next start of the daemon can stop it.
 * @param leader  the process id of its first process
 * @returns a function that removes the mark
 */
export function recordGroup(folder: string, leader: number): () => void {
  const name = nameOf(leader);
  if (name === null) return () => undefined;
  keepFlag(join(folder, name), true);
  return () => void keepFlag(join(folder, name), false);
}

/** Kills the marked process groups (of an earlier daemon) whose first process still runs, and removes all marks. */
export function stopRecordedGroups(folder: string): void {
  for (const name of getOrElse(() => readdirSync(folder), [])) {
    const leader = Number.parseInt(name, 10);
    if (nameOf(leader) === name) stopGroup(leader);
    keepFlag(join(folder, name), false);
  }
}

function stopGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has already ended.
  }
}

/**
 * Identifies a process by its id, its start time and the boot of the machine, because ids are reused. `null`: there is
 * no such process, or no `/proc`.
 */
function nameOf(pid: number): string | null {
  const [stat = null, boot = null] = [`/proc/${pid}/stat`, '/proc/sys/kernel/random/boot_id'].map((file) =>
    getOrElse(() => readFileSync(file, 'utf8'), null),
  );
  const startTicks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return stat === null || boot === null ? null : `${pid}-${startTicks}-${boot.trim()}`;
}

import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start one program. */
export interface ChildPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Requested repeatedly until the status is 2xx: then the program is ready. */
  readonly readyUrl: string;
  /** The folder of its log. */
  readonly folder: string;
}

/** A started program. */
export interface Child {
  /**
   * Resolves when the program is ready.
   * @throws Error with the end of its log if it ends before, or is not ready within four minutes
   */
  ready(): Promise<void>;
  /** Resolves when the program has ended, with a text for people: the reason and the end of its log. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM, and SIGKILL after a minute (the daemon drains for 10 s). Resolves when the program has ended. */
  stop(): Promise<void>;
}

const readyWithinMs = 240_000;
const stopWithinMs = 60_000;
const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'].filter((place) => place !== '');

/** The path of an installed program; `null`: it is not installed. */
export function findCommand(name: string): string | null {
  for (const place of places) {
    try {
      accessSync(join(place, name), constants.X_OK);
      return join(place, name);
    } catch {
      // The program is not in this folder.
    }
  }
  return null;
}

/**
 * Starts a program in its own process group. So Ctrl-C in the terminal reaches only this process, which then stops its
 * programs in order. If `setpriv` is installed, the kernel also stops the program when this process is killed.
 */
export function startChild(plan: ChildPlan): Child {
  const log = join(plan.folder, `${plan.name}.log`);
  const output = openSync(log, 'w');
  const setpriv = findCommand('setpriv');
  const [command, args] =
    setpriv === null ? [plan.command, plan.args] : [setpriv, ['--pdeathsig', 'TERM', '--', plan.command, ...plan.args]];
  const child = spawn(command, args, { cwd: plan.folder, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const tail = (): string => readFileSync(log, 'utf8').split('\n').slice(-15).join('\n');
  let isGone = false;
  const ended = new Promise<string>((resolve) => {
    const end = (why: string): void => {
      isGone = true;
      resolve(`${plan.name} ended (${why}):\n${tail()}`);
    };
    child.once('error', (cause) => end(cause.message));
    child.once('exit', (code, signal) => end(signal ?? `exit ${code}`));
  });
  return {
    ended,
    async ready() {
      for (let tries = readyWithinMs / 50; tries > 0; tries -= 1) {
        if (isGone) throw new Error(await ended);
        if (await answers(plan.readyUrl)) return;
        await sleep(50);
      }
      throw new Error(`${plan.name} is not ready after ${readyWithinMs / 1000} s:\n${tail()}`);
    },
    async stop() {
      if (isGone) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(late);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program of the bench's own in a process of its own, so that its CPU time is told apart from ours. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The next message that it sends. Rejects when it exits instead, or says nothing for a minute. */
  readonly hear: () => Promise<unknown>;
  readonly say: (message: object) => void;
  readonly close: () => Promise<void>;
}

const silenceMs = 60_000;
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts `bench/<name>.ts` with this Node; it ends when its channel to us closes, at the latest when we do. */
export function startChild(name: string, args: readonly string[], flags: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => children.delete(child));
  return {
    pid: child.pid ?? 0,
    process: child,
    hear: () =>
      new Promise((resolve, reject) => {
        const over = (act: () => void): void => {
          clearTimeout(timer);
          child.off('message', heard).off('exit', left);
          act();
        };
        const heard = (message: unknown): void => over(() => resolve(message));
        const left = (code: number | null): void => over(() => reject(new Error(`${name} exited (${code})`)));
        const timer = setTimeout(() => over(() => reject(new Error(`${name} said nothing`))), silenceMs);
        child.once('message', heard).once('exit', left);
      }),
    say: (message) => void child.send(message),
    async close() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

import { Worker } from 'node:worker_threads';
import { type FromWorker, type ToWorker, type WorkerSeed, workerRole } from './worker-protocol.ts';

export interface Thread {
  send(message: ToWorker): void;
  /** Ends the thread, even if it is in an endless loop. `gone` is not called afterwards. */
  end(): Promise<void>;
}

/** `gone` is called at most once, if the thread ends without a call of `end`. */
export interface ThreadEvents {
  readonly message: (message: FromWorker) => void;
  readonly gone: (why: 'crashed' | 'exited', text: string) => void;
}

export const workerEntry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * Keeps V8's young generation small. Then pauses of the garbage collection, which would count as time of a mirror, take
 * 0.6 ms instead of 4 to 8 ms (`npm run bench -- --profile`).
 */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

/** Starts a thread. An exception in the thread, or at its creation, is reported as `crashed`. */
export function startThread(entry: URL, given: Omit<WorkerSeed, 'role'>, events: ThreadEvents): Thread {
  const seed: WorkerSeed = { role: workerRole, ...given };
  // Node flags of this process (such as an inspector's port) must not apply to the thread.
  const options = { workerData: seed, name: `probe-${given.worker}`, execArgv: [], resourceLimits };
  let isOver = false;
  const over = (why: 'crashed' | 'exited', text: string) => {
    if (isOver) return;
    isOver = true;
    events.gone(why, text);
  };
  const crashed = (thrown: unknown) =>
    over('crashed', thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  let thread: Worker;
  try {
    thread = new Worker(entry, options);
  } catch (failed) {
    setImmediate(() => crashed(failed));
    return {
      send: () => undefined,
      async end() {
        isOver = true;
      },
    };
  }
  thread.on('message', (message: FromWorker) => {
    if (!isOver) events.message(message);
  });
  thread.on('error', crashed);
  thread.on('messageerror', (thrown) => over('crashed', thrown.message));
  thread.on('exit', (code) => over('exited', `exit code ${code}`));
  return {
    send: (message) => thread.postMessage(message),
    async end() {
      isOver = true;
      await thread.terminate();
    },
  };
}

import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type FromWorker, type ToWorker, type WorkerSeed, workerRole } from './worker-protocol.ts';

/** One live thread, as the pool sees it. */
export interface Thread {
  send(message: ToWorker): void;
  /** Ends the thread, even one stuck in a loop. Idempotent; `gone` is not called afterwards. */
  end(): Promise<void>;
}

/** Callbacks from a thread to the pool. `gone` is called once, with the reason. */
export interface ThreadEvents {
  readonly message: (message: FromWorker) => void;
  readonly gone: (why: 'crashed' | 'exited', text: string) => void;
}

/** The file that threads run: beside this one, in the same language, so that it works from sources and from `dist/`. */
export const workerEntry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * A small young generation: a probing thread then collects it a few times a second for 0.6 ms, instead of every two
 * seconds for 4 to 8 ms (measured by `npm run bench -- --profile`). A pause of ours would be a mirror's round trip.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

/** Starts a thread. An exception ends it and is reported as `crashed`, also one at its creation (no threads are left). */
export function startThread(entry: URL, given: Omit<WorkerSeed, 'role'>, events: ThreadEvents): Thread {
  const seed: WorkerSeed = { role: workerRole, ...given };
  // Node flags of this process (a test runner's loader, an inspector's port) must not apply to the thread.
  const options = { workerData: seed, name: `probe-${given.worker}`, execArgv: [], resourceLimits };
  let isOver = false;
  const over = (why: 'crashed' | 'exited', text: string) => {
    if (isOver) return;
    isOver = true;
    events.gone(why, text);
  };
  const crashed = (thrown: unknown) =>
    over('crashed', thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  const thread = createThread(entry, options);
  if (!(thread instanceof Worker)) {
    setImmediate(() => crashed(thread.failed));
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

function createThread(entry: URL, options: WorkerOptions): Worker | { readonly failed: unknown } {
  try {
    return new Worker(entry, options);
  } catch (failed) {
    return { failed };
  }
}

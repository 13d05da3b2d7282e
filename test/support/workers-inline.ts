import type { Clock, Wire, WorkerBook, Workers } from '../../src/core/ports.ts';
import { createRunner } from '../../src/io/worker.ts';

/**
 * Workers without threads, over a wire that is handed in: for tests with a manual clock. Loop delays are none unless
 * `loopDelayMsMax` says otherwise. `close` closes the wire.
 */
export function createInlineWorkers(deps: {
  readonly book: WorkerBook;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly loopDelayMsMax?: (fromMs: number) => number;
  /** Processor time; left out: that of this thread. */
  readonly spentMs?: () => number;
}): Workers {
  const { wire, clock, spentMs } = deps;
  const runnerOf = (book: WorkerBook) =>
    createRunner({
      book,
      wire,
      clock,
      worker: 0,
      loopDelayMsMax: deps.loopDelayMsMax ?? (() => 0),
      ...(spentMs === undefined ? {} : { spentMs }),
    });
  let runner = runnerOf(deps.book);
  let inFlight = 0;

  async function counted<T>(job: Promise<T>): Promise<T> {
    inFlight += 1;
    try {
      return await job;
    } finally {
      inFlight -= 1;
    }
  }

  return {
    probe: (due) => counted(runner.probe(due)),
    control: (due) => counted(runner.control(due)),
    configure(book) {
      runner = runnerOf(book);
      return Promise.resolve();
    },
    loopDelays: () => [{ worker: 0, delaysMs: [] }],
    inFlight: () => inFlight,
    close: () => wire.close(),
  };
}

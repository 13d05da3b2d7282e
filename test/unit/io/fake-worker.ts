import { parentPort, workerData } from 'node:worker_threads';
import type { Due } from '../../../src/core/due.ts';
import { type FromWorker, lostProbeOf, type ToWorker, type WorkerSeed } from '../../../src/io/worker-protocol.ts';

/**
 * A thread that does what a due's registry or a control's name says: `answer`; `answer twice`; `hold` until a later
 * `release`; `held`, which held the thread; `small`, some bytes; `exit`, `throw` or `spin` for ever; `spin reading`, with any
 * words behind it: in an answer; `hold reading`: in one, piece by piece; `answer later`: only with the second book.
 */
const seed: WorkerSeed = workerData;
/** The delay that a thread tells before it spins. */
const readingMark = 77;
const held: (() => void)[] = [];
const send = (message: FromWorker) => parentPort?.postMessage(message);
let userAgent = userAgentOf(seed);
/** Books that came after the first; told as the `requests` of each sample. */
let books = 0;

function userAgentOf({ book }: { readonly book: WorkerSeed['book'] }): string {
  return book.access.any?.userAgent ?? 'none';
}

function answer(job: number, due: Due): void {
  const { sample, transcript } = lostProbeOf(due, 'defect', seed.worker, { wallMs: 1, monotonicMs: 1 });
  const probed = {
    sample: {
      ...sample,
      outcome: { tag: 'ok' } as const,
      finalUrl: userAgent,
      requests: books,
      ...(due.target.registry === 'held' ? { heldMs: 600 } : {}),
      ...(due.target.registry === 'small' ? { bytes: 1_000 } : {}),
    },
    transcript,
  };
  send({ kind: 'done', jobs: [{ job, kind: 'probe', probed }] });
}

function act(what: string, finish: () => void): void {
  switch (what.replace(/^(spin reading) .*/, '$1')) {
    case 'hold':
    case 'hold reading':
      held.push(finish);
      return;
    case 'exit':
      process.exit(3);
      return;
    case 'throw':
      throw new Error('broken on purpose');
    case 'spin':
    case 'spin reading':
      for (;;);
    case 'answer later':
      if (userAgent === 'second') finish();
      return;
    case 'answer twice':
      finish();
      finish();
      return;
    case 'release':
      finish();
      for (const one of held.splice(0)) one();
      return;
    default:
      finish();
  }
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'book':
      userAgent = userAgentOf(message);
      books += 1;
      send({ kind: 'booked', edition: message.edition });
      return;
    case 'probe':
      if (/^(spin|hold) reading/.test(message.due.target.registry)) {
        Atomics.store(seed.reading, 0, message.job);
        send({ kind: 'beat', delaysMs: [readingMark] });
      }
      act(message.due.target.registry, () => answer(message.job, message.due));
      return;
    case 'control':
      act(message.due.name, () =>
        send({
          kind: 'done',
          jobs: [
            {
              job: message.job,
              kind: 'control',
              response: {
                name: message.due.name,
                answered: true,
                latencyMs: seed.worker,
                code: null,
                at: { wallMs: 1, monotonicMs: 1 },
              },
            },
          ],
        }),
      );
      return;
    default:
      message satisfies never;
  }
});
send({ kind: 'beat', delaysMs: [seed.worker, 0.5] });

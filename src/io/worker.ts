import { setFlagsFromString } from 'node:v8';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ControlDue, ControlResponse, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { maskOf } from '../core/mask-known.ts';
import { type EcosystemId, isHeavy } from '../core/mirror.ts';
import type { Pieces, Probed, Prober, SignatureChecker, Wire, WorkerBook } from '../core/ports.ts';
import { dropContents, type Transcript } from '../core/transcript.ts';
import { loadProber } from '../ecosystems/prober.ts';
import { type ConverseInput, converse } from '../probe/converse.ts';
import { measure } from '../probe/measure.ts';
import { warmUp } from '../wire/warm-up.ts';
import { createWire } from '../wire/wire.ts';
import { systemClock } from './clock.ts';
import { createCollector } from './collect.ts';
import { createGpgv } from './gpgv.ts';
import { createPieces } from './pieces.ts';
import { createProbeMemories, type ProbeMemories } from './probe-memory.ts';
import { nextTurn, systemTimers } from './timers.ts';
import { measureLoop } from './worker-delay.ts';
import {
  beatMs,
  type FromWorker,
  type JobDone,
  lostProbeOf,
  type ToWorker,
  type WorkerSeed,
  workerRole,
} from './worker-protocol.ts';

const tickMs = 10;
/** A result waits at most this long, milliseconds, so that one message can carry several results to the main thread. */
const batchMs = 4;

export interface Runner {
  /**
   * Runs one probe. It never rejects: an exception, or a mirror that is not in the book (the thread's configuration),
   * gives `unknown('defect')`.
   * @param reading  called with true when the thread begins to process a response, with false when it ends
   */
  probe(due: Due, reading?: (isReading: boolean) => void): Promise<Probed>;
  control(due: ControlDue): Promise<ControlResponse>;
}

export interface RunnerDeps extends Pick<ConverseInput, 'clock' | 'worker' | 'loopDelayMsMax' | 'loopDelayMsSum'> {
  readonly book: WorkerBook;
  readonly wire: Wire;
  /** Verifies signatures; absent: the program `gpgv` of this machine does. */
  readonly signatures?: SignatureChecker;
  readonly proberOf?: (id: EcosystemId) => Promise<Prober>;
  readonly memories?: ProbeMemories;
  /** Returns the CPU time used so far, milliseconds; absent: the CPU time of this thread. */
  readonly spentMs?: () => number;
  /**
   * Returns true if the CPU time of a response that began at `fromMs` (monotonic milliseconds) may be held against its
   * mirror; absent: always.
   */
  readonly isFullSpeed?: (fromMs: number) => boolean;
}

export function createRunner(deps: RunnerDeps): Runner {
  const { book, wire, clock, worker, loopDelayMsMax, proberOf = loadProber, memories = createProbeMemories() } = deps;
  const { signatures = createGpgv(), spentMs, loopDelayMsSum = loopDelayMsMax, isFullSpeed = () => true } = deps;
  return {
    async probe(due, reading) {
      const { registry: name, ecosystem } = due.target;
      const [access, context] = [book.access[name], book.context[name]];
      if (access === undefined || context === undefined) return lostProbeOf(due, 'defect', worker, clock.now());
      const fromMs = clock.monotonicMs();
      const heldMs = (): number | undefined => {
        const ms = heldMsOf(due, pieces);
        return ms === undefined || isFullSpeed(fromMs) ? ms : undefined;
      };
      const pieces = createPieces(reading, spentMs, spentMs);
      const { timed, received } = pieces;
      try {
        const prober = await proberOf(ecosystem);
        if (prober.prepare !== undefined) await prober.prepare(context);
        const mask = maskOf(access);
        const over = { family: due.family, protocol: due.protocol, build: due.build, timed, received };
        const line = wire.open(access, due.connection, over);
        if (line.joined !== undefined && !(await line.joined(due.timeoutMs))) {
          line.close();
          return lostProbeOf(due, 'local', worker, clock.now());
        }
        const held = await converse({
          due,
          prober,
          context: {
            ...context,
            nowWallMs: clock.wallMs(),
            memory: memories(name),
            ...(due.purpose === 'peek' ? { peekBytes: limits.peekBytes } : {}),
            ...(due.artifactAt === undefined ? {} : { artifactAt: due.artifactAt }),
          },
          line,
          mask,
          clock,
          signatures,
          worker,
          loopDelayMsMax,
          loopDelayMsSum,
          nextTurn,
          pieces,
        });
        // A server may echo our request, so credentials are masked before the data leaves this thread.
        const transcript = timed(() => mask.data(held));
        const sample = timed(() => measure(due, transcript));
        const ms = heldMs();
        return { sample: ms === undefined ? sample : { ...sample, heldMs: ms }, transcript: keptOf(transcript) };
      } catch {
        return lostProbeOf(due, 'defect', worker, clock.now(), heldMs());
      }
    },
    control: (due) => wire.control(due),
  };
}

function heldMsOf({ target, purpose }: Due, { longestMs }: Pieces): number | undefined {
  const isHashed = isHeavy(target) && purpose !== 'peek';
  return isHashed || longestMs() < limits.threadHeldMs ? undefined : longestMs();
}

function keptOf(transcript: Transcript): Transcript {
  const { verdict } = transcript;
  return { ...transcript, verdict: { ...verdict, facts: dropContents(verdict.facts) } };
}

interface Edition {
  readonly book: WorkerBook;
  readonly runner: Runner;
  readonly wire: Wire;
  readonly memories: ProbeMemories;
  readonly use: { jobs: number };
}

/**
 * Prepares the use of a new book (the thread's configuration). If the access to mirrors is unchanged, the connections
 * and cached texts of `before` are kept.
 */
function openEdition(
  given: WorkerBook,
  before: Edition | null,
  own: Pick<RunnerDeps, 'worker' | 'loopDelayMsMax' | 'loopDelayMsSum' | 'isFullSpeed'>,
): Edition {
  const same = before !== null && accessKeyOf(before.book) === accessKeyOf(given);
  const book = same ? { ...given, access: before.book.access } : given;
  const wire = same
    ? before.wire
    : createWire({
        clock: systemClock,
        timers: systemTimers,
        ...(book.otherNames === undefined ? {} : { otherNames: book.otherNames }),
        userAgent: Object.values(book.access)[0]?.userAgent,
      });
  const memories = same ? before.memories : createProbeMemories();
  const runner = createRunner({ book, wire, clock: systemClock, ...own, memories });
  return { book, runner, wire, memories, use: same ? before.use : { jobs: 0 } };
}

function usesHttp2({ access }: WorkerBook): boolean {
  return Object.values(access).some(
    ({ url, protocols }) => url.startsWith('https:') && protocols?.includes('2') === true,
  );
}

function serve(port: MessagePort, seed: WorkerSeed): void {
  const watch = measureLoop({ clock: systemClock, timers: systemTimers, everyMs: tickMs });
  const { delayMsMax: loopDelayMsMax, delayMsSum: loopDelayMsSum } = watch;
  const own = { worker: seed.worker, loopDelayMsMax, loopDelayMsSum, isFullSpeed: startOptimizing };
  let current = openEdition(seed.book, null, own);
  const warm = Promise.allSettled([
    warmUp({ wire: current.wire, clock: systemClock, timers: systemTimers, withHttp2: usesHttp2(current.book) }),
    ...(seed.book.ecosystems ?? []).map(loadProber),
  ]);
  let done: JobDone[] = [];
  const garbage = createCollector(systemTimers);

  function send(message: FromWorker): void {
    port.postMessage(message);
  }

  function closeOld(edition: Edition): void {
    if (edition.wire !== current.wire && edition.use.jobs === 0) void edition.wire.close();
  }

  function finish(one: JobDone, edition: Edition): void {
    edition.use.jobs -= 1;
    closeOld(edition);
    done.push(one);
    garbage.ended();
    if (done.length > 1) return;
    systemTimers.after(batchMs, () => {
      send({ kind: 'done', jobs: done });
      done = [];
    });
  }

  async function run(message: Exclude<ToWorker, { kind: 'book' }>): Promise<void> {
    const edition = current;
    edition.use.jobs += 1;
    garbage.began();
    await warm;
    const { job } = message;
    if (message.kind === 'probe') {
      const reading = (isReading: boolean) => void Atomics.store(seed.reading, 0, isReading ? job : 0);
      finish({ job, kind: 'probe', probed: await edition.runner.probe(message.due, reading) }, edition);
    } else finish({ job, kind: 'control', response: await edition.runner.control(message.due) }, edition);
  }

  function beat(): void {
    send({ kind: 'beat', delaysMs: watch.take() });
    systemTimers.after(beatMs, beat);
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind !== 'book') {
      void run(message);
      return;
    }
    const before = current;
    current = openEdition(message.book, before, own);
    closeOld(before);
    send({ kind: 'booked', edition: message.edition });
  });
  beat();
}

/** When this thread switched the compilers on, monotonic milliseconds; `null`: it did not. */
let optimizedMs: number | null = null;

/**
 * Switches V8's optimizing compilers on, for all threads, if this thread did not yet. They are off in a daemon with
 * little load. Without them, a large index takes 5 to 12 times as much CPU time
 * (docs/decisions/0036-a-mirror-that-blocks-a-thread.md).
 * @returns true if this thread switched them on before `fromMs`, when the work began, monotonic milliseconds
 */
function startOptimizing(fromMs: number): boolean {
  if (optimizedMs === null) {
    for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
    optimizedMs = systemClock.monotonicMs();
  }
  return fromMs > optimizedMs;
}

function accessKeyOf(book: WorkerBook): string {
  return JSON.stringify([book.access, book.otherNames ?? []]);
}

function isSeed(data: unknown): data is WorkerSeed {
  return typeof data === 'object' && data !== null && 'role' in data && data.role === workerRole;
}

if (parentPort !== null && isSeed(workerData)) serve(parentPort, workerData);

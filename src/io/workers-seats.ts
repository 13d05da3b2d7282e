import { isDeepStrictEqual } from 'node:util';
import type { ControlDue, ControlResponse, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log, Probed, Timers, WorkerBook } from '../core/ports.ts';
import { beatMs, type FromWorker, type JobDone } from './worker-protocol.ts';
import { startThread, type Thread, workerEntry } from './workers-thread.ts';

/**
 * If a thread lived at least this long, milliseconds, its replacement starts after the shortest wait. Otherwise the
 * wait doubles.
 */
const settledMs = 10_000;
const respawnMsMin = 100;
const respawnMsMax = 10_000;
const delaysKept = 4_096;

export interface Job {
  readonly id: number;
  readonly work: { readonly kind: 'probe'; readonly due: Due } | { readonly kind: 'control'; readonly due: ControlDue };
  readonly settle: (done: Probed | ControlResponse) => void;
  /** The time after which an unfinished job is given up, milliseconds. */
  readonly longestMs: number;
  watchdog: { cancel(): void };
  tries: number;
}

export type ProbeJob = Job & { readonly work: { readonly kind: 'probe' } };

export function isProbe(job: Job): job is ProbeJob {
  return job.work.kind === 'probe';
}

/** A place for one thread in the pool. If the thread ends or hangs, another thread gets the seat. */
export interface Seat {
  readonly worker: number;
  /**
   * True: this seat is for the separate thread, which probes mirrors whose responses block a thread. Only a pool of
   * several threads has it.
   */
  readonly isApart: boolean;
  readonly inHand: Map<number, Job>;
  /** The thread of this seat; `null`: no thread is needed now, or the old thread is being replaced. */
  thread: Thread | null;
  /** True if the seat has no thread because none is needed. */
  isAsleep: boolean;
  /** When the number of jobs last required this seat, monotonic milliseconds. */
  neededAtMs: number;
  /** When the thread was started, monotonic milliseconds. */
  bornAtMs: number;
  /** When the last message of the thread arrived, monotonic milliseconds. */
  seenAtMs: number;
  /** True once the thread has sent a message. */
  hasSpoken: boolean;
  respawnMs: number;
  delaysMs: number[];
  /** The edition (version number) of the book (the configuration of probes) that the thread has. */
  edition: number;
  /** Memory shared with the thread: the job whose response it is processing (see `WorkerSeed.reading`). */
  reading: Int32Array;
}

/**
 * A thread that hangs. `job`: the id of the job whose response it is processing; 0: not known. `ms`: it has hung at
 * least this long.
 */
export interface Holding {
  readonly job: number;
  readonly ms: number;
}

export interface SeatsDeps {
  /**
   * The maximum number of threads, at least 1. If it is more than 1, the pool has one more thread, for mirrors whose
   * responses block a thread.
   */
  readonly count: number;
  readonly book: WorkerBook;
  /** The maximum number of probes at once over all threads; absent: `limits.workerInFlight` for each thread. */
  readonly probesAtOnce?: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** The file that threads run; absent: `workerEntry`. */
  readonly entry?: URL;
}

export interface SeatEvents {
  readonly done: (seat: Seat, jobs: readonly JobDone[]) => void;
  /**
   * Called when a thread ends, unless it was stopped because it was idle. `holding`: how it hung; `null`: it did not
   * hang, or not after its start.
   */
  readonly gone: (seat: Seat, holding: Holding | null) => void;
  /** Called when an ended thread has been replaced. */
  readonly back: () => void;
  readonly booked: () => void;
}

export class Seats {
  readonly all: readonly Seat[];
  readonly #deps: Omit<SeatsDeps, 'book'>;
  readonly #events: SeatEvents;
  readonly #respawns = new Set<{ cancel(): void }>();
  #book: WorkerBook;
  #edition = 0;
  #replaced = 0;
  #checkedAtMs: number;
  #isClosed = false;
  #check: { cancel(): void };

  constructor({ book, ...deps }: SeatsDeps, events: SeatEvents) {
    this.#deps = deps;
    this.#events = events;
    this.#book = book;
    this.#checkedAtMs = deps.clock.monotonicMs();
    const count = Math.max(1, deps.count);
    this.all = Array.from({ length: count === 1 ? 1 : count + 1 }, (_, worker) => ({
      worker,
      isApart: worker === count,
      inHand: new Map(),
      thread: null,
      isAsleep: true,
      neededAtMs: 0,
      bornAtMs: 0,
      seenAtMs: 0,
      hasSpoken: false,
      respawnMs: respawnMsMin,
      delaysMs: [],
      edition: 0,
      reading: slot(),
    }));
    for (const seat of this.all.slice(0, 1)) this.#spawn(seat);
    this.#check = deps.timers.after(beatMs, () => this.#checkThreads());
  }

  /**
   * Sends a changed book (the configuration of probes) to all threads.
   * @returns the edition (version number) of the book
   */
  configure(book: WorkerBook): number {
    if (isDeepStrictEqual(book, this.#book)) return this.#edition;
    this.#book = book;
    this.#edition += 1;
    for (const { thread } of this.all) thread?.send({ kind: 'book', book, edition: this.#edition });
    return this.#edition;
  }

  /** The oldest edition of the book (the configuration of probes) in any running thread; `Infinity`: no thread runs. */
  oldestEdition(): number {
    return Math.min(...this.all.map((seat) => (seat.thread === null ? Number.POSITIVE_INFINITY : seat.edition)));
  }

  /** Starts threads in these seats if one more job needs them. Each thread is meant for `limits.workerCrowd` jobs. */
  wake(fitting: readonly Seat[]): void {
    const jobs = fitting.reduce((sum, { inHand }) => sum + inHand.size, 1);
    const able = fitting.filter(({ thread, isAsleep }) => thread !== null || isAsleep);
    for (const seat of able.slice(0, Math.ceil(jobs / limits.workerCrowd))) {
      seat.neededAtMs = this.#deps.clock.monotonicMs();
      if (seat.isAsleep) this.#spawn(seat);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#check.cancel();
    for (const respawn of this.#respawns) respawn.cancel();
    await Promise.all(
      this.all.map(async (seat) => {
        const { thread } = seat;
        seat.thread = null;
        this.#events.gone(seat, null);
        await thread?.end();
      }),
    );
  }

  receive(seat: Seat, message: FromWorker): void {
    seat.seenAtMs = this.#deps.clock.monotonicMs();
    seat.hasSpoken = true;
    switch (message.kind) {
      case 'done':
        return this.#events.done(seat, message.jobs);
      case 'beat':
        seat.delaysMs.push(...message.delaysMs);
        if (seat.delaysMs.length > delaysKept) seat.delaysMs.splice(0, seat.delaysMs.length - delaysKept);
        return;
      case 'booked':
        seat.edition = Math.max(seat.edition, message.edition);
        return this.#events.booked();
      default:
        message satisfies never;
    }
  }

  #spawn(seat: Seat): void {
    const { clock, entry } = this.#deps;
    seat.bornAtMs = clock.monotonicMs();
    seat.seenAtMs = seat.bornAtMs;
    seat.hasSpoken = false;
    seat.isAsleep = false;
    seat.edition = this.#edition;
    seat.reading = slot();
    const seed = { worker: seat.worker, book: this.#book, reading: seat.reading };
    seat.thread = startThread(entry ?? workerEntry, seed, {
      message: (message) => this.receive(seat, message),
      gone: (why, text) => this.#replace(seat, why, text),
    });
  }

  #replace(seat: Seat, why: 'crashed' | 'exited' | 'hung', text: string): void {
    const { clock, timers, log } = this.#deps;
    const { thread } = seat;
    if (thread === null || this.#isClosed) return;
    seat.thread = null;
    this.#replaced += 1;
    const lived = clock.monotonicMs() - seat.bornAtMs;
    // A thread that hung has taken longer than the waits, so it may be replaced at once.
    const isSettled = why === 'hung' || lived >= settledMs;
    seat.respawnMs = isSettled ? respawnMsMin : Math.min(seat.respawnMs * 2, respawnMsMax);
    log.error('worker thread is replaced', {
      worker: seat.worker,
      why,
      text: text.slice(0, 2_000),
      inHand: seat.inHand.size,
      replaced: this.#replaced,
    });
    const holding = why === 'hung' && seat.hasSpoken ? holdingOf(seat, clock.monotonicMs()) : null;
    void thread.end();
    this.#events.gone(seat, holding);
    this.#events.booked();
    const respawn = timers.after(seat.respawnMs, () => {
      this.#respawns.delete(respawn);
      this.#spawn(seat);
      this.#events.back();
    });
    this.#respawns.add(respawn);
  }

  #checkThreads(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    // If the main thread was blocked, messages of the threads may still wait to be read. Then no thread counts as hung.
    const wasStill = nowMs - this.#checkedAtMs > 3 * beatMs;
    this.#checkedAtMs = nowMs;
    for (const seat of this.all) {
      const limitMs = seat.hasSpoken ? hangMsOf(seat) : limits.workerStartMs;
      if (wasStill) seat.seenAtMs = nowMs;
      else if (nowMs - seat.seenAtMs > limitMs) this.#replace(seat, 'hung', `silent for ${limitMs} ms`);
    }
    for (const seat of this.all.slice(1))
      if (seat.inHand.size === 0 && nowMs - seat.neededAtMs > idleMs(seat)) this.#sleep(seat);
    this.#check = this.#deps.timers.after(beatMs, () => this.#checkThreads());
  }

  #sleep(seat: Seat): void {
    const { thread } = seat;
    if (thread === null) return;
    seat.thread = null;
    seat.isAsleep = true;
    void thread.end();
    this.#events.booked();
  }
}

function slot(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** How long this thread may send no heartbeat before it counts as hung, milliseconds. */
export function hangMsOf({ isApart }: Seat): number {
  return isApart ? limits.apartHangMs : limits.workerHangMs;
}

function idleMs({ isApart }: Seat): number {
  return isApart ? limits.apartIdleMs : limits.workerIdleMs;
}

/** Returns how long a thread has hung, and during which job; `null`: it does not hang. */
function holdingOf({ reading, seenAtMs }: Seat, nowMs: number): Holding | null {
  const ms = nowMs - seenAtMs - beatMs;
  return ms < limits.threadHeldMs ? null : { job: Atomics.load(reading, 0), ms };
}

export function isHolding(holding: Holding | null, { id }: Pick<Job, 'id'>): boolean {
  // The shared slot holds only the low 32 bits of the id.
  return holding !== null && holding.job !== 0 && holding.job === (id | 0);
}

/** Returns the seat with the fewest jobs among those that have a thread. */
export function leastOf(seats: readonly Seat[]): Seat | undefined {
  const [least] = seats.filter(({ thread }) => thread !== null).sort((a, b) => a.inHand.size - b.inHand.size);
  return least;
}

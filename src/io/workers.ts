import type { ControlAnswer, ControlDue, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log, Probed, Timers, WorkerBook, Workers } from '../core/ports.ts';
import { isHeavy } from '../core/target.ts';
import { beatMs, type FromWorker, type JobDone, lostControl, lostProbe } from './worker-protocol.ts';
import { startThread, type Thread, workerEntry } from './workers-thread.ts';

/** Probes that wait because every thread has its fill; more are lost. The scheduler stops long before. */
const queueMax = 4_096;
/** Added to the longest time that a probe can take by its deadlines. */
const watchdogMarginMs = 5_000;
/** A thread that lived so long did not die of its start. */
const settledMs = 10_000;
const respawnMsMin = 100;
const respawnMsMax = 10_000;
/** Loop delays kept per thread until they are asked for: some forty seconds. */
const delaysKept = 4_096;

interface Job {
  readonly id: number;
  readonly ask: { readonly kind: 'probe'; readonly due: Due } | { readonly kind: 'control'; readonly due: ControlDue };
  readonly settle: (done: Probed | ControlAnswer) => void;
  readonly watchdog: { cancel(): void };
  tries: number;
}

/** One place in the pool; the thread in it may change. */
interface Seat {
  readonly worker: number;
  readonly inHand: Map<number, Job>;
  /** `null`: asleep, or about to be replaced. */
  thread: Thread | null;
  /** Not needed so far, or no more: has no thread and costs nothing. */
  isAsleep: boolean;
  /** When the load last asked for it. */
  neededAtMs: number;
  bornAtMs: number;
  seenAtMs: number;
  respawnMs: number;
  delaysMs: number[];
  /** Edition of the book that its thread is known to work by. */
  edition: number;
}

/** What a pool is made of. `entry` is another file for threads to run, in tests. */
export interface WorkersDeps {
  /** Threads at most, at least 1. */
  readonly count: number;
  readonly book: WorkerBook;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly entry?: URL;
}

/**
 * A pool of threads: one at first, more as the load asks for them, which end when it has not for `limits.workerIdleMs`;
 * each takes its 20 MB. A thread that dies, or says nothing for `limits.workerHangMs`, is replaced: its probes come back as
 * `unknown('defect')`, its controls go to another thread once. A probe that outlives all its deadlines comes back
 * the same way. At most `limits.workerInFlight` jobs are with one thread; further probes wait in order.
 * `close` ends the threads; what is still out comes back as `unknown('shutdown')`.
 */
export function createWorkers(deps: WorkersDeps): Workers {
  return new Pool(deps);
}

class Pool implements Workers {
  readonly #deps: WorkersDeps;
  readonly #seats: readonly Seat[];
  readonly #queue: Job[] = [];
  readonly #readers: { readonly edition: number; readonly resolve: () => void }[] = [];
  #book: WorkerBook;
  #edition = 0;
  #jobs = 0;
  #replaced = 0;
  #checkedAtMs: number;
  #isClosed = false;
  #check: { cancel(): void };
  readonly #respawns = new Set<{ cancel(): void }>();

  constructor(deps: WorkersDeps) {
    this.#deps = deps;
    this.#book = deps.book;
    this.#checkedAtMs = deps.clock.monotonicMs();
    this.#seats = Array.from({ length: Math.max(1, deps.count) }, (_, worker) => ({
      worker,
      inHand: new Map(),
      thread: null,
      isAsleep: true,
      neededAtMs: 0,
      bornAtMs: 0,
      seenAtMs: 0,
      respawnMs: respawnMsMin,
      delaysMs: [],
      edition: 0,
    }));
    for (const seat of this.#seats.slice(0, 1)) this.#spawn(seat);
    this.#check = deps.timers.after(beatMs, () => this.#checkThreads());
  }

  probe(due: Due): Promise<Probed> {
    const longestMs = due.timeoutMs * (limits.asideTimeouts + 1) + watchdogMarginMs;
    return new Promise((resolve) => this.#take({ kind: 'probe', due }, longestMs, (done) => resolve(done as Probed)));
  }

  control(due: ControlDue): Promise<ControlAnswer> {
    const longestMs = due.timeoutMs + watchdogMarginMs;
    return new Promise((resolve) =>
      this.#take({ kind: 'control', due }, longestMs, (done) => resolve(done as ControlAnswer)),
    );
  }

  configure(book: WorkerBook): Promise<void> {
    this.#book = book;
    this.#edition += 1;
    const edition = this.#edition;
    for (const { thread } of this.#seats) thread?.send({ kind: 'book', book, edition });
    return new Promise((resolve) => {
      this.#readers.push({ edition, resolve });
      this.#tellReaders();
    });
  }

  loopDelays(): ReturnType<Workers['loopDelays']> {
    return this.#seats.map((seat) => {
      const { worker, delaysMs } = seat;
      seat.delaysMs = [];
      return { worker, delaysMs };
    });
  }

  inFlight(): number {
    return this.#seats.reduce((sum, { inHand }) => sum + inHand.size, this.#queue.length);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#check.cancel();
    for (const respawn of this.#respawns) respawn.cancel();
    for (const job of this.#queue.splice(0)) this.#lose(job, -1);
    const ends = this.#seats.map(async (seat) => {
      const { thread } = seat;
      seat.thread = null;
      this.#loseAll(seat);
      await thread?.end();
    });
    await Promise.all(ends);
    this.#tellReaders();
  }

  #take(ask: Job['ask'], longestMs: number, settle: Job['settle']): void {
    this.#jobs += 1;
    const id = this.#jobs;
    const watchdog = this.#deps.timers.after(longestMs, () => this.#giveUp(id));
    const job: Job = { id, ask, settle, watchdog, tries: 0 };
    if (this.#isClosed || this.#queue.length >= queueMax) this.#lose(job, -1);
    else this.#dispatch(job);
  }

  /** To the thread with least in hand; a control is not held back by a full pool, because a round waits for it. */
  #dispatch(job: Job): void {
    const fitting = this.#seats.filter(({ worker }) => this.#isFor(job, worker));
    this.#wake(fitting);
    const least = leastOf(fitting) ?? leastOf(this.#seats);
    if (least === undefined || (job.ask.kind === 'probe' && least.inHand.size >= limits.workerInFlight)) {
      this.#queue.push(job);
      return;
    }
    least.inHand.set(job.id, job);
    job.tries += 1;
    least.thread?.send({ ...job.ask, job: job.id });
  }

  /** As many of these as one more job needs, at `limits.workerCrowd` each; those that wait for a replacement are passed over. */
  #wake(fitting: readonly Seat[]): void {
    const jobs = fitting.reduce((sum, { inHand }) => sum + inHand.size, 1);
    const able = fitting.filter(({ thread, isAsleep }) => thread !== null || isAsleep);
    for (const seat of able.slice(0, Math.ceil(jobs / limits.workerCrowd))) {
      seat.neededAtMs = this.#deps.clock.monotonicMs();
      if (seat.isAsleep) this.#spawn(seat);
    }
  }

  /**
   * The last of several threads takes the heavy steps, and only those: hashing a zip holds a thread for up to a second,
   * and would contaminate every light sample beside it.
   */
  #isFor(job: Job, worker: number): boolean {
    if (this.#seats.length === 1) return true;
    const isLast = worker === this.#seats.length - 1;
    return isLast === (job.ask.kind === 'probe' && isHashed(job.ask.due));
  }

  #pump(): void {
    for (const job of this.#queue.splice(0)) this.#dispatch(job);
  }

  #hear(seat: Seat, message: FromWorker): void {
    seat.seenAtMs = this.#deps.clock.monotonicMs();
    switch (message.kind) {
      case 'done':
        for (const done of message.jobs) this.#finish(seat, done);
        if (this.#queue.length > 0) this.#pump();
        return;
      case 'beat':
        seat.delaysMs.push(...message.delaysMs);
        if (seat.delaysMs.length > delaysKept) seat.delaysMs.splice(0, seat.delaysMs.length - delaysKept);
        return;
      case 'booked':
        seat.edition = Math.max(seat.edition, message.edition);
        this.#tellReaders();
        return;
      default:
        message satisfies never;
    }
  }

  #finish(seat: Seat, done: JobDone): void {
    const job = seat.inHand.get(done.job);
    // Given up on meanwhile.
    if (job === undefined) return;
    seat.inHand.delete(done.job);
    job.watchdog.cancel();
    job.settle(done.kind === 'probe' ? done.probed : done.answer);
  }

  #lose(job: Job, worker: number): void {
    job.watchdog.cancel();
    const now = this.#deps.clock.now();
    const because = this.#isClosed ? 'shutdown' : 'defect';
    job.settle(job.ask.kind === 'probe' ? lostProbe(job.ask.due, because, worker, now) : lostControl(job.ask.due, now));
  }

  /** Probes are lost with their thread, since what they did there is not known; a control may be asked again. */
  #loseAll(seat: Seat): void {
    const jobs = [...seat.inHand.values()];
    seat.inHand.clear();
    for (const job of jobs) {
      if (job.ask.kind === 'control' && job.tries < 2 && !this.#isClosed) this.#dispatch(job);
      else this.#lose(job, seat.worker);
    }
  }

  #giveUp(id: number): void {
    const at = this.#queue.findIndex((job) => job.id === id);
    const seat = this.#seats.find(({ inHand }) => inHand.has(id));
    const job = seat?.inHand.get(id) ?? this.#queue[at];
    if (job === undefined) return;
    seat?.inHand.delete(id);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#deps.log.error('a probe outlived its deadlines and was given up', {
      worker: seat?.worker ?? null,
      probe: job.ask.kind === 'probe' ? job.ask.due.probeId : job.ask.due.name,
    });
    this.#lose(job, seat?.worker ?? -1);
    this.#pump();
  }

  #spawn(seat: Seat): void {
    const { clock, entry } = this.#deps;
    seat.bornAtMs = clock.monotonicMs();
    seat.seenAtMs = seat.bornAtMs;
    seat.isAsleep = false;
    seat.edition = this.#edition;
    seat.thread = startThread(entry ?? workerEntry, seat.worker, this.#book, {
      message: (message) => this.#hear(seat, message),
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
    seat.respawnMs = lived >= settledMs ? respawnMsMin : Math.min(seat.respawnMs * 2, respawnMsMax);
    log.error('worker thread is replaced', {
      worker: seat.worker,
      why,
      text: text.slice(0, 2_000),
      inHand: seat.inHand.size,
      replaced: this.#replaced,
    });
    void thread.end();
    this.#loseAll(seat);
    this.#tellReaders();
    const respawn = timers.after(seat.respawnMs, () => {
      this.#respawns.delete(respawn);
      this.#spawn(seat);
      this.#pump();
    });
    this.#respawns.add(respawn);
  }

  /** Replaces who hangs, ends who is not needed. */
  #checkThreads(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    // Where we stood still ourselves, their beats lie unread in our queue.
    const wasStill = nowMs - this.#checkedAtMs > 3 * beatMs;
    this.#checkedAtMs = nowMs;
    for (const seat of this.#seats) {
      if (wasStill) seat.seenAtMs = nowMs;
      else if (nowMs - seat.seenAtMs > limits.workerHangMs)
        this.#replace(seat, 'hung', `silent for ${limits.workerHangMs} ms`);
    }
    for (const seat of this.#seats.slice(1))
      if (seat.inHand.size === 0 && nowMs - seat.neededAtMs > limits.workerIdleMs) this.#sleep(seat);
    this.#check = this.#deps.timers.after(beatMs, () => this.#checkThreads());
  }

  #sleep(seat: Seat): void {
    const { thread } = seat;
    if (thread === null) return;
    seat.thread = null;
    seat.isAsleep = true;
    void thread.end();
    this.#tellReaders();
  }

  /** A reader waits for every thread to work by its edition; a seat without a thread will be given the newest. */
  #tellReaders(): void {
    const oldest = Math.min(
      ...this.#seats.map((seat) => (seat.thread === null ? Number.POSITIVE_INFINITY : seat.edition)),
    );
    const served = this.#readers.filter(({ edition }) => this.#isClosed || edition <= oldest);
    for (const reader of served) {
      this.#readers.splice(this.#readers.indexOf(reader), 1);
      reader.resolve();
    }
  }
}

/** Whole artifacts are; the first bytes of one, a peek, are not. */
function isHashed({ target, purpose }: Due): boolean {
  return isHeavy(target) && purpose !== 'peek';
}

/** The one with a thread that has least in hand. */
function leastOf(seats: readonly Seat[]): Seat | undefined {
  const [least] = seats.filter(({ thread }) => thread !== null).sort((a, b) => a.inHand.size - b.inHand.size);
  return least;
}

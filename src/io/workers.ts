import type { ControlAnswer, ControlDue, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { isHeavy } from '../core/mirror.ts';
import type { Probed, WorkerBook, Workers } from '../core/ports.ts';
import { createSharing } from './shared-texts.ts';
import { type JobDone, lostControlOf, lostProbeOf } from './worker-protocol.ts';
import {
  type Holding,
  holdingOf,
  isHolding,
  type Job,
  leastOf,
  type Seat,
  Seats,
  type SeatsDeps,
} from './workers-seats.ts';

const queueMax = 4_096;
const watchdogMarginMs = 5_000;

/**
 * A pool of threads: one at first, more under load.
 *
 * - A thread that dies, or is silent for `limits.workerHangMs`, is replaced; its probes end as `unknown('defect')`.
 * - A probe that exceeds its deadlines ends as `unknown('defect')`.
 * - `close` ends the threads; running probes end as `unknown('shutdown')`.
 */
export function createWorkers(deps: SeatsDeps): Workers {
  return new Pool(deps);
}

class Pool implements Workers {
  readonly #deps: Pick<SeatsDeps, 'clock' | 'timers' | 'log'>;
  readonly #seats: Seats;
  readonly #queue: Job[] = [];
  readonly #readers: { readonly edition: number; readonly resolve: () => void }[] = [];
  readonly #share = createSharing();
  /** Until when mirrors that blocked a thread are probed in a separate one, monotonic milliseconds. */
  readonly #apart = new Map<string, number>();
  #jobs = 0;
  #isClosed = false;

  constructor(deps: SeatsDeps) {
    const { clock, timers, log } = deps;
    this.#deps = { clock, timers, log };
    this.#seats = new Seats(deps, {
      done: (seat, jobs) => {
        for (const done of jobs) this.#finish(seat, done);
        if (this.#queue.length > 0) this.#pump();
      },
      gone: (seat, holding) => this.#loseAll(seat, holding),
      back: () => this.#pump(),
      booked: () => this.#tellReaders(),
    });
  }

  probe(due: Due): Promise<Probed> {
    // A mirror whose responses block a thread gets no builds.
    if (due.purpose === 'build' && this.#isApart({ ask: { kind: 'probe', due } }))
      return Promise.resolve(lostProbeOf(due, 'local', -1, this.#deps.clock.now()));
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
    const edition = this.#seats.configure(book);
    return new Promise((resolve) => {
      this.#readers.push({ edition, resolve });
      this.#tellReaders();
    });
  }

  loopDelays(): ReturnType<Workers['loopDelays']> {
    return this.#seats.all.flatMap((seat) => {
      const { worker, delaysMs, isApart } = seat;
      seat.delaysMs = [];
      return isApart && delaysMs.length === 0 ? [] : [{ worker, delaysMs }];
    });
  }

  inFlight(): number {
    return this.#seats.all.reduce((sum, { inHand }) => sum + inHand.size, this.#queue.length);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.splice(0)) this.#lose(job, -1);
    await this.#seats.close();
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

  #dispatch(job: Job): void {
    const { all } = this.#seats;
    const isApart = this.#isApart(job);
    const able = all.filter((seat) => seat.isApart === isApart);
    const fitting = isApart ? able : able.filter(({ worker }) => isFor(job, worker, able.length));
    this.#seats.wake(fitting);
    // While no fitting thread is there, another one is used, but not for a mirror that blocks threads.
    const least = this.#seatOfBuild(job) ?? leastOf(fitting) ?? leastOf(able);
    if (least === undefined || (job.ask.kind === 'probe' && least.inHand.size >= limits.workerInFlight)) {
      this.#queue.push(job);
      return;
    }
    least.inHand.set(job.id, job);
    job.tries += 1;
    least.thread?.send({ ...job.ask, job: job.id });
  }

  #seatOfBuild({ ask }: Job): Seat | undefined {
    const id = ask.kind === 'probe' ? ask.due.build?.id : undefined;
    if (id === undefined) return undefined;
    const isOfBuild = ({ ask: one }: Job): boolean => one.kind === 'probe' && one.due.build?.id === id;
    return this.#seats.all.find(({ inHand }) => [...inHand.values()].some(isOfBuild));
  }

  /** True if a mirror's responses recently blocked a thread, and the pool has several. */
  #isApart({ ask }: Pick<Job, 'ask'>): boolean {
    if (ask.kind === 'control' || this.#seats.all.length === 1) return false;
    const { registry } = ask.due.target;
    const untilMs = this.#apart.get(registry);
    if (untilMs === undefined) return false;
    if (this.#deps.clock.monotonicMs() < untilMs) return true;
    this.#apart.delete(registry);
    return false;
  }

  #setApart(seat: Seat, { target: { registry } }: Due, ms: number): void {
    const isKnown = this.#apart.has(registry);
    this.#apart.set(registry, this.#deps.clock.monotonicMs() + limits.heldApartMs);
    if (isKnown) return;
    this.#deps.log.warn('an answer of this mirror held a probing thread; it is probed in a thread apart', {
      registry,
      heldMs: Math.round(ms),
      worker: seat.worker,
      forMs: limits.heldApartMs,
    });
  }

  #pump(): void {
    for (const job of this.#queue.splice(0)) this.#dispatch(job);
  }

  #finish(seat: Seat, done: JobDone): void {
    const job = seat.inHand.get(done.job);
    // The job was given up meanwhile.
    if (job === undefined) return;
    seat.inHand.delete(done.job);
    job.watchdog.cancel();
    if (done.kind === 'control' || job.ask.kind === 'control')
      job.settle(done.kind === 'control' ? done.answer : done.probed);
    else {
      const { heldMs } = done.probed.sample;
      if (heldMs !== undefined) this.#setApart(seat, job.ask.due, heldMs);
      job.settle(this.#share(done.probed, job.ask.due));
    }
  }

  #lose(job: Job, worker: number, heldMs?: number): void {
    job.watchdog.cancel();
    const now = this.#deps.clock.now();
    const because = this.#isClosed ? 'shutdown' : 'defect';
    job.settle(
      job.ask.kind === 'probe'
        ? lostProbeOf(job.ask.due, because, worker, now, heldMs)
        : lostControlOf(job.ask.due, now),
    );
  }

  /** Ends the probes of an ended thread as lost; repeats controls once. */
  #loseAll(seat: Seat, holding: Holding | null): void {
    const jobs = [...seat.inHand.values()];
    seat.inHand.clear();
    for (const job of jobs) {
      if (job.ask.kind === 'control' && job.tries < 2 && !this.#isClosed) this.#dispatch(job);
      else this.#loseHeld(job, seat, holding);
    }
  }

  /** Ends a job as lost. If the thread hung in the mirror's response, the mirror moves to the separate thread. */
  #loseHeld(job: Job, seat: Seat, holding: Holding | null): void {
    const heldMs = isHolding(holding, job) && job.ask.kind === 'probe' ? holding?.ms : undefined;
    if (heldMs !== undefined && job.ask.kind === 'probe') this.#setApart(seat, job.ask.due, heldMs);
    this.#lose(job, seat.worker, heldMs);
  }

  #giveUp(id: number): void {
    const at = this.#queue.findIndex((job) => job.id === id);
    const seat = this.#seats.all.find(({ inHand }) => inHand.has(id));
    const job = seat?.inHand.get(id) ?? this.#queue[at];
    if (job === undefined) return;
    seat?.inHand.delete(id);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#deps.log.error('a probe outlived its deadlines and was given up', {
      worker: seat?.worker ?? null,
      probe: job.ask.kind === 'probe' ? job.ask.due.probeId : job.ask.due.name,
    });
    if (seat === undefined) this.#lose(job, -1);
    else this.#loseHeld(job, seat, holdingOf(seat, this.#deps.clock.monotonicMs()));
    this.#pump();
  }

  /** Resolves callers of `configure` once all threads have their book. */
  #tellReaders(): void {
    const oldest = this.#seats.oldestEdition();
    const served = this.#readers.filter(({ edition }) => this.#isClosed || edition <= oldest);
    for (const reader of served) {
      this.#readers.splice(this.#readers.indexOf(reader), 1);
      reader.resolve();
    }
  }
}

/** Of several threads, the last one is for whole artifacts, which are hashed, and the others for all else. */
function isFor({ ask }: Job, worker: number, count: number): boolean {
  return count === 1 || (worker === count - 1) === (ask.kind === 'probe' && isHashed(ask.due));
}

/** True for a whole artifact; its first bytes (`peek`) are not hashed. */
function isHashed({ target, purpose }: Due): boolean {
  return isHeavy(target) && purpose !== 'peek';
}

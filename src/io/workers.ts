import type { ControlDue, ControlResponse, Due } from '../core/due.ts';
import type { ProbeFailure } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Probed, WorkerBook, Workers } from '../core/ports.ts';
import { malformed } from '../words/tell.ts';
import { createSharing } from './shared-texts.ts';
import { type JobDone, lostControlOf, lostProbeOf } from './worker-protocol.ts';
import { SmallArtifacts } from './workers-artifacts.ts';
import {
  type Holding,
  hangMsOf,
  isHolding,
  isProbe,
  type Job,
  leastOf,
  type ProbeJob,
  type Seat,
  Seats,
  type SeatsDeps,
} from './workers-seats.ts';
import { isWholeBuild, jobRegistryOf, Suspects } from './workers-suspects.ts';

const queueMax = 4_096;
const watchdogMarginMs = 5_000;

/**
 * A pool of threads: one at first, more under load.
 *
 * - A thread that dies, or sends no message for `limits.workerHangMs`, is replaced.
 * - If it hung while it processed a response, that probe has failed (`malformed`). For some time, its mirror is then
 *   probed only in a separate thread. The other probes are repeated at once.
 * - If it is not known which mirror ended the thread, its probes are repeated in the separate thread, one mirror at a
 *   time. If the separate thread hangs too, the probes of this mirror have failed; if it dies, the result is
 *   `unknown('defect')`, and `malformed` from then on. A pool of one thread does not repeat them: the result is
 *   `unknown('local')` or `unknown('defect')`.
 * - A probe that cannot be repeated ends as `unknown('local')`.
 * - A probe that exceeds its deadlines ends as `unknown('defect')`; as failed (`malformed`), if its response is then processed.
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
  /** By mirror that blocked a thread: until when the separate thread probes it, monotonic milliseconds. */
  readonly #apart = new Map<string, number>();
  readonly #probesAtOnce: number;
  readonly #suspects = new Suspects();
  readonly #artifacts = new SmallArtifacts();
  #jobs = 0;
  #isClosed = false;

  constructor(deps: SeatsDeps) {
    const { clock, timers, log, probesAtOnce = Number.POSITIVE_INFINITY } = deps;
    this.#probesAtOnce = probesAtOnce;
    this.#deps = { clock, timers, log };
    this.#seats = new Seats(deps, {
      done: (seat, jobs) => {
        for (const done of jobs) this.#finish(seat, done);
        this.#repeatNext();
        if (this.#queue.length > 0) this.#pump();
      },
      gone: (seat, holding) => this.#loseAll(seat, holding),
      back: () => this.#pump(),
      booked: () => this.notifyReaders(),
    });
  }

  probe(due: Due): Promise<Probed> {
    // A mirror whose responses block a thread gets no builds (several probes over one connection).
    if (due.purpose === 'build' && this.#isApart({ work: { kind: 'probe', due } }))
      return Promise.resolve(lostProbeOf(due, 'local', -1, this.#deps.clock.now()));
    const longestMs = due.timeoutMs * (limits.asideTimeouts + 1) + watchdogMarginMs;
    return new Promise((resolve) => this.#take({ kind: 'probe', due }, longestMs, (done) => resolve(done as Probed)));
  }

  control(due: ControlDue): Promise<ControlResponse> {
    const longestMs = due.timeoutMs + watchdogMarginMs;
    return new Promise((resolve) =>
      this.#take({ kind: 'control', due }, longestMs, (done) => resolve(done as ControlResponse)),
    );
  }

  configure(book: WorkerBook): Promise<void> {
    const edition = this.#seats.configure(book);
    return new Promise((resolve) => {
      this.#readers.push({ edition, resolve });
      this.notifyReaders();
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
    return this.#inHand() + this.#queue.length + this.#suspects.waiting();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of [...this.#queue.splice(0), ...this.#suspects.all()]) this.#lose(job, -1);
    await this.#seats.close();
    this.notifyReaders();
  }

  #take(work: Job['work'], longestMs: number, settle: Job['settle']): void {
    this.#jobs += 1;
    const id = this.#jobs;
    const job: Job = { id, work, settle, longestMs, watchdog: this.#watchdog(id, longestMs), tries: 0 };
    if (this.#isClosed || this.#queue.length >= queueMax) this.#lose(job, -1);
    else this.#dispatch(job);
  }

  #watchdog(id: number, longestMs: number): Job['watchdog'] {
    return this.#deps.timers.after(longestMs, () => this.#giveUp(id));
  }

  #dispatch(job: Job): void {
    const { all } = this.#seats;
    const isApart = this.#suspects.isRunning(job) || this.#isApart(job);
    if (this.#suspects.holdsUp(job, isApart)) {
      this.#queue.push(job);
      return;
    }
    const able = all.filter((seat) => seat.isApart === isApart);
    const fitting = isApart ? able : able.filter(({ worker }) => this.#isFor(job, worker, able.length));
    this.#seats.wake(fitting);
    // If no fitting thread runs, another thread gets the job, unless the mirror blocks threads.
    const least = this.#seatOfBuild(job) ?? leastOf(fitting) ?? leastOf(able);
    if (least === undefined || (job.work.kind === 'probe' && this.#isFull(least))) {
      this.#queue.push(job);
      return;
    }
    least.inHand.set(job.id, job);
    job.tries += 1;
    least.thread?.send({ ...job.work, job: job.id });
  }

  /**
   * True if a thread is meant for a job. With several threads, the last one reads large artifacts, the others do the
   * rest.
   */
  #isFor({ work }: Job, worker: number, count: number): boolean {
    return count === 1 || (worker === count - 1) === (work.kind === 'probe' && this.#artifacts.isLarge(work.due));
  }

  #isFull({ inHand }: Seat): boolean {
    return inHand.size >= limits.workerInFlight || this.#inHand() >= this.#probesAtOnce;
  }

  #inHand(): number {
    return this.#seats.all.reduce((sum, { inHand }) => sum + inHand.size, 0);
  }

  #seatOfBuild({ work }: Job): Seat | undefined {
    const id = work.kind === 'probe' ? work.due.build?.id : undefined;
    if (id === undefined) return undefined;
    const isOfBuild = ({ work: one }: Job): boolean => one.kind === 'probe' && one.due.build?.id === id;
    return this.#seats.all.find(({ inHand }) => [...inHand.values()].some(isOfBuild));
  }

  /** True if the pool has several threads, and a response of this mirror recently blocked a thread. */
  #isApart({ work }: Pick<Job, 'work'>): boolean {
    if (work.kind === 'control' || this.#seats.all.length === 1) return false;
    const { registry } = work.due.target;
    const untilMs = this.#apart.get(registry);
    if (untilMs === undefined) return false;
    if (this.#deps.clock.monotonicMs() < untilMs) return true;
    this.#apart.delete(registry);
    return false;
  }

  #setApart(registry: string, why: string, fields: Readonly<Record<string, number>>): void {
    const isKnown = this.#apart.has(registry);
    this.#apart.set(registry, this.#deps.clock.monotonicMs() + limits.heldApartMs);
    if (isKnown) return;
    this.#deps.log.warn(`${why}; it is probed in a thread apart`, { registry, ...fields, forMs: limits.heldApartMs });
  }

  #pump(): void {
    for (const job of this.#queue.splice(0)) this.#dispatch(job);
  }

  #finish(seat: Seat, done: JobDone): void {
    const job = seat.inHand.get(done.job);
    // The job exceeded its deadline, so its result was already sent.
    if (job === undefined) return;
    seat.inHand.delete(done.job);
    job.watchdog.cancel();
    if (done.kind === 'control' || job.work.kind === 'control')
      job.settle(done.kind === 'control' ? done.response : done.probed);
    else {
      this.#artifacts.record(done.probed.sample);
      const { heldMs } = done.probed.sample;
      const { registry } = job.work.due.target;
      if (heldMs !== undefined) this.#setApart(registry, heldText, { heldMs: Math.round(heldMs), worker: seat.worker });
      job.settle(this.#share(done.probed, job.work.due));
    }
    this.#suspects.ended(job);
  }

  #lose(job: Job, worker: number, because: 'defect' | 'local' | ProbeFailure = 'defect', heldMs?: number): void {
    job.watchdog.cancel();
    const now = this.#deps.clock.now();
    job.settle(
      job.work.kind === 'probe'
        ? lostProbeOf(job.work.due, this.#isClosed ? 'shutdown' : because, worker, now, heldMs)
        : lostControlOf(job.work.due, now),
    );
    this.#suspects.ended(job);
  }

  /**
   * Handles the jobs of an ended thread. If it is known which response it was processing, that probe has failed, and the
   * other probes are repeated at once. If only one mirror had probes in the separate thread, all of them have failed.
   */
  #loseAll(seat: Seat, holding: Holding | null): void {
    const jobs = [...seat.inHand.values()];
    seat.inHand.clear();
    const probes = jobs.filter(isProbe);
    const holder = probes.find((job) => isHolding(holding, job));
    const suspects = new Set((holder === undefined ? probes : [holder]).map(jobRegistryOf));
    const isFound = holder !== undefined || (seat.isApart && suspects.size === 1);
    const isShared = this.#seats.all.length > 1 && !seat.isApart;
    if (holder !== undefined && !this.#isClosed) this.#blame(holder, seat, holding, true);
    for (const job of jobs) {
      if (job === holder && !this.#isClosed) continue;
      const isSuspect = isProbe(job) && suspects.has(jobRegistryOf(job));
      // After a hang, the mirror at fault is moved to the separate thread. So other mirrors lose no probe to it again.
      const canRepeat = job.tries < 2 || (isFound && !isSuspect && isShared);
      const isRepeated = canRepeat && (!isProbe(job) || isWholeBuild(job, probes));
      if (this.#isClosed) this.#lose(job, seat.worker);
      else if (!isProbe(job)) isRepeated ? this.#dispatch(job) : this.#lose(job, seat.worker);
      else if (isFound && isSuspect && (holder === undefined || !isRepeated))
        this.#blame(job, seat, holding, holder === undefined);
      else if (isFound || this.#seats.all.length > 1) this.#repeat(job, seat, isRepeated, isSuspect && !isFound);
      else this.#lose(job, seat.worker, holding === null ? 'defect' : 'local');
    }
    this.#repeatNext();
  }

  /**
   * Repeats a probe of an ended thread. A probe that may have ended the thread (a suspect) is repeated by the separate
   * thread. A probe that cannot be repeated ends as `unknown('local')`.
   */
  #repeat(job: ProbeJob, seat: Seat, canRepeat: boolean, isSuspect: boolean): void {
    if (isSuspect && job.work.due.build !== undefined) this.#suspects.addBuilder(jobRegistryOf(job));
    if (!canRepeat) {
      this.#lose(job, seat.worker, 'local');
      return;
    }
    job.watchdog.cancel();
    job.watchdog = this.#watchdog(job.id, job.longestMs);
    if (isSuspect) this.#suspects.add(job);
    else this.#dispatch(job);
  }

  /**
   * Ends a probe whose mirror ended the thread: as failed (`malformed`) if the thread hung. If it died, the cause may be
   * this machine (such as its memory). So the result is `unknown('defect')`, unless the mirror was in the separate
   * thread before.
   */
  #blame(job: ProbeJob, seat: Seat, holding: Holding | null, isHolder: boolean): void {
    this.#suspects.solve();
    const seconds = hangMsOf(seat) / 1_000;
    const died = this.#isApart(job) ? malformed('answer.survived') : 'defect';
    const because = holding === null ? died : malformed('answer.parsed', { seconds });
    const ms = holding?.ms ?? 0;
    this.#setApart(jobRegistryOf(job), heldText, { heldMs: Math.round(ms), worker: seat.worker });
    this.#lose(job, seat.worker, because, isHolder && holding !== null ? ms : undefined);
  }

  /** Repeats the probes of the next suspected mirror once the separate thread is free. */
  #repeatNext(): void {
    const seat = this.#seats.all.at(-1);
    if (this.#isClosed || seat?.isApart !== true || seat.inHand.size > 0) return;
    for (const job of this.#suspects.next()) this.#dispatch(job);
    for (const registry of this.#suspects.takeBuilders())
      this.#setApart(registry, 'a build of this mirror was in a thread that ended, and nothing else ended one', {});
    this.#pump();
  }

  #giveUp(id: number): void {
    const at = this.#queue.findIndex((job) => job.id === id);
    const seat = this.#seats.all.find(({ inHand }) => inHand.has(id));
    const suspect = this.#suspects.all().find((job) => job.id === id);
    const job = seat?.inHand.get(id) ?? this.#queue[at] ?? suspect;
    if (job === undefined) return;
    seat?.inHand.delete(id);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#deps.log.error('a probe outlived its deadlines and was given up', {
      worker: seat?.worker ?? null,
      probe: job.work.kind === 'probe' ? job.work.due.probeId : job.work.due.name,
    });
    // The thread may be at work on the response in pieces, between which it sends its heartbeat.
    const holding = seat === undefined ? null : { job: Atomics.load(seat.reading, 0), ms: job.longestMs };
    if (seat !== undefined && isProbe(job) && isHolding(holding, job)) this.#blame(job, seat, holding, true);
    else this.#lose(job, seat?.worker ?? -1, seat === undefined && job === suspect ? 'local' : 'defect');
    this.#repeatNext();
    this.#pump();
  }

  /** Resolves the promises of `configure` whose book (the configuration of probes) has reached all threads. */
  notifyReaders(): void {
    const oldest = this.#seats.oldestEdition();
    const served = this.#readers.filter(({ edition }) => this.#isClosed || edition <= oldest);
    for (const reader of served) {
      this.#readers.splice(this.#readers.indexOf(reader), 1);
      reader.resolve();
    }
  }
}

const heldText = 'a response of this mirror held a probing thread';

import { isProbe, type Job, type ProbeJob } from './workers-seats.ts';

/**
 * Mirrors that had probes in a thread when it ended, if it is not known which of them ended the thread. To find out,
 * their probes are repeated in a separate thread, one mirror at a time. All probes of a mirror are repeated together,
 * because the probes of a build share one connection.
 */
export class Suspects {
  /** The probes to repeat, by mirror. */
  readonly #jobs = new Map<string, Set<ProbeJob>>();
  /** The mirror whose probes are being repeated; `null`: none. */
  #running: string | null = null;
  /** Mirrors that had a build (several probes over one connection) in the ended thread. */
  readonly #builders = new Set<string>();

  add(job: ProbeJob): void {
    const registry = jobRegistryOf(job);
    const jobs = this.#jobs.get(registry) ?? new Set();
    this.#jobs.set(registry, jobs.add(job));
  }

  addBuilder(registry: string): void {
    this.#builders.add(registry);
  }

  /** True if this job is being repeated in the separate thread. */
  isRunning(job: Job): boolean {
    return isProbe(job) && this.#running === jobRegistryOf(job) && this.#jobs.get(this.#running)?.has(job) === true;
  }

  /** True if a job must wait: its mirror is suspected, or the separate thread is reserved for another mirror. */
  holdsUp(job: Job, isApart: boolean): boolean {
    if (!isProbe(job) || this.isRunning(job)) return false;
    return this.#jobs.has(jobRegistryOf(job)) || (isApart && this.#running !== null);
  }

  /**
   * Returns the jobs of the next mirror whose probes are to be repeated. The result is empty while probes of another
   * mirror are being repeated, or if no mirror is left.
   */
  next(): readonly ProbeJob[] {
    const [first] = this.#jobs;
    if (this.#running !== null || first === undefined) return [];
    this.#running = first[0];
    return [...first[1]];
  }

  /** Records that a job has ended. */
  ended(job: Job): void {
    if (!isProbe(job)) return;
    const registry = jobRegistryOf(job);
    const jobs = this.#jobs.get(registry);
    if (jobs?.delete(job) !== true || jobs.size > 0) return;
    this.#jobs.delete(registry);
    if (this.#running === registry) this.#running = null;
  }

  /** The number of jobs that are not repeated yet. */
  waiting(): number {
    return this.all().filter((job) => !this.isRunning(job)).length;
  }

  all(): readonly ProbeJob[] {
    return [...this.#jobs.values()].flatMap((jobs) => [...jobs]);
  }

  /** Returns the mirrors with a build and forgets them. The result is empty while suspected mirrors are left. */
  takeBuilders(): readonly string[] {
    if (this.#jobs.size > 0) return [];
    const builders = [...this.#builders];
    this.#builders.clear();
    return builders;
  }

  /** Forgets the mirrors with a build, because it is now known which mirror ended the thread. */
  solve(): void {
    this.#builders.clear();
  }
}

export function jobRegistryOf({ work: { due } }: ProbeJob): string {
  return due.target.registry;
}

/**
 * True if the probe belongs to no build (several probes over one connection), or if `jobs` contains all probes of its
 * build.
 */
export function isWholeBuild({ work: { due } }: ProbeJob, jobs: readonly ProbeJob[]): boolean {
  const { build } = due;
  return build === undefined || jobs.filter((job) => job.work.due.build?.id === build.id).length === build.size;
}

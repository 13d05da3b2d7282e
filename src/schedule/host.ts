import type { Pace } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Connection, Target } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { Plan, Slot } from './plan.ts';

/** The priority of a probe if several wait for a slot: 0 the canary, 1 other light steps, 2 heavy steps (downloads). */
export const priorities = [0, 1, 2] as const;
export type Priority = (typeof priorities)[number];

/** One server (scheme, name, port): the probes that wait for it or run, and the bytes that they transferred. */
export interface Host {
  readonly waiting: Readonly<Record<Priority, Series[]>>;
  readonly rechecks: Omit<Due, 'probeId' | 'plannedAtMs'>[];
  readonly bytes: ByteWindow;
  /** Series of downloads that the byte budget has delayed since their last probe. */
  readonly keptBack: Set<Series>;
  inFlight: number;
  heavyInFlight: number;
  /** Bytes that running heavy probes are expected to transfer. */
  bytesExpected: number;
  /** The upstreams whose confirming rounds (probes that confirm or refute a failure) probe this host now. */
  readonly confirming: Set<string>;
}

export interface Series {
  readonly id: string;
  readonly connection: Connection;
  target: Target;
  pace: Pace;
  priority: Priority;
  plan: Plan;
  host: Host;
  slot: Slot;
  /** The planned start that the series waits for, or last waited for. */
  waitsFor: Slot;
  state: 'idle' | 'waiting' | 'running';
  /** Monotonic time of the planned start that the series waits for, or last waited for, milliseconds. */
  plannedAtMs: number;
  /** Monotonic time when the last probe actually started, milliseconds; `-Infinity` before the first. */
  startedAtMs: number;
  /** Bytes of the last probe; `null` before the first. */
  lastBytes: number | null;
  /** The HTTP version of the last response; `null`: not known. */
  protocol: HttpProtocol | null;
  /** The number of single probes since the last build (several probes at once over one HTTP/2 connection). */
  sinceBuild: number;
}

export function createHost(): Host {
  return {
    waiting: { 0: [], 1: [], 2: [] },
    rechecks: [],
    bytes: new ByteWindow(),
    keptBack: new Set(),
    inFlight: 0,
    heavyInFlight: 0,
    bytesExpected: 0,
    confirming: new Set(),
  };
}

/**
 * True if the host has a free slot for this probe. Scheduled downloads (priority 2) leave one of several slots free.
 * Downloads outside the schedule (`ordered`) may fill all slots. If they do, one other probe may still start.
 */
export function hasSlot({ inFlight, heavyInFlight }: Host, probe: Priority | 'ordered', perHost: number): boolean {
  if (probe === 2) return inFlight < perHost && heavyInFlight < Math.max(1, perHost - 1);
  const isFullOfDownloads = perHost > 1 && inFlight === perHost && heavyInFlight === perHost;
  return inFlight < perHost || (probe !== 'ordered' && isFullOfDownloads);
}

/**
 * True if a confirming round of this upstream may probe the host: one round per upstream, at most
 * `limits.confirmingPerHost` in all.
 */
export function hasConfirmingSlot({ confirming }: Host, upstream: string): boolean {
  return !confirming.has(upstream) && confirming.size < limits.confirmingPerHost;
}

/**
 * True if the hourly byte budget forbids the next probe of the series. Downloads stop at a fraction of the budget,
 * canary probes never stop. A download that the budget has delayed goes before downloads whose last start was later.
 */
export function isOverBudget(host: Host, series: Series, bytesPerHour: number | null, now: Now): boolean {
  if (bytesPerHour === null || series.priority === 0) return false;
  const used = host.bytes.sum(now.monotonicMs);
  if (series.priority === 1) return used >= bytesPerHour;
  const most = bytesPerHour * limits.heavyShareOfBytes;
  let wanted = used + host.bytesExpected + bytesExpectedOf(series);
  for (const other of host.keptBack) {
    const bytes = bytesExpectedOf(other);
    // A download that is larger than the whole budget of downloads reserves no bytes, because it cannot start.
    if (other !== series && other.startedAtMs < series.startedAtMs && bytes <= most) wanted += bytes;
  }
  return wanted > most;
}

/** Returns the bytes that the next probe will probably transfer; 0 for light steps (metadata requests). */
export function bytesExpectedOf(series: Series): number {
  return series.priority === 2 ? (series.lastBytes ?? limits.heavyBytesGuess) : 0;
}

export function hasWaiting(host: Host): boolean {
  return host.rechecks.length > 0 || priorities.some((priority) => host.waiting[priority].length > 0);
}

const minuteMs = 60_000;
const minutes = 60;

/** The bytes of the last hour. They are counted by minute, so the sum covers up to one minute more. */
export class ByteWindow {
  readonly #buckets = new Array<number>(minutes + 1).fill(0);
  #newest = Number.NEGATIVE_INFINITY;
  #total = 0;

  add(bytes: number, monotonicMs: number): void {
    this.#advance(monotonicMs);
    const at = this.#bucketOf(this.#newest);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + bytes;
    this.#total += bytes;
  }

  sum(monotonicMs: number): number {
    this.#advance(monotonicMs);
    return this.#total;
  }

  #advance(monotonicMs: number): void {
    const minute = Math.floor(monotonicMs / minuteMs);
    if (minute <= this.#newest) return;
    for (let passed = Math.max(this.#newest + 1, minute - minutes); passed <= minute; passed += 1) {
      const at = this.#bucketOf(passed);
      this.#total -= this.#buckets[at] ?? 0;
      this.#buckets[at] = 0;
    }
    this.#newest = minute;
  }

  #bucketOf(minute: number): number {
    return ((minute % this.#buckets.length) + this.#buckets.length) % this.#buckets.length;
  }
}

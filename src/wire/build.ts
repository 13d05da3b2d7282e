import type { BuildPlace } from '../core/due.ts';
import type { Timers } from '../core/ports.ts';
import type { Kept } from './pool.ts';

/** If lines are missing because their thread was lost, the build closes after this time. */
const expiresMs = 5 * 60_000;

/**
 * The one HTTP/2 connection of a build. Its cold line connects and offers it after the server's SETTINGS; the other lines
 * start at that moment. It closes when the last one has ended.
 */
export class Build {
  /** The connection; `null` before it is ready, and after a failure. */
  kept: Kept | null = null;
  readonly #timers: Timers;
  readonly #ended: () => void;
  readonly #waiting = new Set<(isReady: boolean) => void>();
  #left: number;
  #isOver = false;
  readonly #expiry: { cancel(): void };

  /** @param ended  called when the last line has left */
  constructor(size: number, timers: Timers, ended: () => void) {
    this.#left = size;
    this.#timers = timers;
    this.#ended = ended;
    this.#expiry = timers.after(expiresMs, () => this.#close());
  }

  /** Called by the cold line: the connection, which stays open until all lines have left. */
  offer(kept: Kept): void {
    this.kept = kept;
    kept.carrier.share(() => this.#settle(true));
  }

  /** True once the connection is ready; false if it is not within `limitMs`, or failed. */
  ready(limitMs: number): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(this.kept?.carrier.isAlive() === true);
    return new Promise((resolve) => {
      const timer = this.#timers.after(limitMs, () => settle(false));
      const settle = (isReady: boolean): void => {
        timer.cancel();
        this.#waiting.delete(settle);
        resolve(isReady);
      };
      this.#waiting.add(settle);
    });
  }

  /**
   * Records that a line has ended.
   * @param isCold  true for the line that connects: if it ends before it offered a connection, the other lines get none
   */
  leave(isCold: boolean): void {
    if (isCold) this.#settle(false);
    this.#left -= 1;
    if (this.#left <= 0) this.#close();
  }

  #close(): void {
    this.#expiry.cancel();
    this.#settle(false);
    this.#ended();
    this.kept?.carrier.unshare();
  }

  #settle(isReady: boolean): void {
    this.#isOver = true;
    for (const settle of [...this.#waiting]) settle(isReady);
  }
}

/** The builds under way, by id. */
export class Builds {
  readonly #timers: Timers;
  readonly #byId = new Map<string, Build>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  of({ id, size }: BuildPlace): Build {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const made = new Build(size, this.#timers, () => this.#byId.delete(id));
    this.#byId.set(id, made);
    return made;
  }
}

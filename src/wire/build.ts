import type { BuildPlace } from '../core/due.ts';
import type { Timers } from '../core/ports.ts';
import type { Kept } from './pool.ts';

/** One whose lines did not all come, since their thread was lost, closes after so long. */
const expiresMs = 5 * 60_000;

/**
 * The one HTTP/2 connection of a build. Its cold line connects and offers it once the server's SETTINGS came; the others
 * begin in that moment. It closes when the last of them has ended.
 */
export class Build {
  /** The connection; `null` before it is ready, and where none came about. */
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

  /** From its cold line: the connection; it stays open until all have left. */
  offer(kept: Kept): void {
    this.kept = kept;
    kept.carrier.share(() => this.#settle(true));
  }

  /** True once it is ready; false where it is not within `limitMs`. */
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

  /** A line of it has ended. @param isCold  the one that connects: without it no connection will come */
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

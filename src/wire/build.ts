import type { BuildPlace } from '../core/due.ts';
import type { Timers } from '../core/ports.ts';
import type { Kept } from './pool.ts';

/** A build closes after this time, also if not all its lines have ended. */
const expiresMs = 5 * 60_000;

/**
 * The one HTTP/2 connection of a build. The cold line connects; the others start when the server's SETTINGS arrive. The
 * connection closes when all lines have ended.
 */
export class Build {
  /** `null` until the cold line has connected over HTTP/2. */
  kept: Kept | null = null;
  readonly #timers: Timers;
  readonly #ended: () => void;
  readonly #waiting = new Set<(isReady: boolean) => void>();
  #left: number;
  #isOver = false;
  readonly #expiry: { cancel(): void };

  /** @param ended  called when the build closes */
  constructor(size: number, timers: Timers, ended: () => void) {
    this.#left = size;
    this.#timers = timers;
    this.#ended = ended;
    this.#expiry = timers.after(expiresMs, () => this.#close());
  }

  /** Called by the cold line with its new connection. */
  offer(kept: Kept): void {
    this.kept = kept;
    kept.carrier.share(() => this.#settle(true));
  }

  /** True once the connection is ready; false if it fails, or is not ready within `limitMs`. */
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

  /** Records that a line has ended. @param isCold  the line that connects: lines that still wait get no connection */
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

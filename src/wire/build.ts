import type { BuildPlace } from '../core/due.ts';
import { getOrMake } from '../core/get-or-make.ts';
import type { Timers } from '../core/ports.ts';
import type { Carrier } from './carrier.ts';
import { floodCheckMs, isFlood } from './inflow.ts';
import type { KeptConnection } from './pool.ts';

/**
 * The maximum time of a build (probes over one shared connection), milliseconds. Then the connection is closed, even if
 * some of the probes have not ended.
 */
const expiresMs = 5 * 60_000;

/**
 * The HTTP/2 connection that the probes of one build share, as a client's build would. The cold probe opens the
 * connection; the warm probes wait for it.
 */
export class Build {
  /** The shared connection; `null` until the cold probe has opened it over HTTP/2. */
  kept: KeptConnection | null = null;
  readonly #timers: Timers;
  readonly #ended: () => void;
  readonly #waiting = new Set<(isReady: boolean) => void>();
  #left: number;
  #isOver = false;
  readonly #expiry: { cancel(): void };
  checks: { cancel(): void } | null = null;

  constructor(size: number, timers: Timers, ended: () => void) {
    this.#left = size;
    this.#timers = timers;
    this.#ended = ended;
    this.#expiry = timers.after(expiresMs, () => this.#close());
  }

  offer(kept: KeptConnection): void {
    this.kept = kept;
    kept.carrier.share(() => this.#settle(true));
    this.check(kept.carrier);
  }

  /**
   * Checks at intervals whether the server sends too much that is neither head nor body (a flood), also while no
   * request runs. Such a connection is closed.
   */
  check(carrier: Carrier): void {
    this.checks = this.#timers.after(floodCheckMs, () => {
      // The limit here is twice the limit of one request: a running request checks its own limit.
      if (isFlood(carrier.socket.bytesRead / 2, carrier.bodyBytes)) carrier.unshare();
      else this.check(carrier);
    });
  }

  /** Resolves to true when the connection can carry requests; to false if it fails or `limitMs` pass first. */
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

  /** Records that one probe of the build has ended. @param isCold  true for the probe that opens the connection */
  leave(isCold: boolean): void {
    if (isCold) this.#settle(false);
    this.#left -= 1;
    if (this.#left <= 0) this.#close();
  }

  #close(): void {
    this.#expiry.cancel();
    this.checks?.cancel();
    this.#settle(false);
    this.#ended();
    this.kept?.carrier.unshare();
  }

  #settle(isReady: boolean): void {
    this.#isOver = true;
    for (const settle of [...this.#waiting]) settle(isReady);
  }
}

export class Builds {
  readonly #timers: Timers;
  readonly #byId = new Map<string, Build>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  of({ id, size }: BuildPlace): Build {
    return getOrMake(this.#byId, id, () => new Build(size, this.#timers, () => this.#byId.delete(id)));
  }
}

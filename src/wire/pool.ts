import type { Timers, WireAccess } from '../core/ports.ts';
import type { Hop } from '../core/transcript.ts';
import type { Carrier } from './carrier.ts';
import { floodCheckMs, isFlood } from './inflow.ts';

export interface KeptConnection extends Pick<Hop, 'remoteAddress' | 'remotePort' | 'family' | 'tls'> {
  readonly carrier: Carrier;
}

const keptPerOrigin = 2;
/**
 * The maximum number of servers (scheme, host and port) per mirror. A limit is needed because each redirect may lead to
 * a new server.
 */
const originsKept = 8;

/** Idle connections for warm probes, by mirror and server (scheme, host and port). */
export class Pool {
  readonly #byMirror = new Map<string, { access: WireAccess; readonly byOrigin: Map<string, KeptConnection[]> }>();
  readonly #timers: Timers;
  /** Idle HTTP/2 connections. The value is the number of bytes that the connection had received when it became idle. */
  readonly #resting = new Map<Carrier, number>();
  check: { cancel(): void } | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Removes and returns the most recently used live connection; `null`: there is none. */
  take(access: WireAccess, origin: string): KeptConnection | null {
    const kept = this.#of(access).get(origin) ?? [];
    for (let one = kept.pop(); one !== undefined; one = kept.pop()) {
      this.#resting.delete(one.carrier);
      if (one.carrier.isAlive()) return one;
      one.carrier.close();
    }
    return null;
  }

  give(access: WireAccess, origin: string, one: KeptConnection): void {
    if (!one.carrier.isAlive()) return;
    const byOrigin = this.#of(access);
    const kept = byOrigin.get(origin) ?? [];
    byOrigin.delete(origin);
    byOrigin.set(origin, kept);
    kept.push(one);
    if (one.carrier.protocol === '2') this.#rest(one.carrier);
    if (kept.length > keptPerOrigin) kept.shift()?.carrier.close();
    const [oldest] = byOrigin;
    if (byOrigin.size <= originsKept || oldest === undefined) return;
    for (const { carrier } of oldest[1]) carrier.close();
    byOrigin.delete(oldest[0]);
  }

  close(): void {
    for (const { byOrigin } of this.#byMirror.values()) closeAll(byOrigin);
    this.#byMirror.clear();
    this.#resting.clear();
    this.check?.cancel();
    this.check = null;
  }

  #rest(carrier: Carrier): void {
    this.#resting.set(carrier, carrier.socket.bytesRead);
    this.check ??= this.#timers.after(floodCheckMs, () => this.checkAll());
  }

  checkAll(): void {
    for (const [carrier, before] of this.#resting) {
      if (isFlood(carrier.socket.bytesRead - before, 0)) carrier.close();
      if (!carrier.isAlive()) this.#resting.delete(carrier);
    }
    this.check = this.#resting.size === 0 ? null : this.#timers.after(floodCheckMs, () => this.checkAll());
  }

  #of(access: WireAccess): Map<string, KeptConnection[]> {
    const known = this.#byMirror.get(access.registry);
    if (known !== undefined && known.access === access) return known.byOrigin;
    if (known !== undefined) closeAll(known.byOrigin);
    const byOrigin = new Map<string, KeptConnection[]>();
    this.#byMirror.set(access.registry, { access, byOrigin });
    return byOrigin;
  }
}

function closeAll(byOrigin: Map<string, KeptConnection[]>): void {
  for (const kept of byOrigin.values()) for (const one of kept) one.carrier.close();
}

import type { ControlAnswer, ControlDue } from '../core/due.ts';
import type { Connection } from '../core/mirror.ts';
import type { Clock, Line, Over, Timers, Wire, WireAccess } from '../core/ports.ts';
import { Builds } from './build.ts';
import { bareHostOf } from './connect.ts';
import { probeControl } from './control.ts';
import { Names } from './dns.ts';
import { type LineDeps, OpenLine } from './line.ts';
import { Pool } from './pool.ts';
import { TlsBook } from './tls.ts';

/** What a wire needs from outside. */
export interface WireOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /**
   * Public names to resolve when another name fails, with the same resolver: hosts of controls and public mirrors. Hosts of
   * connections opened through that resolver are added automatically, so a private name is sent only to its own resolver.
   * Addresses and `localhost` are ignored. Default: none.
   */
  readonly otherNames?: readonly string[];
  /** User-Agent for controls; mirrors have their own. */
  readonly userAgent?: string;
}

/**
 * The wire: HTTP/1.1 and HTTP/2 over our own connections. Each time is taken from the socket's own events on the monotonic
 * clock. Nothing is thrown: failures are in `hop.fault`.
 */
export function createWire(options: WireOptions): Wire {
  const { clock, timers } = options;
  const names = new Names(clock, timers, options.otherNames ?? []);
  const pool = new Pool(timers);
  const builds = new Builds(timers);
  const deps: LineDeps = { clock, timers, names, tls: new TlsBook(), pool, builds };
  const known = new WeakSet<WireAccess>();
  return {
    open(access: WireAccess, connection: Connection, over?: Over): Line {
      if (!known.has(access)) {
        known.add(access);
        prepare(deps.tls, access);
        names.know(bareHostOf(new URL(access.url)), access.dnsServer);
      }
      return new OpenLine(access, connection, deps, over);
    },
    control(due: ControlDue): Promise<ControlAnswer> {
      return probeControl(due, deps, options.userAgent ?? 'mirrorwatch');
    },
    close(): Promise<void> {
      deps.pool.close();
      names.close();
      return Promise.resolve();
    },
  };
}

/**
 * Creates the TLS context before any mark is set: a trust store takes tens of milliseconds, which must not count as
 * latency.
 */
function prepare(tls: TlsBook, access: WireAccess): void {
  if (!access.url.startsWith('https:')) return;
  try {
    tls.context(access);
  } catch {
    // The probe itself reports an unusable PEM text, as a fault with its phase.
  }
}

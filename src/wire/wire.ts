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
   * Public names to ask when one fails to resolve, of whatever resolver failed: hosts of controls and public mirrors.
   * Hosts of lines opened through the same resolver are known besides, so a private name goes to its own resolver
   * alone. Addresses and `localhost` are left out. Default: none.
   */
  readonly otherNames?: readonly string[];
  /** User-Agent for controls; mirrors have their own. */
  readonly userAgent?: string;
}

/**
 * The wire: HTTP/1.1 and HTTP/2 over connections of ours, each instant taken from the socket's own events on the
 * monotonic clock. Nothing is thrown: what goes wrong is in `hop.fault`.
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

/** Makes the TLS context before any mark is set: a trust store takes tens of milliseconds, and is nobody's round trip. */
function prepare(tls: TlsBook, access: WireAccess): void {
  if (!access.url.startsWith('https:')) return;
  try {
    tls.context(access);
  } catch {
    // An unusable PEM text is told by the probe itself, as a fault with its phase.
  }
}

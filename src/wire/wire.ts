import type { ControlDue, ControlResponse } from '../core/due.ts';
import type { Connection } from '../core/mirror.ts';
import type { Clock, Line, Over, Timers, Wire, WireAccess } from '../core/ports.ts';
import { Builds } from './build.ts';
import { bareHostOf } from './connect.ts';
import { probeControl } from './control.ts';
import { NameResolver } from './dns.ts';
import { type LineDeps, OpenLine } from './line.ts';
import { Pool } from './pool.ts';
import { TlsBook } from './tls.ts';

export interface WireOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Public names to test a resolver with, after a name failed to resolve. Absent: none. */
  readonly otherNames?: readonly string[];
  readonly userAgent?: string | undefined;
}

/**
 * Creates the wire: the part that sends requests over HTTP/1.1 and HTTP/2. A hop (one request) does not throw: its
 * failure is in `hop.fault`.
 */
export function createWire(options: WireOptions): Wire {
  const { clock, timers } = options;
  const names = new NameResolver(clock, timers, options.otherNames ?? []);
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
    control(due: ControlDue): Promise<ControlResponse> {
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
 * Creates the TLS context before the first hop, because loading a trust store takes tens of milliseconds. This time
 * must not count as latency.
 */
function prepare(tls: TlsBook, access: WireAccess): void {
  if (!access.url.startsWith('https:')) return;
  try {
    tls.context(access);
  } catch {
    // The error is ignored here, because the first hop reports an unusable PEM text.
  }
}

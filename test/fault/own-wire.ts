import type { HopRequest, HopResponse, Line, Wire, WireAccess } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createWire, type WireOptions } from '../../src/wire/wire.ts';
import { testCerts } from '../support/certs.ts';
import { patienceMs } from '../support/patience.ts';
import { plainAccess } from '../support/plain-access.ts';

/** A wire on the machine's clocks. */
export function realWire(options: Partial<WireOptions> = {}): Wire {
  return createWire({ clock: systemClock, timers: systemTimers, ...options });
}

/** Access to one mirror that trusts the test CA. */
export function accessTo(url: string, more: Partial<WireAccess> = {}): WireAccess {
  return plainAccess({
    registry: 'm',
    url,
    ca: [testCerts().ca.certPem],
    userAgent: 'mirrorwatch/test (+ops@example.com)',
    ...more,
  });
}

/** One hop with a deadline from now. */
export function hopOf(line: Line, url: string, more: Partial<HopRequest> = {}): Promise<HopResponse> {
  const limitMs = more.limitMs ?? patienceMs;
  return line.hop({
    url,
    headers: {},
    aside: false,
    foreign: false,
    bodyBytesMax: 1024 * 1024,
    stopAfterBytes: null,
    startMs: null,
    deadlineMs: systemClock.monotonicMs() + limitMs,
    ...more,
    limitMs,
  });
}

/** One cold hop over a line of its own. */
export async function coldHop(
  wire: Wire,
  access: WireAccess,
  url: string,
  more: Partial<HopRequest> = {},
  firstFamily?: 4 | 6,
): Promise<HopResponse> {
  const line = wire.open(access, 'cold', { family: firstFamily });
  try {
    return await hopOf(line, url, more);
  } finally {
    line.close();
  }
}

/** What a hop ended as, in a form that a table row can hold. */
export function endOf({ hop }: HopResponse): { code: string; phase: string } | { status: number | null } {
  return hop.fault === null ? { status: hop.status } : { code: hop.fault.code, phase: hop.fault.phase };
}

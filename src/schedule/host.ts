import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import { createByteWindow } from './byte-window.ts';
import { type Host, type Priority, priorities, type Series } from './memory.ts';

/** A host without any state. */
export function createHost(key: string): Host {
  return {
    key,
    waiting: { 0: [], 1: [], 2: [] },
    rechecks: [],
    bytes: createByteWindow(),
    keptBack: new Set(),
    inFlight: 0,
    heavyInFlight: 0,
    bytesExpected: 0,
    confirming: new Set(),
  };
}

/** `https://example.com:443`: mirrors on different paths of one server share a host. */
export function hostKeyOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${protocol}//${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** True where a slot is free. Heavy probes, which hold a slot for long, leave the last of several slots to light ones. */
export function hasSlot(host: Host, priority: Priority, perHost: number): boolean {
  if (host.inFlight >= perHost) return false;
  return priority !== 2 || host.heavyInFlight < Math.max(1, perHost - 1);
}

/**
 * True where a round of this upstream has a free slot. Rounds of several upstreams on one host do not wait for each other,
 * so each detects an outage as fast as alone.
 */
export function hasConfirmingSlot({ confirming }: Host, upstream: string): boolean {
  return !confirming.has(upstream) && confirming.size < limits.confirmingPerHost;
}

/**
 * True where the hourly byte budget forbids a start: heavy steps stop first, the canary never. Room is reserved for
 * artifacts that have waited longest for budget.
 */
export function isOverBudget(host: Host, series: Series, bytesPerHour: number | null, now: Now): boolean {
  if (bytesPerHour === null || series.priority === 0) return false;
  const used = host.bytes.sum(now.monotonicMs);
  if (series.priority === 1) return used >= bytesPerHour;
  const most = bytesPerHour * limits.heavyShareOfBytes;
  let wanted = used + host.bytesExpected + bytesExpectedOf(series);
  for (const other of host.keptBack) {
    const bytes = bytesExpectedOf(other);
    // A download larger than the whole budget reserves nothing.
    if (other !== series && other.startedAtMs < series.startedAtMs && bytes <= most) wanted += bytes;
  }
  return wanted > most;
}

/**
 * The bytes that the next probe of a series will move: those of its last one, or an estimate for an unmeasured heavy one.
 */
export function bytesExpectedOf(series: Series): number {
  return series.priority === 2 ? (series.lastBytes ?? limits.heavyBytesGuess) : 0;
}

/** True while a series or a recheck of the host waits for a slot. */
export function hasWaiting(host: Host): boolean {
  return host.rechecks.length > 0 || priorities.some((priority) => host.waiting[priority].length > 0);
}

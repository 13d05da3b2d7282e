import type { ControlDue, ControlResponse } from '../core/due.ts';
import type { WireAccess } from '../core/ports.ts';
import { connectTo, createConnectTrace, plainRoute } from './connect.ts';
import { Deadline, stopOf } from './deadline.ts';
import { type LineDeps, OpenLine } from './line.ts';

/**
 * Probes one control (a host that is not a mirror). Success: for `tcp:` a connection, for `http:` any response, for
 * `https:` any response with a valid certificate.
 */
export async function probeControl(due: ControlDue, deps: LineDeps, userAgent: string): Promise<ControlResponse> {
  const at = deps.clock.now();
  const access = accessOf(due.url, userAgent);
  const code = due.url.startsWith('tcp:')
    ? await connectCode(due, access, at.monotonicMs, deps)
    : await httpCode(due, access, at.monotonicMs, deps);
  const latencyMs = code === null ? deps.clock.monotonicMs() - at.monotonicMs : null;
  return { name: due.name, answered: code === null, latencyMs, code, at };
}

async function connectCode(
  due: ControlDue,
  access: WireAccess,
  startMs: number,
  deps: LineDeps,
): Promise<string | null> {
  const url = URL.canParse(due.url) ? new URL(due.url) : null;
  if (url === null || url.hostname === '' || url.port === '') return 'ERR_INVALID_URL';
  const trace = createConnectTrace(startMs);
  const deadline = new Deadline(deps.clock, deps.timers, startMs + due.timeoutMs);
  try {
    const socket = await connectTo({ url, route: access, guard: null }, trace, deadline, deps);
    socket.destroy();
    return null;
  } catch (error) {
    return shortCode(stopOf(error).code);
  } finally {
    deadline.clear();
  }
}

async function httpCode(due: ControlDue, access: WireAccess, startMs: number, deps: LineDeps): Promise<string | null> {
  const line = new OpenLine(access, 'cold', deps);
  try {
    const { hop } = await line.hop({
      url: due.url,
      headers: {},
      aside: false,
      foreign: false,
      bodyBytesMax: 1,
      stopAfterBytes: 0,
      startMs: null,
      deadlineMs: startMs + due.timeoutMs,
      limitMs: due.timeoutMs,
    });
    return hop.fault === null ? null : shortCode(hop.fault.code);
  } finally {
    line.close();
  }
}

function shortCode(code: string): string {
  return code === 'MW_DEADLINE' ? 'timeout' : code;
}

/** Returns access settings without proxy and credentials, for a URL that belongs to no mirror. */
export function accessOf(url: string, userAgent: string): WireAccess {
  return { ...plainRoute, registry: '', url, auth: null, userAgent };
}

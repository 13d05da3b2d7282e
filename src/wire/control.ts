import type { ControlDue, ControlResponse } from '../core/due.ts';
import type { HopRequest, HopResponse, Line, WireAccess } from '../core/ports.ts';
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
  const bounds = { limitMs: due.timeoutMs, deadlineMs: startMs + due.timeoutMs, bodyBytesMax: 1, stopAfterBytes: 0 };
  const { fault } = await hopOnce(new OpenLine(access, 'cold', deps), { url: due.url, aside: false, ...bounds });
  return fault === null ? null : shortCode(fault.code);
}

/** Sends one request over a line, and closes the line. */
export async function hopOnce(
  line: Line,
  order: Pick<HopRequest, 'url' | 'aside' | 'limitMs' | 'deadlineMs' | 'bodyBytesMax' | 'stopAfterBytes'>,
): Promise<HopResponse['hop']> {
  try {
    return (await line.hop({ ...order, headers: {}, foreign: false, startMs: null })).hop;
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

import type { Config } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, type Target, targetId } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import type { Clock, Probed, Random, Timers, Workers } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { registry } from '../ecosystems/registry.ts';

export interface OnceRequest extends Pick<Target, 'module' | 'version' | 'step'> {
  readonly mirror: Mirror;
  /** The only HTTP version to use; absent: all versions of the mirror's access. */
  readonly protocol?: HttpProtocol;
}

export function makeDue(request: OnceRequest, config: Config, ports: { clock: Clock; random: Random }): Due {
  const { mirror, module, version, step, protocol } = request;
  const { weight = 'light', verifies = null } = registry.of(mirror.ecosystem)?.steps[step] ?? {};
  const target: Target = {
    id: targetId(mirror.name, module, version, step),
    ...partOf(mirror, 'ecosystem', 'upstream'),
    registry: mirror.name,
    module,
    version,
    step,
    weight,
    verifies,
    canary: false,
  };
  const due = dueOf(target, (config.steps[step] ?? config.schedule.pace).timeoutMs, ports);
  return protocol === undefined ? due : { ...due, protocol };
}

/** Makes the order for a probe outside the schedule, which starts now over a cold connection. */
export function dueOf(target: Target, timeoutMs: number, { clock, random }: { clock: Clock; random: Random }): Due {
  const now = clock.now();
  return {
    probeId: random.id(now.wallMs),
    target,
    connection: 'cold',
    purpose: 'once',
    timeoutMs,
    plannedAtMs: now.monotonicMs,
    round: null,
  };
}

/** The result if the thread of a probe returned nothing within `limitMs`: a defect of this program. */
export interface NoResult {
  readonly registry: string;
  readonly limitMs: number;
}

/** Returns how long a command waits for one probe, milliseconds: the sum of the probe's time limits, and a reserve. */
export function patienceMsFor(due: Due): number {
  return due.timeoutMs * (limits.asideTimeouts + 1) + 10_000;
}

/** Runs one probe; `null`: its thread did not respond within `patienceMsFor`. */
export function probeWithin(workers: Pick<Workers, 'probe'>, due: Due, timers: Timers): Promise<Probed | null> {
  return orNull(workers.probe(due), patienceMsFor(due), timers);
}

/** Waits until `workers` is closed, at most `limits.closeMs`, because a running `getaddrinfo` cannot be cancelled. */
export async function closeWithin(workers: { close(): Promise<void> }, timers: Timers): Promise<void> {
  await orNull(workers.close(), limits.closeMs, timers);
}

async function orNull<T>(work: Promise<T>, limitMs: number, timers: Timers): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = timers.after(limitMs, () => late.resolve(null));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}

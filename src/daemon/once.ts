import type { Config } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Clock, Random } from '../core/ports.ts';
import { type Step, type Target, targetId } from '../core/target.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { registry } from '../ecosystems/registry.ts';

/** One probe by hand: of this mirror, now. */
export interface OnceRequest {
  readonly mirror: Mirror;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  /** As `Due.protocol`. */
  readonly protocol?: HttpProtocol;
}

/** The due of a probe by hand: cold, out of plan. */
export function dueOnce(request: OnceRequest, config: Config, ports: { clock: Clock; random: Random }): Due {
  const { mirror, module, version, step, protocol } = request;
  const { weight = 'light', verifies = null } = registry.of(mirror.ecosystem)?.steps[step] ?? {};
  const target: Target = {
    id: targetId(mirror.name, module, version, step),
    ecosystem: mirror.ecosystem,
    upstream: mirror.upstream,
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

/** A due out of plan: cold, now. */
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

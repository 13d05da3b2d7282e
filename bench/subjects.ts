import type { Due } from '../src/core/due.ts';
import { type Target, targetId } from '../src/core/mirror.ts';
import type { WireAccess, WorkerBook } from '../src/core/ports.ts';
import type { HttpProtocol } from '../src/core/transcript.ts';

/** A mirror that the bench probes. */
export interface Subject {
  readonly registry: string;
  readonly url: string;
  /** PEM text of the CA that it is trusted by. */
  readonly ca: string;
  /** DNS server, `address:port`; `null`: the system's resolver. */
  readonly dnsServer: string | null;
  /** The HTTP version that is offered; left out: HTTP/1.1. */
  readonly protocol?: HttpProtocol;
}

/** What workers must know of these mirrors: as the daemon would tell them, without a checksum database. */
export function bookOf(subjects: readonly Subject[]): WorkerBook {
  return {
    access: Object.fromEntries(subjects.map((subject) => [subject.registry, accessOf(subject)])),
    context: Object.fromEntries(
      subjects.map(({ registry, url }) => [registry, { baseUrl: url, pinned: {}, own: { sumdb: null } }]),
    ),
  };
}

function accessOf({ registry, url, ca, dnsServer, protocol = '1.1' }: Subject): WireAccess {
  return {
    registry,
    url,
    ca: [ca],
    client: null,
    pin: null,
    auth: null,
    proxy: null,
    family: 4,
    dnsServer,
    allowHosts: [],
    userAgent: 'mirrorwatch-bench',
    protocols: [protocol],
  };
}

/** One cold probe of `mod`, due now. */
export function coldDue(probeId: string, registry: string, module: string, version: string, nowMs: number): Due {
  const target: Target = {
    id: targetId(registry, module, version, 'mod'),
    ecosystem: 'go',
    upstream: 'go',
    registry,
    module,
    version,
    step: 'mod',
    weight: 'light',
    verifies: null,
    canary: true,
  };
  return {
    probeId,
    target,
    connection: 'cold',
    purpose: 'scheduled',
    timeoutMs: 10_000,
    plannedAtMs: nowMs,
    round: null,
  };
}

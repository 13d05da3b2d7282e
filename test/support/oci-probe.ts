import type { Step } from '../../src/core/mirror.ts';
import type { Probed, WireAccess } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { accessTo, realWire } from '../fault/own-wire.ts';
import { sampleTarget } from './sample-target.ts';
import { createInlineWorkers } from './workers-inline.ts';

/** One probe of a registry as the daemon makes it: conversation, real wire, measure; over real sockets. */
export async function probeOci(
  url: string,
  step: Step,
  module: string,
  version: string,
  access: Partial<WireAccess> = {},
): Promise<Probed> {
  const own = { platform: { os: 'linux', architecture: 'amd64', variant: null }, ns: false };
  const book = { access: { mirror: accessTo(url, access) }, context: { mirror: { baseUrl: url, pinned: {}, own } } };
  const wire = realWire();
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  try {
    return await workers.probe({
      probeId: 'probe',
      target: sampleTarget({
        ecosystem: 'oci',
        upstream: 'ghcr.io',
        registry: 'mirror',
        module,
        version,
        step,
        canary: false,
      }),
      connection: 'cold',
      purpose: 'once',
      timeoutMs: 60_000,
      plannedAtMs: 0,
      round: null,
    });
  } finally {
    await workers.close();
    await wire.close();
  }
}

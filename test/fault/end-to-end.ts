import type { Due } from '../../src/core/due.ts';
import type { Outcome } from '../../src/core/failure.ts';
import type { Step, Target } from '../../src/core/mirror.ts';
import type { ProbeContext, Probed, WireAccess, WorkerBook } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { patienceMs } from '../support/patience.ts';
import { sampleTarget } from '../support/sample-target.ts';
import { goSumLines, syntheticModules } from '../support/synthetic-modules.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';
import { accessTo, realWire } from './own-wire.ts';

const [hello] = syntheticModules;
const [v1] = hello?.versions ?? [];
if (hello === undefined || v1 === undefined) throw new Error('the first synthetic module has a version');

/** The true hashes of `example.com/hello@v1.0.0`, as a go.sum file would pin them. */
export const pinned: Readonly<Record<string, string>> = Object.fromEntries(
  goSumLines(hello, v1)
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([module = '', version = '', hash = '']) => [`${module}@${version}`, hash]),
);

let probes = 0;

/** A due for one step of `example.com/hello@v1.0.0`. */
export function dueFor(step: Step, timeoutMs: number): Due {
  const [module, version] =
    step === 'sumdb' ? [null, null] : ['example.com/hello', step === 'list' || step === 'latest' ? null : 'v1.0.0'];
  const target: Target = sampleTarget({ registry: 'm', module, version, step });
  const probeId = `probe-${probes++}`;
  return { probeId, target, connection: 'cold', purpose: 'once', timeoutMs, plannedAtMs: 0, round: null };
}

/** How to probe. */
export interface Aim {
  readonly step?: Step;
  readonly timeoutMs?: number;
  readonly access?: Partial<WireAccess>;
  readonly context?: Partial<ProbeContext>;
  readonly otherNames?: readonly string[];
}

/** One probe as the daemon makes it: conversation, real wire, reasons, measure; over real sockets. */
export async function probeOnce(baseUrl: string, aim: Aim = {}): Promise<Probed> {
  const book: WorkerBook = {
    access: { m: accessTo(baseUrl, aim.access ?? {}) },
    context: { m: { baseUrl, pinned, own: { sumdb: null }, ...aim.context } },
  };
  const wire = realWire({ otherNames: aim.otherNames ?? [] });
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  try {
    return await workers.probe(dueFor(aim.step ?? 'mod', aim.timeoutMs ?? patienceMs));
  } finally {
    await workers.close();
  }
}

/** An outcome as a word: `ok`, a reason, or `unknown: because`. */
export function endsAs(outcome: Outcome): string {
  if (outcome.tag === 'ok') return 'ok';
  return outcome.tag === 'failed' ? outcome.failure.kind : `unknown: ${outcome.because}`;
}

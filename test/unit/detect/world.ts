import type { Config } from '../../../src/core/config.ts';
import type { Due } from '../../../src/core/due.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Mirror, Step, Target } from '../../../src/core/mirror.ts';
import type { Random } from '../../../src/core/ports.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { every, sampleConfig, sampleMirror } from '../../support/sample-config.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleDue, sampleOf } from '../../support/samples.ts';

/** Wall milliseconds at monotonic 0 in these tests. */
export const epochMs = Date.UTC(2026, 0, 1);

/** An instant `ms` after the start on both clocks. */
export function at(ms: number) {
  return { wallMs: epochMs + ms, monotonicMs: ms };
}

/** Ids that count: no randomness, no collisions. */
export function countingRandom(prefix = 'id'): Random {
  let count = 0;
  return { next: () => 0.5, id: () => `${prefix}${String(count++).padStart(18, '0')}` };
}

/** A Go mirror on a host of its own, far from the others. */
export const aMirror = sampleMirror;

/** A configuration with the documented defaults of `detect`; the canary's pace is 30 s. */
export function aConfig(over: {
  readonly mirrors: readonly Mirror[];
  readonly controls?: readonly string[];
  readonly everyMs?: number;
  readonly spike?: Partial<Config['detect']['spike']>;
  readonly outage?: Partial<Config['detect']['outage']>;
}): Config {
  const pace = every(over.everyMs ?? 30_000);
  const { detect, schedule } = sampleConfig();
  return sampleConfig({
    schedule: { ...schedule, pace },
    steps: Object.fromEntries(registry.steps.map((step) => [step, pace])) as Config['steps'],
    mirrors: over.mirrors,
    controls: (over.controls ?? []).map((name) => ({ name, url: `https://${name}/` })),
    detect: { ...detect, spike: { ...detect.spike, ...over.spike }, outage: { ...detect.outage, ...over.outage } },
    state: { path: ':memory:', keepMs: 30 * 86_400_000 },
  });
}

/** One target; the canary is `mod` of `example.com/a@v1.0.0` unless said otherwise. */
export function aTarget(registry: string, step: Step = 'mod', module = 'example.com/a', version = 'v1.0.0'): Target {
  return sampleTarget({ registry, module, version, step, canary: step === 'mod' && module === 'example.com/a' });
}

let probes = 0;

/** A due probe. */
export function aDue(target: Target, over: Partial<Due> = {}): Due {
  return sampleDue(target, { probeId: `probe${probes++}`, ...over });
}

/** A sample that started at `startMs` and took `tookMs`. */
export function aSample(
  due: Due,
  startMs: number,
  tookMs: number,
  outcome: Outcome = { tag: 'ok' },
  over: Partial<Sample> = {},
): Sample {
  return sampleOf(due, {
    startedAtMs: epochMs + startMs,
    startedMonotonicMs: startMs,
    endedMonotonicMs: startMs + tookMs,
    outcome,
    rttMs: tookMs,
    phases: { processing: tookMs },
    bytes: 100,
    wireBytes: 100,
    status: outcome.tag === 'ok' ? 200 : statusOf(outcome),
    ...over,
  });
}

/** A refused connection. */
export const refused: Outcome = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };

/** A timeout while the answer is awaited. */
export function timedOut(limitMs = 10_000): Outcome {
  return { tag: 'failed', failure: { kind: 'timeout_processing', limitMs } };
}

function statusOf(outcome: Outcome): number | null {
  return outcome.tag === 'failed' && 'status' in outcome.failure ? outcome.failure.status : null;
}

/** A status that the mirror sends instead of an answer. */
export function failedWith(kind: 'denied' | 'policy' | 'absent' | 'server' | 'status', status: number): Outcome {
  return { tag: 'failed', failure: { kind, status } };
}

/** A wish to be left alone: for so long, or `null` for no time named. */
export function throttled(retryAfterMs: number | null): Outcome {
  return { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs } };
}

/** A wrong digest. */
export function mismatch(got: string): Outcome {
  return { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: 'h1:right', got } };
}

/** What became of a finding between two states. */
export function eventOf(before: { readonly isOpen: boolean }, after: { readonly isOpen: boolean }) {
  if (before.isOpen === after.isOpen) return null;
  return after.isOpen ? 'opened' : 'closed';
}

import type { Config } from '../../../src/core/config.ts';
import type { Due, Purpose } from '../../../src/core/due.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Connection, Mirror } from '../../../src/core/mirror.ts';
import type { Random } from '../../../src/core/ports.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { type Step, steps, type Target, targetId } from '../../../src/core/target.ts';

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
export function aMirror(name: string, over: Partial<Mirror> = {}): Mirror {
  return {
    name,
    ecosystem: 'go',
    upstream: 'go',
    url: `https://${name}.example.com`,
    role: 'mirror',
    weight: null,
    region: null,
    connections: ['cold'],
    access: {
      tls: { ca: [], client: null, pin: null },
      auth: null,
      proxy: null,
      resolve: { family: null, server: null },
      allowHosts: [],
    },
    maintenance: [],
    ...over,
  };
}

/** A configuration with the documented defaults of `detect`; the canary's pace is 30 s. */
export function aConfig(over: {
  readonly mirrors: readonly Mirror[];
  readonly controls?: readonly string[];
  readonly everyMs?: number;
  readonly spike?: Partial<Config['detect']['spike']>;
  readonly outage?: Partial<Config['detect']['outage']>;
}): Config {
  const everyMs = over.everyMs ?? 30_000;
  const pace = { cadence: { kind: 'every', everyMs }, timeoutMs: 10_000 } as const;
  return {
    path: null,
    vantage: 'test',
    listen: { host: '127.0.0.1', port: 10120, token: null, tls: null },
    contact: null,
    schedule: { pace, perHost: 2, bytesPerHour: null },
    steps: Object.fromEntries(steps.map((step) => [step, pace])) as Config['steps'],
    mirrors: over.mirrors,
    controls: (over.controls ?? []).map((name) => ({ name, url: `https://${name}/` })),
    clients: {},
    modules: [],
    private: {},
    go: { sumdb: null },
    detect: {
      spike: {
        consecutive: 3,
        factor: 2.5,
        floorMs: 800,
        clear: 3,
        window: 120,
        warmup: 20,
        relearnMs: 7_200_000,
        ...over.spike,
      },
      outage: { open: 3, overMs: 4_000, close: 2, share: 0.5, ...over.outage },
      lagLimitMs: 3_600_000,
    },
    advise: { holdMs: 600_000, ttlMs: 86_400_000, minGain: 0.2 },
    webhooks: [],
    state: { path: ':memory:', keepMs: 30 * 86_400_000 },
    limits: { lines: 500_000 },
  };
}

/** One target; the canary is `mod` of `example.com/a@v1.0.0` unless said otherwise. */
export function aTarget(registry: string, step: Step = 'mod', module = 'example.com/a', version = 'v1.0.0'): Target {
  return {
    id: targetId(registry, module, version, step),
    ecosystem: 'go',
    upstream: 'go',
    registry,
    module,
    version,
    step,
    canary: step === 'mod' && module === 'example.com/a',
  };
}

let probes = 0;

/** A due probe. */
export function aDue(target: Target, over: Partial<Due> = {}): Due {
  return {
    probeId: `probe${probes++}`,
    target,
    connection: 'cold' as Connection,
    purpose: 'scheduled' as Purpose,
    timeoutMs: 10_000,
    plannedAtMs: 0,
    round: null,
    ...over,
  };
}

/** A sample that started at `startMs` and took `tookMs`. */
export function aSample(
  due: Due,
  startMs: number,
  tookMs: number,
  outcome: Outcome = { tag: 'ok' },
  over: Partial<Sample> = {},
): Sample {
  return {
    due,
    startedAtMs: epochMs + startMs,
    startedMonotonicMs: startMs,
    endedMonotonicMs: startMs + tookMs,
    outcome,
    rttMs: tookMs,
    phases: { processing: tookMs },
    bytes: 100,
    wireBytes: 100,
    requests: 1,
    status: outcome.tag === 'ok' ? 200 : null,
    finalUrl: null,
    remoteAddress: null,
    family: 4,
    tls: null,
    cache: null,
    retryAfterMs: null,
    facts: {},
    loopDelayMsMax: 0,
    worker: 0,
    ...over,
  };
}

/** A refused connection. */
export const refused: Outcome = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };

/** A timeout while the answer is awaited. */
export function timedOut(limitMs = 10_000): Outcome {
  return { tag: 'failed', failure: { kind: 'timeout_processing', limitMs } };
}

/** A status that the mirror sends instead of an answer. */
export function failedWith(kind: 'denied' | 'absent' | 'server' | 'status', status: number): Outcome {
  return { tag: 'failed', failure: { kind, status } };
}

/** A wrong digest. */
export function mismatch(got: string): Outcome {
  return { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: 'h1:right', got } };
}

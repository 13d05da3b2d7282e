import type { Config } from '../../../src/core/config.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Connection, Step, Target } from '../../../src/core/mirror.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Exposition } from '../../../src/export/negotiate.ts';
import type { Snapshot } from '../../../src/export/snapshot.ts';
import { sampleConfig, sampleMirror } from '../../support/sample-config.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleAdvice, sampleDue, sampleFinding, sampleOf, sampleStanding } from '../../support/samples.ts';
import { ruleOf } from '../features/actions/advice.ts';

export const mirror = sampleMirror;

export function config(more: Partial<Config> = {}): Config {
  return sampleConfig({
    mirrors: [mirror('a'), mirror('b')],
    controls: [{ name: 'www.example.com:443', url: 'https://www.example.com/' }],
    webhooks: [receiver('ops')],
    onAdvice: [ruleOf()],
    ...more,
  });
}

export function receiver(name: string): Config['webhooks'][number] {
  return {
    name,
    url: new Secret('https://ops.example.com/hook'),
    secrets: [],
    format: 'standard',
    lang: 'en',
    on: [],
    allow: [],
  };
}

export function target(registry: string, step: Step, module: string | null, version: string | null): Target {
  return sampleTarget({ registry, step, module, version });
}

/** `mod` and `zip` of one module, its list, and the checksum relay. */
export function targetsOf(registry: string): readonly Target[] {
  return [
    target(registry, 'mod', 'golang.org/x/net', 'v0.25.0'),
    target(registry, 'zip', 'golang.org/x/net', 'v0.25.0'),
    target(registry, 'list', 'golang.org/x/net', null),
    target(registry, 'sumdb', null, null),
  ];
}

export const okOutcome: Outcome = { tag: 'ok' };

/** An ok sample of 80 ms at wall second 1000, all phases different. */
export function sample(
  of: Target,
  more: Partial<SettledSample> & { connection?: Connection; purpose?: SettledSample['due']['purpose'] } = {},
): SettledSample {
  const { connection = 'cold', purpose = 'scheduled', ...rest } = more;
  return {
    ...sampleOf(sampleDue(of, { connection, purpose })),
    startedAtMs: 1_000_000,
    startedMonotonicMs: 500,
    endedMonotonicMs: 580,
    rttMs: 80,
    phases: { resolve: 3, connect: 20, tls: 30, processing: 26, transfer: 1 },
    bytes: 100,
    wireBytes: 150,
    cold: false,
    thresholdMs: null,
    baselineMs: null,
    ...rest,
  };
}

export const standing = sampleStanding;
export const finding = sampleFinding;
export const advice = sampleAdvice;

export function snapshot(more: Partial<Snapshot> = {}): Snapshot {
  return {
    standings: [],
    vantage: { suspect: null, sinceMs: null, controls: [], contaminatedShare: null },
    findings: [],
    baselines: [],
    lags: [],
    advice: [],
    ranks: [],
    queues: [],
    inFlight: 0,
    cpu: { user: 1, system: 0.5 },
    nowMs: 1_772_611_260_250,
    since: () => null,
    startedAtMs: 1_772_611_200_000,
    reloadedAtMs: 1_772_611_230_500,
    reloadOk: true,
    stateWritable: true,
    stateSetAside: 0,
    stateRowsAside: 0,
    ...more,
  };
}

/** The whole of one answer. */
export async function textOf({ pieces }: Exposition): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** A turn that lets microtasks alone go on: tests have no timers. */
export const turn = (): Promise<void> => Promise.resolve();

/** Sample lines of a text by name and labels, without exemplars: `name{a="b"}` → number. Fails on a line seen twice. */
export function values(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const bare = line.replace(/ # \{probe_id="[^"\\]*"\} \S+ \S+$/, '');
    const at = bare.lastIndexOf(' ');
    const series = bare.slice(0, at);
    if (found.has(series)) throw new Error(`twice: ${series}`);
    found.set(series, Number(bare.slice(at + 1)));
  }
  return found;
}

/** What of `after` is new or other than in `before`, and what is gone (`null`). */
export function changes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number | null> {
  const found: Record<string, number | null> = {};
  for (const [series, value] of after) if (before.get(series) !== value) found[series] = value;
  for (const series of before.keys()) if (!after.has(series)) found[series] = null;
  return found;
}

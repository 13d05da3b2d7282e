import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import type { Outcome } from '../../../../src/core/failure.ts';
import type { Taken } from '../../../../src/core/history.ts';
import type { Target } from '../../../../src/core/mirror.ts';
import type { Sample } from '../../../../src/core/sample.ts';
import { createMeter } from '../../../../src/features/replay/cost.ts';
import type { InForce } from '../../../../src/features/replay/story.ts';
import { expandTargets } from '../../../../src/schedule/targets.ts';

const none = { tag: 'error', code: 'ENOENT' } as const;
const loaded = loadConfig({
  text: `
mirrors:
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.com", weight: 90 }
modules: { go: [ "example.com/x@v1.0.0" ] }
clients: { go: "https://a.example.com,https://b.example.com,direct" }
go: { sumdb: off }
`,
  path: null,
  env: {},
  files: { read: () => none, list: () => none },
});
if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
const { config } = loaded.value;
const targets = expandTargets(config);
const toB = 'https://b.example.com,https://a.example.com,direct';
const endMs = 10_000_000;
const all = (chain: string | null): readonly InForce[] => [{ fromMs: 0, toMs: endMs, chain }];

const ok: Outcome = { tag: 'ok' };
const dead: Outcome = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
const gone: Outcome = { tag: 'failed', failure: { kind: 'absent', status: 404 } };

function taken(target: Target, atMs: number, rttMs: number, outcome: Outcome, purpose: 'scheduled' | 'confirm'): Taken {
  const due = { probeId: '', target, connection: 'cold', purpose, timeoutMs: 1, plannedAtMs: 0, round: null } as const;
  const status = outcome.tag === 'ok' ? 200 : outcome === gone ? 404 : null;
  const sample = { due, outcome, rttMs, status, startedMonotonicMs: 0, endedMonotonicMs: rttMs } as unknown as Sample;
  return { takenAt: { monotonicMs: atMs, wallMs: atMs }, kind: 'probed', sample, targetId: target.id };
}

/** Every step of both mirrors answers at second 1, `a` like this; then one fetch is measured at second 40. */
function measured(chains: readonly (string | null)[], a: Outcome, more: readonly Taken[] = []) {
  const versions = chains.map((chain) => new Map([['go/go', all(chain)]]));
  const meter = createMeter(config, targets, versions, 30_000, endMs);
  for (const target of targets)
    meter.receive(
      taken(target, 1_000, target.registry === 'a' ? 100 : 200, target.registry === 'a' ? a : ok, 'scheduled'),
    );
  for (const one of more) meter.receive(one);
  const [tick] = targets;
  if (tick !== undefined) meter.receive(taken(tick, 40_000, 100, a, 'scheduled'));
  return { fetches: meter.fetches(), costs: meter.costs() };
}

describe('what a fetch costs', () => {
  test('info, mod and zip one after the other, through the chain in force; `null` is the declared one', () =>
    expect(measured([null, toB], ok)).toEqual({
      fetches: 1,
      costs: [
        { seconds: 0.3, failures: 0 },
        { seconds: 0.6, failures: 0 },
      ],
    }));

  test('a dead head with the strict separator fails the build, once: that is failureCost', () =>
    expect(measured([null, toB], dead).costs).toEqual([
      { seconds: 300, failures: 1 },
      { seconds: 0.6, failures: 0 },
    ]));

  test('a 404 goes on to the next: both are waited for', () =>
    expect(measured([null], gone).costs).toEqual([{ seconds: 0.9, failures: 0 }]));

  test('the latest answer counts, whyever it was asked, but no timeout by a short deadline', () => {
    const mod = targets.find(({ registry, step }) => registry === 'a' && step === 'mod');
    if (mod === undefined) throw new Error('no target');
    expect(measured([null], ok, [taken(mod, 2_000, 400, ok, 'confirm')]).costs[0]?.seconds).toBeCloseTo(0.6, 9);
    const short: Outcome = { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: 1_500 } };
    expect(measured([null], ok, [taken(mod, 2_000, 1_500, short, 'confirm')]).costs).toEqual([
      { seconds: 0.3, failures: 0 },
    ]);
  });

  test('a fetch that one version cannot walk is left out of all', () => {
    const meter = createMeter(
      config,
      targets,
      [new Map([['go/go', all(null)]]), new Map([['go/go', all(toB)]])],
      0,
      endMs,
    );
    for (const target of targets)
      if (target.registry === 'a') meter.receive(taken(target, 1_000, 100, ok, 'scheduled'));
    for (const target of targets) meter.receive(taken(target, 40_000, 100, ok, 'scheduled'));
    expect([meter.fetches(), meter.costs()]).toEqual([
      0,
      [
        { seconds: null, failures: 0 },
        { seconds: null, failures: 0 },
      ],
    ]);
  });

  test('an answer older than three paces says nothing any more', () => {
    const meter = createMeter(config, targets, [new Map([['go/go', all(null)]])], 30_000, endMs);
    for (const target of targets) meter.receive(taken(target, 1_000, 100, ok, 'scheduled'));
    const zip = targets.find(({ registry, step }) => registry === 'b' && step === 'zip');
    if (zip === undefined) throw new Error('no target');
    // The canary comes each 30 s: after 91 s its last answer is too old.
    meter.receive(taken(zip, 92_000, 100, ok, 'scheduled'));
    expect(meter.fetches()).toBe(0);
  });

  test('the chain is the one of that minute', () => {
    const moved: readonly InForce[] = [
      { fromMs: 0, toMs: 35_000, chain: null },
      { fromMs: 35_000, toMs: endMs, chain: toB },
    ];
    const meter = createMeter(config, targets, [new Map([['go/go', moved]])], 2_000, endMs);
    for (const target of targets)
      meter.receive(taken(target, 1_000, target.registry === 'a' ? 100 : 200, ok, 'scheduled'));
    const [tick] = targets;
    if (tick === undefined) throw new Error('no target');
    meter.receive(taken(tick, 5_000, 100, ok, 'scheduled'));
    meter.receive(taken(tick, 40_000, 100, ok, 'scheduled'));
    expect(meter.fetches()).toBe(2);
    expect(meter.costs()[0]?.seconds).toBeCloseTo((0.3 + 0.6) / 2, 9);
  });
});

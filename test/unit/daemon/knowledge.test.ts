import { expect, test } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import type { Stages } from '../../../src/daemon/assemble.ts';
import { createKnowledge } from '../../../src/daemon/knowledge.ts';
import { registry as builtIn } from '../../../src/ecosystems/registry.ts';
import { aConfig, aMirror } from '../detect/world.ts';

/** A sample of a probe that waited in its thread: it was planned, and sent there, before it started. */
function signedSample(plannedAtMs: number, startedMonotonicMs: number): SettledSample {
  const facts = { logged: { 'left-pad@1.3.0': 'sha512-AA==' } };
  const due = { target: { ecosystem: 'npm' }, plannedAtMs };
  return { outcome: { tag: 'ok' }, facts, due, startedAtMs: 0, startedMonotonicMs } as unknown as SettledSample;
}

test('a probe that was sent to its thread before the trusted keys changed teaches nothing', () => {
  const plain = aConfig({ mirrors: [aMirror('one')] });
  const withKeys = (keys: readonly string[]): Config => ({ ...plain, settings: { ...plain.settings, npm: { keys } } });
  let nowMs = 1_000;
  const stages = {
    config: withKeys(['wrong']),
    clock: { now: () => ({ wallMs: nowMs, monotonicMs: nowMs }) },
    registry: builtIn,
    store: { all: () => [] },
    workers: { configure: () => undefined },
    version: '0.0.0-test',
  };
  const knowledge = createKnowledge(stages as unknown as Stages);
  nowMs = 2_000;
  stages.config = withKeys(['right']);
  knowledge.configure();
  const keysOf = (sample: SettledSample): readonly string[] => knowledge.learn([sample]).map(({ key }) => key);
  expect(keysOf(signedSample(1_990, 2_010))).not.toContain('npm/pin/left-pad@1.3.0');
  expect(keysOf(signedSample(2_005, 2_010))).toEqual(['npm/pin/left-pad@1.3.0']);
});

import { expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { createDetector, type Detector, type DetectTurn } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const speaks = [{ protocol: '2' as const, clients: ['go'], bypass: 'GODEBUG=http2client=0' }];
const mirrors = [
  { ...aMirror('a'), speaks },
  { ...aMirror('b'), speaks },
];
const modules = ['example.com/a', 'example.com/b', 'example.com/c', 'example.com/d', 'example.com/e'];
const targets = mirrors.flatMap(({ name }) => modules.map((module) => aTarget(name, 'mod', module)));
const ok: Outcome = { tag: 'ok' };
const reset: Outcome = { tag: 'failed', failure: { kind: 'reset', code: 'MW_H2_RESET' } };

const aDetector = (): Detector =>
  createDetector({ config: aConfig({ mirrors }), targets, restored: [], random: countingRandom(), now: at(0) });

/** Every target alone, over HTTP/2, its first byte after 100 ms. */
function alone(detector: Detector, ms: number): void {
  for (const target of targets)
    detector.take(aSample(aDue(target), ms - 200, 200, ok, { protocol: '2', phases: { processing: 100 } }), at(ms));
}

/** One build of `a`: its canary well, and the others as they are said to end. */
function build(detector: Detector, ms: number, ends: readonly Partial<Sample>[]): string[] {
  const place = { build: { id: `at ${ms}`, size: ends.length + 1 } };
  const turns: DetectTurn[] = [];
  const over = { protocol: '2' as const, phases: { processing: 100 } };
  turns.push(detector.take(aSample(aDue(aTarget('a'), place), ms - 200, 200, ok, over), at(ms)));
  ends.forEach((end, n) => {
    const due = aDue(aTarget('a', 'mod', modules[n + 1]), { ...place, connection: 'warm', purpose: 'build' });
    turns.push(detector.take(aSample(due, ms - 200, 200, end.outcome ?? ok, { ...over, ...end }), at(ms)));
  });
  return turns.flatMap(({ findings }) =>
    findings.map(({ change, finding }) => `${change} ${finding.kind}/${finding.cause} ${finding.registry}`),
  );
}

const fails = [{}, {}, { outcome: reset }, { outcome: reset }];
const well = [{}, {}, {}, {}];

it('reports a mirror that fails requests of two builds in a row while single ones succeed, until two builds succeed', () => {
  const detector = aDetector();
  alone(detector, 1_000);
  expect(build(detector, 2_000, fails)).toEqual([]);
  expect(build(detector, 3_000, fails)).toEqual(['opened unreliable/many_requests a']);
  const [finding] = detector.findings();
  expect(finding?.text).toBe(
    'a fails when a client sends several requests at once over one HTTP/2 connection (reset): 4 of 8 requests failed. Single requests work. This breaks or slows builds with go; GODEBUG=http2client=0 avoids it.',
  );
  expect(finding).toMatchObject({ actionable: false, evidence: { samples: 8, failures: 4 } });
  expect(finding?.scope.map(({ module, protocol }) => [module, protocol])).toEqual([
    ['example.com/d', '2'],
    ['example.com/e', '2'],
  ]);
  expect(build(detector, 4_000, well)).toEqual([]);
  expect(build(detector, 5_000, well)).toEqual(['closed unreliable/many_requests a']);
});

it('ends where the server has turned HTTP/2 off: no build follows', () => {
  const detector = aDetector();
  alone(detector, 1_000);
  build(detector, 2_000, fails);
  build(detector, 3_000, fails);
  // Another target over HTTP/1.1 proves nothing: only builds of the canary follow.
  const other = aDue(aTarget('a', 'mod', 'example.com/b'));
  expect(detector.take(aSample(other, 4_000, 200, ok, { protocol: '1.1' }), at(4_200)).findings).toEqual([]);
  const { findings } = detector.take(aSample(aDue(aTarget('a')), 4_000, 200, ok, { protocol: '1.1' }), at(4_200));
  expect(findings.map(({ change, finding }) => `${change} ${finding.cause}`)).toEqual(['closed many_requests']);
});

it('counts no request of a build for an outage, and none where the mirror fails single ones too', () => {
  const detector = aDetector();
  alone(detector, 1_000);
  build(detector, 2_000, fails);
  expect(build(detector, 3_000, well)).toEqual([]);
  expect(build(detector, 4_000, fails)).toEqual([]);
  expect(detector.findings()).toEqual([]);
  expect(detector.standings().map(({ registry, state }) => [registry, state])).toEqual([
    ['a', 'up'],
    ['b', 'up'],
  ]);
  const unheard = aDetector();
  build(unheard, 2_000, fails);
  expect(build(unheard, 3_000, fails)).toEqual([]);
});

it('lets no small build clear a fault of a large one before it is reported', () => {
  const detector = aDetector();
  alone(detector, 1_000);
  expect(build(detector, 2_000, fails)).toEqual([]);
  expect(build(detector, 3_000, [{}])).toEqual([]);
  expect(build(detector, 4_000, fails)).toEqual(['opened unreliable/many_requests a']);
  expect(build(detector, 5_000, [{}])).toEqual([]);
  expect(build(detector, 6_000, fails)).toEqual([]);
  expect(build(detector, 7_000, [{}])).toEqual([]);
  expect(build(detector, 8_000, [{}])).toEqual(['closed unreliable/many_requests a']);
});

it('reports a mirror that closes the connection before it takes the other requests, or handles them one after the other', () => {
  const closing = aDetector();
  alone(closing, 1_000);
  const moved = [{ repeated: 'goaway' as const }, { repeated: 'goaway' as const }, {}, {}];
  build(closing, 2_000, moved);
  expect(build(closing, 3_000, moved)).toEqual(['opened unreliable/many_requests a']);
  expect(closing.findings()[0]?.text).toBe(
    'a closes an HTTP/2 connection (GOAWAY) before it processes all requests on it: 4 of 8 requests needed another connection. This slows builds with go.',
  );
  const inTurn = [300, 600, 900, 1_200].map((processing) => ({ phases: { processing } }));
  const slow = aDetector();
  alone(slow, 1_000);
  build(slow, 2_000, inTurn);
  expect(build(slow, 3_000, inTurn)).toEqual(['opened unreliable/many_requests a']);
  expect(slow.findings()[0]?.text).toBe(
    'a handles the requests on one HTTP/2 connection one after the other. Of several requests sent at once, the slowest takes 1.2 s; a single request takes at most 100 ms.',
  );
  expect(slow.findings()[0]?.evidence).toMatchObject({ observedSeconds: 1.2, baselineSeconds: 0.1 });
});

it('does not take a full line for requests that wait, nor what a delay of ours or a lost probe left open', () => {
  const large = [300, 600, 900, 1_200].map((processing) => ({ phases: { processing }, bytes: 40_000 }));
  const late = [{ outcome: { tag: 'unknown', because: 'local' } as const }, {}, {}, {}];
  const delayed: Partial<Sample> = {
    outcome: { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: 10_000 } },
    loopDelayMsMax: 5_000,
  };
  for (const ends of [large, late, [delayed, {}, {}, {}]]) {
    const detector = aDetector();
    alone(detector, 1_000);
    for (const ms of [2_000, 3_000, 4_000]) expect(build(detector, ms, ends)).toEqual([]);
  }
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import type { FindingChange } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import { createDetector, type DetectTurn } from '../../../src/detect/detector.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import {
  aConfig,
  aDue,
  aMirror,
  aSample,
  aTarget,
  at,
  countingRandom,
  failedWith,
  mismatch,
  refused,
  timedOut,
} from './world.ts';

const seed = 20_260_101;

/** Every finding opens once, and closes at most once, after it opened; one of a kind and subject at a time. */
function expectAlternate(changes: readonly FindingChange[]): void {
  const open = new Map<string, string>();
  const ended = new Set<string>();
  for (const { change, finding } of changes) {
    const subject = `${finding.kind} ${finding.registry}`;
    expect(ended.has(finding.id)).toBe(false);
    if (change === 'opened') {
      expect(open.get(subject)).toBeUndefined();
      open.set(subject, finding.id);
      continue;
    }
    expect(open.get(subject)).toBe(finding.id);
    if (finding.state === 'open') continue;
    ended.add(finding.id);
    open.delete(subject);
  }
}

describe('whatever comes', () => {
  const mirrors = [aMirror('a'), aMirror('b', { connections: ['cold', 'warm'] }), aMirror('c', { role: 'origin' })];
  const targets = mirrors.flatMap(({ name }) => [
    aTarget(name),
    aTarget(name, 'info'),
    aTarget(name, 'list', 'example.com/b'),
    aTarget(name, 'zip'),
  ]);
  const outcomes: readonly Outcome[] = [
    { tag: 'ok' },
    { tag: 'ok' },
    refused,
    timedOut(),
    failedWith('denied', 403),
    failedWith('absent', 404),
    mismatch('x'),
    mismatch('y'),
    { tag: 'unknown', because: 'resolver' },
  ];
  const step = fc.record({
    afterMs: fc.constantFrom(1, 50, 900, 1_500, 20_000),
    tookMs: fc.constantFrom(5, 100, 2_000),
    target: fc.integer({ min: 0, max: targets.length - 1 }),
    outcome: fc.integer({ min: 0, max: outcomes.length - 1 }),
    delayMs: fc.constantFrom(0, 0, 0, 30),
    warm: fc.boolean(),
    answerRound: fc.boolean(),
    act: fc.constantFrom(
      'none',
      'none',
      'none',
      'tick',
      'pause',
      'resume',
      'sleep',
      'reload',
      'throttle',
      'ack',
      'control',
    ),
  });

  it('nothing throws, each sample is settled exactly once within 15 s, and findings open and close in turn', () =>
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (stepsTaken) => {
        const config = aConfig({ mirrors, controls: ['x'], spike: { warmup: 3 }, outage: { overMs: 1_000 } });
        const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
        const settledAt = new Map<string, number>();
        const takenAt = new Map<string, number>();
        const findings: FindingChange[] = [];
        let nowMs = 0;
        let asked: DetectTurn['rounds'] = [];
        const note = (turn: DetectTurn | null) => {
          if (turn === null) return;
          for (const sample of turn.settled) {
            expect(settledAt.has(sample.due.probeId)).toBe(false);
            settledAt.set(sample.due.probeId, nowMs);
          }
          findings.push(...turn.findings);
          asked = [...asked, ...turn.rounds];
          JSON.stringify(turn);
        };
        const take = (sample: ReturnType<typeof aSample>) => {
          takenAt.set(sample.due.probeId, nowMs);
          note(detector.take(sample, at(nowMs)));
        };
        const pass = (ms: number) => {
          const toMs = nowMs + ms;
          while (nowMs < toMs) {
            nowMs = Math.min(toMs, nowMs + 1_000);
            note(detector.tick(at(nowMs)));
          }
        };
        for (const one of stepsTaken) {
          pass(one.afterMs);
          const target = targets[one.target];
          const outcome = outcomes[one.outcome];
          if (target === undefined || outcome === undefined) continue;
          const rounds = asked;
          asked = [];
          for (const round of one.answerRound ? rounds : []) {
            for (const due of round.dues) {
              const place = { id: round.id, moment: round.moment };
              take(aSample(aDue(due.target, { purpose: 'confirm', round: place }), nowMs - 5, 5, outcome));
            }
          }
          const connection = one.warm ? 'warm' : 'cold';
          const over = { loopDelayMsMax: one.delayMs };
          take(aSample(aDue(target, { connection }), nowMs - one.tookMs, one.tookMs, outcome, over));
          const now = at(nowMs);
          switch (one.act) {
            case 'pause':
              note(detector.pause(target.registry, { untilMs: now.wallMs + 5_000, reason: 'test' }, now));
              break;
            case 'resume':
              note(detector.pause(target.registry, null, now));
              break;
            case 'sleep':
              note(detector.suspended(nowMs - 6_000, nowMs, now));
              break;
            case 'reload':
              note(detector.reconfigure(config, targets, now));
              break;
            case 'throttle':
              detector.throttled(target.registry, target.step, now.monotonicMs + 3_000);
              break;
            case 'ack':
              note(detector.acknowledge(detector.findings()[0]?.id ?? '', 'test', now));
              break;
            case 'control':
              note(detector.control({ name: 'x', answered: one.warm, latencyMs: 1, code: null, at: now }, null, now));
              break;
            default:
              break;
          }
          detector.standings();
          detector.vantage();
        }
        pass(limits.roundMs);
        expect([...settledAt.keys()].sort()).toEqual([...takenAt.keys()].sort());
        for (const [probeId, ms] of takenAt) {
          expect((settledAt.get(probeId) ?? 0) - ms).toBeLessThanOrEqual(limits.roundMs + 1_000);
        }
        expectAlternate(findings);
      }),
      { seed, numRuns: 150 },
    ));

  it('mirrors that come and go with restarts between: no finding is opened twice, and all end when all is well', () => {
    const plan = fc.array(
      fc.record({
        forMs: fc.constantFrom(3_000, 20_000, 70_000, 200_000),
        behaviours: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom('fine', 'slow', 'dead', 'hole', 'denied'))),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 10 },
    );
    const how: Readonly<Record<string, Behaviour>> = {
      fine: { rttMs: 100 },
      slow: { rttMs: 1_400 },
      dead: { fails: refused, afterMs: 3 },
      hole: 'black hole',
      denied: { fails: failedWith('denied', 403), afterMs: 40 },
    };
    fc.assert(
      fc.property(plan, (phases) => {
        let now: readonly string[] = ['fine', 'fine', 'fine'];
        const sim = new Simulation({
          config: aConfig({ mirrors, spike: { warmup: 5 } }),
          targets: mirrors.map(({ name }) => aTarget(name)),
          script: (target) => how[now['abc'.indexOf(target.registry)] ?? 'fine'] ?? 'black hole',
        });
        sim.runTo(200_000);
        for (const phase of phases) {
          now = phase.behaviours;
          sim.runTo(sim.nowMs + phase.forMs);
          if (phase.restart) sim.restart(2_000);
        }
        now = ['fine', 'fine', 'fine'];
        sim.runTo(sim.nowMs + 15 * 60_000);
        expectAlternate(sim.findings);
        expect(sim.detector.findings()).toEqual([]);
        expect(sim.detector.standings().map((standing) => standing.state)).toEqual(['up', 'up', 'up']);
      }),
      { seed, numRuns: 60 },
    );
  });
});

import { expect, it } from 'vitest';
import { gaussian, seeded } from './seeded.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, failedWith, refused, timedOut } from './world.ts';

const minute = 60_000;
const from = 30 * minute;
const until = from + 60 * minute;
const names = ['a', 'b', 'c'];
const modules = ['example.com/b', 'example.com/c', 'example.com/d'];
const fine: Behaviour = { rttMs: 100 };
const dead: Behaviour = { fails: refused, afterMs: 5 };

type Trouble = (t: number, random: () => number) => Behaviour;
const troubles: readonly { readonly name: string; readonly trouble: Trouble; readonly max?: number }[] = [
  { name: 'dead', trouble: () => dead },
  { name: '503', trouble: () => ({ fails: failedWith('server', 503), afterMs: 30 }) },
  { name: 'refuses', trouble: () => ({ fails: failedWith('denied', 403), afterMs: 30 }) },
  { name: '8 s down, 8 s up', trouble: (t) => (t % 16_000 < 8_000 ? dead : fine) },
  { name: '50 s down, 70 s up', trouble: (t) => (t % 120_000 < 50_000 ? dead : fine) },
  { name: '10 % failing', trouble: (_, random) => (random() < 0.1 ? dead : fine) },
  { name: '30 % failing', trouble: (_, random) => (random() < 0.3 ? dead : fine) },
  { name: '60 % failing', trouble: (_, random) => (random() < 0.6 ? dead : fine) },
  { name: 'slow', trouble: () => ({ rttMs: 1_500 }) },
  {
    // Two troubles: it is slow, and it goes out.
    name: 'slow, and times out now and then',
    max: 4,
    trouble: (_, random) => (random() < 0.2 ? { fails: timedOut(10_000), afterMs: 10_000 } : { rttMs: 2_000 }),
  },
  { name: 'a long tail', trouble: (_, random) => ({ rttMs: 100 * Math.exp(1.2 * gaussian(random)()) }) },
];

it.each(troubles)(
  'an hour of trouble is one story: $name: at most three findings open, and all have ended an hour later',
  ({ trouble, max = 3 }) => {
    const random = seeded(20_260_102);
    const sim = new Simulation({
      config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
      targets: names.flatMap((name) => [
        aTarget(name),
        ...modules.flatMap((module) => [aTarget(name, 'mod', module), aTarget(name, 'info', module)]),
      ]),
      script: ({ registry }, t) => (registry === 'a' && t >= from && t < until ? trouble(t, random) : fine),
      everyMsOf: ({ canary }) => (canary ? 30_000 : 5 * minute),
    });
    sim.runTo(until);
    const opened = sim.findings
      .filter(({ change }) => change === 'opened')
      .map(({ finding }) => `${finding.kind} ${finding.registry}`);
    expect(opened.length).toBeLessThanOrEqual(max);
    sim.runTo(until + 60 * minute);
    expect(sim.detector.findings()).toEqual([]);
  },
);

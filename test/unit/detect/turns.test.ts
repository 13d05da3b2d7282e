import { describe, expect, it } from 'vitest';
import { seeded } from './seeded.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, failedWith } from './world.ts';

const minute = 60_000;
const from = 30 * minute;
const names = ['o', 'a', 'b'];
const module = 'example.com/m';
const newer = ['v1.0.0', 'v1.1.0'];

/** What two backends behind the name `a` say, of which `isOld` picks one for each request; the other has v1.1.0 as everybody has. */
function world(isOld: (t: number) => boolean, fast: number, until: number): Simulation {
  const sim = new Simulation({
    config: aConfig({
      mirrors: names.map((name) => aMirror(name, { role: name === 'o' ? 'origin' : 'mirror' })),
      everyMs: 30_000 / fast,
    }),
    targets: names.flatMap((name) => [
      aTarget(name),
      aTarget(name, 'list', module, 'v1.0.0'),
      ...['latest', 'v1.1.0'].flatMap((version) => [
        aTarget(name, 'info', module, version),
        aTarget(name, 'mod', module, version),
      ]),
    ]),
    script: ({ registry, step, module: one, version }, t): Behaviour => {
      if (one !== module) return { rttMs: 100 };
      const had = () => (registry === 'a' && t >= from && isOld(t) ? ['v1.0.0'] : newer);
      if (step === 'list') {
        const newest = had();
        return { rttMs: 100, facts: { contents: { versions: { count: newest.length, newest, pre: [] } } } };
      }
      const asked = (version === 'latest' ? had().at(-1) : version) ?? '';
      const facts = version === 'latest' ? { resolvedVersion: asked } : {};
      return had().includes(asked) ? { rttMs: 100, facts } : { fails: failedWith('absent', 404), afterMs: 100, facts };
    },
    everyMsOf: ({ canary }) => (canary ? 30_000 : 5 * minute) / fast,
  });
  sim.runTo(until);
  return sim;
}

const opened = (sim: Simulation): readonly string[] =>
  sim.findings
    .filter(({ change }) => change === 'opened')
    .map(({ finding }) => `${finding.registry} ${finding.kind} ${finding.cause}`);

describe('two backends behind one name, one of them older', () => {
  it.each([1, 2, 3, 4, 5])('are one regression at random turns, seed %i, and nothing else is told', (seed) => {
    const random = seeded(seed);
    const sim = world(() => random() < 0.5, 1, from + 6 * 60 * minute);
    expect(opened(sim)).toEqual(['a lag regression']);
    expect(sim.detector.findings()[0]?.text).toMatch(
      /^a alternates between old and new content: \d+ recent responses? (?:was|were) older than an earlier one\. Most recently: example\.com\/m \((tag latest went back from v1\.1\.0 to v1\.0\.0|v1\.1\.0 was missing) at 2026-01-01 \d\d:\d\d UTC\)\. Several servers may share one name\.$/,
    );
  });

  it('are one regression by turns of half an hour; a finding before the second turn has ended in it', () => {
    const sim = world((t) => Math.floor(t / (30 * minute)) % 2 === 1, 1, from + 12 * 60 * minute);
    const told = opened(sim).filter((one) => one !== 'a lag regression');
    expect(opened(sim)).toHaveLength(told.length + 1);
    expect(told.length).toBeLessThanOrEqual(2);
    expect(sim.detector.findings().map(({ kind }) => kind)).toEqual(['lag']);
  });

  it('give a refusal where it is not turns: what is gone for good is not there', () => {
    const sim = world(() => true, 1, from + 2 * 60 * minute);
    expect(opened(sim)).toContain('a refusal absent');
    expect(opened(sim)).not.toContain('a lag regression');
  });
});

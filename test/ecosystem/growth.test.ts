import { expect, test } from 'vitest';
import { loadProber } from '../../src/ecosystems/prober.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { costMs, expectInProportion } from '../support/growth.ts';
import { real } from '../support/requires.ts';
import { answerOf, fixturesOf } from './fixture.ts';
import { type CompleteResponse, chars, hold, pumpsOf } from './pumped.ts';

// Every conversation of every ecosystem, told a recorded answer of which one part is made longer and longer.

/** Cheaper is told nothing of: at this size the square of a length costs seconds, that of a count some hundred ms. */
const cheapMs = 100;

for (const ecosystem of registry.all) {
  const prober = [ecosystem.id, await loadProber(ecosystem.id)] as const;
  /** The same part of the same step is made longer once. */
  const tried = new Set<string>();
  real(`growth of ${ecosystem.id}`, [], () => {
    test.each(fixturesOf(ecosystem.id).map((fixture) => [fixture.name, fixture] as const))(
      '%s: each part of each answer costs in proportion',
      (_, fixture) => {
        for (const [at, recorded] of fixture.answers.entries()) {
          const answer = answerOf(recorded);
          if (answer.tag !== 'answered' || answer.body.length > 64 * 1024) continue;
          for (const [what, of] of pumpsOf(answer)) {
            const part = `${fixture.step} ${what}`;
            if (tried.has(part)) continue;
            tried.add(part);
            const large = of(chars * 8);
            const run = (one: CompleteResponse) => hold(prober, fixture, at, one);
            const cost = costMs(() => run(large));
            if (cost <= cheapMs) continue;
            try {
              expectInProportion(chars, of, run);
            } catch (error) {
              throw new Error(`${recorded.path}: ${what}: ${String(error)}`);
            }
          }
        }
        expect(tried.size).toBeGreaterThan(0);
      },
    );
  });
}

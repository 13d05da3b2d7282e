import type { Advice, AdviceCause, AdviceChange } from '../../../src/core/advice.ts';

/** Causes for which clients must move, whatever the scores of the mirrors. */
const needed: ReadonlySet<AdviceCause> = new Set(['outage', 'mismatch', 'refusal']);
/** A smaller difference of two scores is noise. Seconds. */
const noiseSeconds = 0.01;

/**
 * Collects moves by choice (not forced by an outage) to a mirror with a worse score in the table of candidates of the
 * same advice.
 */
export interface TableCheck {
  note(change: AdviceChange): void;
  readonly against: readonly string[];
}

export function createTableCheck(): TableCheck {
  const against: string[] = [];
  const proposed = new Map<string, Advice>();
  return {
    against,
    note({ change, advice }) {
      const before = proposed.get(advice.id);
      if (change === 'proposed') proposed.set(advice.id, advice);
      if (change === 'proposed' && !needed.has(advice.cause)) check(advice, advice.from, advice.to);
      // A withdrawn advice has a new table if clients were moved back by choice.
      if (change === 'withdrawn' && before !== undefined && before.candidates !== advice.candidates)
        check(advice, advice.to, advice.from);
    },
  };

  function check({ candidates, cause, reason }: Advice, from: string, to: string): void {
    const scoreOf = (name: string) => candidates.find(({ registry }) => registry === name)?.scoreSeconds ?? null;
    const [here, there] = [scoreOf(from), scoreOf(to)];
    if (here !== null && there !== null && there - noiseSeconds > here)
      against.push(`${cause}: ${from} ${here} s to ${to} ${there} s (${reason})`);
  }
}

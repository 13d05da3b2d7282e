import type { Advice, AdviceCause, AdviceChange } from '../../../src/core/advice.ts';

/** Clients need these moves whatever the scores. */
const needed: ReadonlySet<AdviceCause> = new Set(['outage', 'mismatch', 'refusal']);
/** Smaller differences are noise. */
const noiseSeconds = 0.01;

/** Collects the moves by choice that their own table of candidates speaks against. */
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
      // A withdrawal by choice has a table of its own.
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

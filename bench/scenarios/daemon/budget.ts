import { budgetShareOf, burnRates, defaultRuleParameters } from '../../../src/features/rules/parameters.ts';

const minuteMs = 60_000;
const rateMinutes = 5;
/**
 * The minimum number of failures in a window, as in `src/features/rules/rule.ts`: a single failure is no failure
 * rate.
 */
const failuresMin = 2.5;

/** What the rules record of one mirror's probes, evaluated each minute. */
export interface Budget {
  count(hasFailed: boolean): void;
  /** Ends the current minute. */
  close(): void;
  /** True if the error budget is used up too fast, by the rule `fast` or `slow` in `src/features/rules/rule.ts`. */
  burns(pace: keyof typeof burnRates): boolean;
}

/** Makes the error budget of a mirror without probes. */
export function createBudget(): Budget {
  const attempts = createCounter();
  const failures = createCounter();
  const share = budgetShareOf(defaultRuleParameters);
  const ratio = (seconds: number): number => {
    const minutes = (seconds * 1000) / minuteMs;
    const [judged, failed] = [attempts.over(minutes), failures.over(minutes)];
    return judged > 0 ? failed / judged : 0;
  };
  return {
    count(hasFailed) {
      attempts.add();
      if (hasFailed) failures.add();
    },
    close() {
      attempts.close();
      failures.close();
    },
    burns: (pace) =>
      burnRates[pace].some(({ factor, longSeconds, shortSeconds }) => {
        const limit = factor * share;
        const count = failures.over((longSeconds * 1000) / minuteMs) / rateMinutes;
        return ratio(longSeconds) > limit && ratio(shortSeconds) > limit && count > failuresMin;
      }),
  };
}

/** A counter by minute. `over` sums, over the last evaluations, the increase within five minutes. */
function createCounter() {
  const total = [0];
  const summed = [0];
  let sum = 0;
  return {
    add: () => {
      sum += 1;
    },
    close() {
      total.push(sum);
      const inRate = sum - (total.at(-1 - rateMinutes) ?? 0);
      summed.push((summed.at(-1) ?? 0) + inRate);
    },
    /** For a window of five minutes or less, it is the increase at the last evaluation. */
    over(minutes: number): number {
      const evaluations = minutes <= rateMinutes ? 1 : minutes;
      return (summed.at(-1) ?? 0) - (summed.at(-1 - evaluations) ?? 0);
    },
  };
}

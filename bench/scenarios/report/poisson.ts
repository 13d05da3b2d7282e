/**
 * The exact 90 % confidence interval of the mean of a Poisson distribution, after `count` observed events. If the mean
 * were `low`, 5 % of runs would have `count` events or more; if it were `high`, 5 % would have `count` or fewer.
 * @param count  0 or more; 0: `low` is 0
 * @see https://en.wikipedia.org/wiki/Poisson_distribution#Confidence_interval
 */
export function poissonInterval(count: number): { readonly low: number; readonly high: number } {
  const most = 2 * count + 20;
  return {
    low: count === 0 ? 0 : meanWhere(most, (mean) => 1 - atMost(count - 1, mean) < 0.05),
    high: meanWhere(most, (mean) => atMost(count, mean) > 0.05),
  };
}

/** The largest mean up to `most` for which `holds` returns true. It must return true for every smaller mean. */
function meanWhere(most: number, holds: (mean: number) => boolean): number {
  let [low, high] = [0, most];
  for (let halving = 0; halving < 50; halving += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The probability of at most `count` events if `mean` events are expected. */
function atMost(count: number, mean: number): number {
  let sum = 0;
  let logTerm = -mean;
  for (let events = 0; events <= count; events += 1) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(mean) - Math.log(events + 1);
  }
  return sum;
}

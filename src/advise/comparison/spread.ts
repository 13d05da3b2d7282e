import type { Weight } from '../../core/mirror.ts';
import { type HeadRecord, kept } from './record.ts';

/** Count, mean and variance of some values. */
type Spread = ReturnType<typeof spreadOf>;

/** The times of good responses among the last light or heavy responses. Milliseconds. */
export function spread(record: HeadRecord, weight: Weight): Spread {
  return spreadOf(timesOf(record, weight));
}

/** The natural logarithms of the times of good responses among the last light or heavy responses. */
export function logSpreadOf(record: HeadRecord, weight: Weight): Spread {
  const whole = spreadOf(timesOf(record, weight).map(lnOf));
  return weight === 'heavy' ? whole : { ...whole, variance: scatterOfLight(record) ?? whole.variance };
}

/** The number of newest outcomes of each question that `scatterOfLight` uses. */
const scatterKept = 16;

/**
 * The variance of the natural logarithms of light times within each question, because different requests take different
 * times; `null`: no question has two good responses.
 */
function scatterOfLight({ questions }: HeadRecord): number | null {
  let [count, squares] = [0, 0];
  for (const outcomes of questions.values()) {
    const one = spreadOf(outcomes.slice(-scatterKept).flatMap(({ bad, tookMs }) => (bad ? [] : [lnOf(tookMs)])));
    if (one.count < 2) continue;
    count += one.count - 1;
    squares += one.variance * (one.count - 1);
  }
  return count === 0 ? null : squares / count;
}

function lnOf(ms: number): number {
  return Math.log(Math.max(1, ms));
}

function timesOf(record: HeadRecord, weight: Weight): readonly number[] {
  return record[weight].slice(-kept / 4).flatMap(({ bad, tookMs }) => (bad ? [] : [tookMs]));
}

function spreadOf(values: readonly number[]) {
  const mean = values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { count: values.length, mean, variance: values.length < 2 ? 0 : squares / (values.length - 1) };
}

// Tells a story of classic histograms in another form: promtool of Prometheus 3 writes native series, that of 2.42 cannot.

/** A native histogram of exponential buckets, or of the bounds of the classic one (`convert_classic_histograms_to_nhcb`). */
export type Form = 'native' | 'nhcb';

export type Series = { readonly series: string; readonly values: string | number };

/** One bucket is 4.4 % wider than the previous one, as on the daemon's page. */
const schema = 4;

/** The samples of a notation of promtool: `a+bxn` is n + 1 samples, `axn` too. */
const samplesOf = (values: string | number): number[] =>
  String(values)
    .split(' ')
    .flatMap((token) => {
      const [, first = '0', step = '+0', count = '0'] = /^(-?[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(token) ?? [];
      return Array.from({ length: Number(count) + 1 }, (_, at) => Number(first) + at * Number(step));
    });

export interface Bucket {
  /** Upper bound; `Infinity` for the last one. */
  readonly le: number;
  /** Values in this bucket alone. */
  readonly count: number;
}

/** Where the values of a bucket lie: in its middle, and above the last bound a little above it. */
function valueIn(buckets: readonly Bucket[], at: number): number {
  const below = at === 0 ? (buckets[0]?.le ?? 1) / 2 : (buckets[at - 1]?.le ?? 1);
  const le = buckets[at]?.le ?? below;
  return le === Number.POSITIVE_INFINITY ? below * 1.1 : Math.sqrt(below * le);
}

function exponential(counts: ReadonlyMap<number, number>): string {
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  const [from = 0, to = from] = [indexes[0], indexes.at(-1)];
  const all = Array.from({ length: to - from + 1 }, (_, at) => counts.get(from + at) ?? 0);
  return `schema:${schema} offset:${from} buckets:[${all.join(' ')}]`;
}

/** One sample as promtool reads it. */
export function literalOf(buckets: readonly Bucket[], form: Form): string {
  const count = buckets.reduce((sum, one) => sum + one.count, 0);
  const sum = buckets.reduce((total, one, at) => total + one.count * valueIn(buckets, at), 0);
  const head = `count:${count} sum:${sum}`;
  if (form === 'nhcb') {
    const bounds = buckets.slice(0, -1).map(({ le }) => le);
    const all = buckets.map((one) => one.count);
    return `{{schema:-53 ${head} custom_values:[${bounds.join(' ')}] buckets:[${all.join(' ')}]}}`;
  }
  const counts = new Map<number, number>();
  buckets.forEach((one, at) => {
    const index = Math.ceil(Math.log2(valueIn(buckets, at)) * 2 ** schema);
    if (one.count > 0) counts.set(index, (counts.get(index) ?? 0) + one.count);
  });
  return `{{${head} ${counts.size === 0 ? `schema:${schema}` : exponential(counts)}}}`;
}

/** The series of a story, each classic histogram in another form. Its `_count` and `_sum` go, as in Prometheus. */
export function inForm(all: readonly Series[], form: Form): readonly Series[] {
  const histograms = new Map<string, { le: number; samples: number[] }[]>();
  const others: Series[] = [];
  for (const one of all) {
    const [, name, labels, le] = /^(\w+)_bucket\{(.*),le="([^"]+)"\}$/.exec(one.series) ?? [];
    if (name === undefined || le === undefined) {
      others.push(one);
      continue;
    }
    const key = `${name}{${labels}}`;
    const known = histograms.get(key) ?? [];
    known.push({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), samples: samplesOf(one.values) });
    histograms.set(key, known);
  }
  const told = [...histograms].map(([series, rows]) => {
    const sorted = rows.sort((a, b) => a.le - b.le);
    const length = sorted.at(-1)?.samples.length ?? 0;
    const samples = Array.from({ length }, (_, at) => {
      const below = sorted.map(({ samples: of }) => of[at] ?? of.at(-1) ?? 0);
      return literalOf(
        sorted.map(({ le }, index) => ({ le, count: (below[index] ?? 0) - (below[index - 1] ?? 0) })),
        form,
      );
    });
    return { series, values: samples.join(' ') };
  });
  const names = [...histograms.keys()].map((key) => key.split('{')[0]);
  return [...others.filter(({ series }) => !names.some((name) => series.startsWith(`${name}_count{`))), ...told];
}

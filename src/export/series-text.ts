import type { TextFormat } from './negotiate.ts';

/** Sample lines. Each text is rendered only when it is read. */
export interface SeriesLines {
  readonly texts: Iterable<string>;
  readonly count: number;
}

export type LabelSet = Readonly<Record<string, string>>;

export interface Exemplar {
  readonly labelSet: LabelSet;
  readonly value: number;
  /** The time of the exemplar, seconds since 1970. */
  readonly timestamp: number;
}

export interface Plain {
  readonly labels: LabelSet;
  readonly value: number;
}

/**
 * One series of a histogram. The counts of buckets are not cumulative, and values above the last bound are in no
 * bucket.
 */
export interface ObservedSeries {
  readonly labels: LabelSet;
  readonly bucketValues: Readonly<Record<string, number>>;
  /** Exemplars by bound; `-1`: above the last bound. */
  readonly bucketExemplars?: Readonly<Record<string, Exemplar | null | undefined>>;
  readonly sum: number;
  readonly count: number;
}

/** The field in which prom-client 15 stores the series of an instrument. Its types do not declare the field. */
interface Instrument<S> {
  readonly hashMap: Readonly<Record<string, S>>;
}

/** Returns the series of an instrument, in the order in which they were opened. */
export function seriesLinesOf<S>(instrument: object): readonly S[] {
  return Object.values((instrument as Instrument<S>).hashMap);
}

/**
 * The text `a="b",c="d"} ` of each label set. Instruments that use the same object share the text as long as the object
 * exists.
 */
const ends = new WeakMap<LabelSet, string>();

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

function written(labels: LabelSet): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

function endOf(labels: LabelSet): string {
  const known = ends.get(labels);
  if (known !== undefined) return known;
  const text = written(labels);
  // `join` creates a flat string. V8 would flatten a concatenated string again for each line.
  const end = text === '' ? '' : [text, '} '].join('');
  ends.set(labels, end);
  return end;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`;
  if (Number.isNaN(value)) return 'Nan';
  return value < 0 ? '-Inf' : '+Inf';
}

function exemplarText(exemplar: Exemplar | null | undefined): string {
  if (!exemplar) return '\n';
  return ` # {${written(exemplar.labelSet)}} ${numberText(exemplar.value)} ${exemplar.timestamp}\n`;
}

/** Renders the lines of a counter or gauge. @param name  the name of the sample; for a counter it ends in `_total` */
export function renderPlainLines(instrument: object, name: string): SeriesLines {
  const all = seriesLinesOf<Plain>(instrument);
  return { texts: all.values().map((series) => plainText(series, name)), count: all.length };
}

function plainText({ labels, value }: Plain, name: string): string {
  const end = endOf(labels);
  return end === '' ? `${name} ${numberText(value)}\n` : `${name}{${end}${numberText(value)}\n`;
}

export interface HistogramForm {
  readonly name: string;
  /** The keys of the buckets, without `+Inf`. */
  readonly bounds: readonly string[];
  /** The beginning of each bucket's lines, before the labels. The last one belongs to `+Inf`. */
  readonly starts: readonly string[];
}

/** Prepares the texts of a histogram's lines. @param bounds  upper bounds, ascending, `+Inf` implied */
export function histogramFormOf(name: string, bounds: readonly number[]): HistogramForm {
  const texts = bounds.map(String);
  return { name, bounds: texts, starts: [...texts, '+Inf'].map((le) => `${name}_bucket{le="${le}",`) };
}

function seriesText(series: ObservedSeries, { name, bounds, starts }: HistogramForm, exemplars: boolean): string {
  const end = endOf(series.labels);
  const { bucketValues, bucketExemplars, count } = series;
  const line = (at: number, value: number, bound: string): string => {
    const start = starts[at] ?? '';
    const head = end === '' ? `${start.slice(0, -1)}} ` : start + end;
    return head + value + (exemplars ? exemplarText(bucketExemplars?.[bound]) : '\n');
  };
  let text = '';
  let below = 0;
  for (const [at, bound] of bounds.entries()) {
    below += bucketValues[bound] ?? 0;
    text += line(at, below, bound);
  }
  text += line(bounds.length, count, '-1');
  return text + totalsText(series, name);
}

function totalsText({ labels, sum, count }: ObservedSeries, name: string): string {
  const end = endOf(labels);
  const start = end === '' ? ' ' : `{${end}`;
  return `${name}_sum${start}${numberText(sum)}\n${name}_count${start}${count}\n`;
}

export function renderSummaryLines(instrument: object, name: string): SeriesLines {
  const all = seriesLinesOf<ObservedSeries>(instrument);
  return { texts: all.values().map((series) => totalsText(series, name)), count: 2 * all.length };
}

export function renderHistogramLines(instrument: object, form: HistogramForm, format: TextFormat): SeriesLines {
  const all = seriesLinesOf<ObservedSeries>(instrument);
  return {
    texts: all.values().map((series) => seriesText(series, form, format === 'openmetrics')),
    count: all.length * (form.starts.length + 2),
  };
}

/** What a page of `/metrics` says. */
export interface Page {
  /** Type of each family, by its name as the page has it. */
  readonly types: ReadonlyMap<string, string>;
  /** Value of each series, by its name with labels as printed. */
  readonly series: ReadonlyMap<string, number>;
}

const labels = String.raw`\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\}`;
const number = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf)|NaN`;
const sample = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(${labels})? (${number})( # ${labels} (?:${number})(?: (?:${number}))?)?$`,
);
const end = '# EOF\n';

/**
 * Reads text 0.0.4 or OpenMetrics 1.0 strictly: families one after another, each once and typed before its samples, no
 * series twice, no counter below zero, buckets that rise to their count, exemplars and an end mark in OpenMetrics alone.
 * @throws Error that names the line
 */
export function readPage(text: string, isOpenMetrics: boolean): Page {
  if (isOpenMetrics !== text.endsWith(`\n${end}`)) throw new Error(isOpenMetrics ? 'no end mark' : 'an end mark');
  const types = new Map<string, string>();
  const series = new Map<string, number>();
  const begun = new Set<string>();
  let family = '';
  for (const line of (isOpenMetrics ? text.slice(0, -end.length) : text).split('\n').slice(0, -1)) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword !== undefined) {
      if (name !== family && begun.has(name)) throw new Error(`family twice: ${line}`);
      family = name;
      begun.add(name);
      if (keyword === 'TYPE') types.set(name, rest);
      continue;
    }
    const [, called = '', own = '', value = '', exemplar] = sample.exec(line) ?? [];
    if (called === '') throw new Error(`not a sample: ${JSON.stringify(line)}`);
    if (!belongs(called, family, types.get(family))) throw new Error(`outside its family ${family}: ${line}`);
    if (exemplar !== undefined && !(isOpenMetrics && called.endsWith('_bucket')))
      throw new Error(`exemplar out of place: ${line}`);
    if (series.has(called + own)) throw new Error(`series twice: ${line}`);
    series.set(called + own, Number(value.replace('Inf', 'Infinity')));
  }
  checkValues(types, series);
  return { types, series };
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
  gauge: [''],
};

/** OpenMetrics names a counter's family without `_total`; the older text names it with. */
function belongs(called: string, family: string, type: string | undefined): boolean {
  if (type === 'counter') return called === family || called === `${family}_total`;
  return (suffixes[type ?? ''] ?? []).some((suffix) => called === `${family}${suffix}`);
}

function checkValues(types: ReadonlyMap<string, string>, series: ReadonlyMap<string, number>): void {
  let bucketOf = '';
  let before = 0;
  for (const [key, value] of series) {
    if (isCounting(key, types) && !(value >= 0)) throw new Error(`a counter of ${value}: ${key}`);
    const le = /^(\w+)_bucket(\{.*)le="([^"]+)"(.*)$/.exec(key);
    if (le === null) continue;
    const [, name = '', head = '', bound = '', tail = ''] = le;
    const rest = `${head}${tail}`.replace('{,', '{').replace(',}', '}').replace('{}', '');
    if (`${name}${rest}` === bucketOf && value < before) throw new Error(`a bucket below the one before it: ${key}`);
    [bucketOf, before] = [`${name}${rest}`, value];
    const count = series.get(`${name}_count${rest}`);
    if (bound === '+Inf' && count !== value)
      throw new Error(`${value} in all buckets, but a count of ${count}: ${key}`);
  }
}

/** True for a series that only rises while its process lives: a counter, or a part of a histogram. */
export function isCounting(key: string, types: ReadonlyMap<string, string>): boolean {
  const name = key.split('{')[0] ?? key;
  if (types.get(name) === 'counter' || types.get(name.replace(/_total$/, '')) === 'counter') return true;
  const type = types.get(name.replace(/_(bucket|sum|count)$/, ''));
  return type === 'histogram' || type === 'summary';
}

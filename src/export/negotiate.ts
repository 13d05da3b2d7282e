import { type MetricName, metricOf, unitOf } from './catalog.ts';

export const contentTypes = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
} as const;
export type Format = keyof typeof contentTypes;

interface Range {
  readonly type: string;
  readonly version: string | null;
  /** The weight, 0 to 1; 0: refused. */
  readonly q: number;
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const values = new Map(
    parameters.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=', 2);
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')] as const;
    }),
  );
  const q = values.get('q');
  const weight = q === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0;
  return { type: type.toLowerCase(), version: values.get('version') ?? null, q: weight };
}

/**
 * OpenMetrics if the client accepts it (version 1.0.0 or none) with at least the weight of plain text; else text
 * 0.0.4.
 * @param accept  the `Accept` header; a malformed weight counts as 0
 * @see RFC 9110 section 12.5.1
 */
export function negotiate(accept: string | undefined): Format {
  let openmetrics = 0;
  let text = 0;
  for (const { type, version, q } of (accept ?? '').split(',').map(parseRange)) {
    if (type === 'application/openmetrics-text' && (version === null || version === '1.0.0'))
      openmetrics = Math.max(openmetrics, q);
    if (type === 'text/plain' && (version === null || version === '0.0.4')) text = Math.max(text, q);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

/** One response of /metrics, rendered while it is read. */
export interface Exposition {
  readonly contentType: string;
  /** The text in pieces of about 64 KiB, each rendered on demand in a separate turn of the event loop; read once. */
  readonly pieces: AsyncIterable<string>;
}

/** The comment lines of a family. Text 0.0.4 names a counter with its `_total`, OpenMetrics without. */
export function headOf(name: MetricName, format: Format): string {
  const { type, help } = metricOf(name);
  const unit = unitOf(name);
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const lines = [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
  if (format === 'openmetrics' && unit !== null) lines.push(`# UNIT ${family} ${unit}`);
  return `${lines.join('\n')}\n`;
}

export const endOf: Readonly<Record<Format, string>> = { openmetrics: '# EOF\n', text: '' };

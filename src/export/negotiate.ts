import { type MetricName, metricOf, unitOf } from './catalog.ts';

export const contentTypes = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
  protobuf: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
} as const;
export type Format = keyof typeof contentTypes;
export type TextFormat = Exclude<Format, 'protobuf'>;

interface Range {
  readonly type: string;
  readonly version: string | null;
  /** The parameters `proto` and `encoding` of the accepted content type, as one text. */
  readonly message: string;
  /** The weight `q` of the content type, 0 to 1; 0: the client refuses it. */
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
  const message = `${values.get('proto') ?? ''} ${values.get('encoding') ?? ''}`;
  return { type: type.toLowerCase(), version: values.get('version') ?? null, message, q: weight };
}

/**
 * Chooses protobuf if it is offered and accepted, else OpenMetrics (version 1.0.0 or none given) if accepted, else text
 * 0.0.4. A later format is chosen only if the client gives it a higher weight.
 * @param accept  the `Accept` header; a malformed weight counts as 0
 * @param hasProtobuf  false: protobuf is not offered
 * @see RFC 9110 section 12.5.1
 */
export function negotiate(accept: string | undefined, hasProtobuf = false): Format {
  let protobuf = 0;
  let openmetrics = 0;
  let text = 0;
  for (const { type, version, message, q } of (accept ?? '').split(',').map(parseRange)) {
    if (type === 'application/openmetrics-text' && (version === null || version === '1.0.0'))
      openmetrics = Math.max(openmetrics, q);
    if (type === 'application/vnd.google.protobuf' && message === 'io.prometheus.client.MetricFamily delimited')
      protobuf = Math.max(protobuf, q);
    if (type === 'text/plain' && (version === null || version === '0.0.4')) text = Math.max(text, q);
  }
  if (hasProtobuf && protobuf > 0 && protobuf >= Math.max(openmetrics, text)) return 'protobuf';
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

/** One response of /metrics, rendered while it is read. */
export interface Exposition {
  readonly contentType: string;
  /**
   * The response in pieces: of about 64 KiB in the text formats, of one metric in protobuf. Each piece is rendered on
   * demand in a separate turn of the event loop. The response can be read only once.
   */
  readonly pieces: AsyncIterable<string | Uint8Array>;
}

/**
 * Renders the comment lines (HELP, TYPE, UNIT) of a metric. Text 0.0.4 names a counter with `_total`, OpenMetrics
 * without it.
 */
export function contentHeadOf(name: MetricName, format: TextFormat): string {
  const { type, help } = metricOf(name);
  const unit = unitOf(name);
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const lines = [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
  if (format === 'openmetrics' && unit !== null) lines.push(`# UNIT ${family} ${unit}`);
  return `${lines.join('\n')}\n`;
}

export const endOf: Readonly<Record<TextFormat, string>> = { openmetrics: '# EOF\n', text: '' };

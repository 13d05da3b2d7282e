import { type MetricName, metricOf } from './catalog.ts';
import type { Format } from './negotiate.ts';

/** One answer of /metrics, made while it is read. */
export interface Exposition {
  readonly contentType: string;
  /** The text in pieces of some 64 KiB, each made in a turn of the loop of its own when it is asked for; read once. */
  readonly pieces: AsyncIterable<string>;
}

/** HELP, TYPE and UNIT of a family. Text 0.0.4 names a counter with its `_total`, OpenMetrics without. */
export function headOf(name: MetricName, format: Format): string {
  const { type, help, unit } = metricOf(name);
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const lines = [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
  if (format === 'openmetrics' && unit !== null) lines.push(`# UNIT ${family} ${unit}`);
  return `${lines.join('\n')}\n`;
}

/** What ends a text. */
export const endOf: Readonly<Record<Format, string>> = { openmetrics: '# EOF\n', text: '' };

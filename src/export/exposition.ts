import { type MetricName, metricNames, metricOf } from './catalog.ts';
import { contentTypes, type Format } from './negotiate.ts';

/** The sample lines of each family as OpenMetrics, one piece a registry, each ended by a line feed. */
export type Families = ReadonlyMap<MetricName, readonly string[]>;

/** One answer of /metrics. */
export interface Exposition {
  readonly contentType: string;
  /** The text in pieces of at most a registry's family: for a writer that must not hold up the loop. */
  readonly chunks: readonly string[];
  /** The whole text, joined when asked for. */
  readonly text: string;
}

// Anchored at the end of the line: a label value cannot look like this, its quotes are escaped and a number follows it.
const exemplar = / # \{probe_id="[0-9a-z-]+"\} \S+ \S+$/gm;

/** HELP, TYPE and UNIT of a family. Text 0.0.4 names a counter with its `_total`, OpenMetrics without. */
function head(name: MetricName, format: Format): string {
  const { type, help, unit } = metricOf(name);
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const lines = [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
  if (format === 'openmetrics' && unit !== null) lines.push(`# UNIT ${family} ${unit}`);
  return `${lines.join('\n')}\n`;
}

function exposition(format: Format, chunks: readonly string[]): Exposition {
  return {
    contentType: contentTypes[format],
    chunks,
    get text() {
      return chunks.join('');
    },
  };
}

/** Families in the order of the catalogue, each once; one without series is left out. */
export function openMetrics(families: Families): Exposition {
  const chunks: string[] = [];
  for (const name of metricNames) {
    const pieces = families.get(name) ?? [];
    if (pieces.length > 0) chunks.push(head(name, 'openmetrics'), ...pieces);
  }
  return exposition('openmetrics', [...chunks, '# EOF\n']);
}

/**
 * Text 0.0.4 from the same lines: exemplars and the end mark go, counters get their full name, numbers stay as they are.
 * @param turn  lets the loop go on; awaited after each piece that is rewritten
 */
export async function plainText(families: Families, turn: () => Promise<void>): Promise<Exposition> {
  const chunks: string[] = [];
  for (const name of metricNames) {
    const pieces = families.get(name) ?? [];
    if (pieces.length > 0) chunks.push(head(name, 'text'));
    for (const piece of pieces) {
      if (metricOf(name).exemplars !== true || !piece.includes(' # {')) chunks.push(piece);
      else {
        chunks.push(piece.replace(exemplar, ''));
        await turn();
      }
    }
  }
  return exposition('text', chunks);
}

/** Number of sample lines in a text of them. */
export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

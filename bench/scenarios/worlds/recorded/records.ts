/** A period in which a monitor saw a host in one state. Times are epoch milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly isUp: boolean;
  /** HTTP status of the poll; 0: no connection. */
  readonly code: number;
}

/** One host of a service with its records, oldest first. */
export interface RecordedHost {
  readonly service: string;
  readonly host: string;
  /** Hosts of one operator share a registered domain; empty: not known. */
  readonly operator: string;
  readonly spans: readonly Span[];
  /** Response times of the polls that found the host up, milliseconds. */
  readonly upMs: readonly number[];
}

const needed = ['service', 'host', 'from', 'to', 'state', 'code'] as const;
type Column = (typeof needed)[number] | 'operator' | 'ms';

/**
 * Parses records of outages: CSV without quotes, with a header and one row for each span. README.md beside this file
 * describes the columns.
 * @returns hosts in the order in which they first appear
 * @throws Error with the line number if a row cannot be parsed, or begins before the previous row of its host ends
 */
export function readRecords(text: string): readonly RecordedHost[] {
  const [header = '', ...rows] = text.split(/\r?\n/);
  const columns = header.split(',').map((name) => name.trim());
  const missing = needed.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw new Error(`line 1: no column ${missing.join(', ')}`);
  const hosts = new Map<string, { -readonly [Key in keyof RecordedHost]: RecordedHost[Key] }>();
  rows.forEach((row, index) => {
    if (row.trim() === '') return;
    const cells = row.split(',');
    const cell = (name: Column): string => cells[columns.indexOf(name)]?.trim() ?? '';
    const span = spanOf(cell, index + 2);
    const key = `${cell('service')} ${cell('host')}`;
    const host = hosts.get(key) ?? {
      service: cell('service'),
      host: cell('host'),
      operator: cell('operator'),
      spans: [],
      upMs: [],
    };
    if (span.fromMs < (host.spans.at(-1)?.toMs ?? 0)) throw new Error(`line ${index + 2}: begins before ${key} ended`);
    host.spans = [...host.spans, span];
    if (span.isUp) host.upMs = [...host.upMs, ...timesOf(cell('ms'), index + 2)];
    hosts.set(key, host);
  });
  return [...hosts.values()];
}

function spanOf(cell: (name: Column) => string, line: number): Span {
  const state = cell('state');
  const code = Number(cell('code'));
  const [fromMs, toMs] = [Date.parse(cell('from')), Date.parse(cell('to'))];
  if (cell('service') === '' || cell('host') === '') throw new Error(`line ${line}: no service or host`);
  if (state !== 'up' && state !== 'down') throw new Error(`line ${line}: state is "${state}", not up or down`);
  if (!Number.isInteger(code) || code < 0 || code > 999) throw new Error(`line ${line}: code is "${cell('code')}"`);
  if (!(fromMs <= toMs)) throw new Error(`line ${line}: from ${cell('from')} to ${cell('to')} is no span`);
  return { fromMs, toMs, isUp: state === 'up', code };
}

function timesOf(text: string, line: number): readonly number[] {
  const times = text.split(/\s+/).filter((one) => one !== '');
  return times.flatMap((one) => {
    const ms = Number(one.split('@')[0]);
    if (!(ms >= 0)) throw new Error(`line ${line}: ms is "${one}"`);
    return ms > 0 ? [ms] : [];
  });
}

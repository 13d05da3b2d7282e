import { styleText } from 'node:util';
import { type DestinationStream, destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import { type Log, logLevels } from '../core/ports.ts';
import { printable } from '../core/printable.ts';

const lineKeys: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** The maximum number of characters in unwritten lines. Above it, new lines are dropped. */
const waitingMax = 1024 * 1024;

export type LogDestination = DestinationStream;

const colours = { debug: 'blue', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Formats a log line for people: time of day, level, message, and each field on a line of its own. */
function formatLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as {
    readonly level: keyof typeof colours;
    readonly time: string;
    readonly msg: string;
  };
  const at = new Date(time);
  const clock = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const head = styleText(colours[level], level.toUpperCase(), { stream: process.stderr });
  const rows = Object.entries(fields).map(([key, value]) => {
    const { stack } = (value ?? {}) as { readonly stack?: unknown };
    const text = typeof stack === 'string' ? stack : JSON.stringify(value);
    return `    ${printable(key)}: ${text
      .split('\n')
      .map((one) => printable(one))
      .join('\n    ')}\n`;
  });
  return `[${clock}] ${head}: ${printable(msg)}\n${rows.join('')}`;
}

/**
 * Returns a destination that writes to standard error. If a write fails, for example on a full disk, the daemon
 * continues.
 */
function standardError(): LogDestination {
  const stream = fileDestination({ fd: 2, sync: true, maxLength: waitingMax });
  stream.on('error', () => undefined);
  return stream;
}

/**
 * Creates a log. It writes JSON lines (`level`, `time` in RFC 3339, the fields, `msg`), or readable lines if `pretty`.
 * Lines are written synchronously. The default destination is standard error. An unknown level counts as `info`.
 */
export function createLog(options: {
  readonly level: string;
  readonly pretty: boolean;
  readonly destination?: LogDestination;
}): Log {
  const plain = options.destination ?? standardError();
  const stream = options.pretty ? { write: (line: string) => void plain.write(formatLine(line)) } : plain;
  const logger = pino(
    {
      level: logLevels.find((level) => level === options.level) ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    debug: (message, fields) => logger.debug(fieldsApart(fields), message),
    info: (message, fields) => logger.info(fieldsApart(fields), message),
    warn: (message, fields) => logger.warn(fieldsApart(fields), message),
    error: (message, fields) => logger.error(fieldsApart(fields), message),
  };
}

/**
 * Adds `_` to the name of a field that is a standard key (`level`, `time`, `msg`), because pino would write the key
 * twice.
 */
function fieldsApart(fields: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  if (fields === undefined) return {};
  if (!Object.keys(fields).some((key) => lineKeys.has(key))) return fields;
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [lineKeys.has(key) ? `${key}_` : key, value]));
}

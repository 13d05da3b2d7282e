import { type DestinationStream, destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../core/ports.ts';

/** How much is logged, least last. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const lineKeys: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** Where lines go; each `write` is one whole line with its line feed. */
export type LogDestination = DestinationStream;

/** Formatted in this thread, line by line: a transport thread would lose its last lines at exit. */
function prettyOver(plain: LogDestination): LogDestination {
  const format = pretty.prettyFactory({ colorize: pretty.isColorSupported, translateTime: 'SYS:HH:MM:ss.l' });
  return {
    write: (line) => {
      plain.write(format(line));
    },
  };
}

/**
 * A log of JSON lines (`level`, `time` in RFC 3339, the fields, `msg`), or of readable lines where `pretty`.
 * Secrets show as `***` wherever they stand in the fields, because their JSON form is that. Lines are written at once,
 * so that none is lost at exit; without `destination` they go to standard error, which leaves standard output to data.
 * A level that is none of `logLevels` counts as `info`.
 */
export function createLog(options: {
  readonly level: string;
  readonly pretty: boolean;
  readonly destination?: LogDestination;
}): Log {
  const plain = options.destination ?? fileDestination({ fd: 2, sync: true });
  const stream = options.pretty ? prettyOver(plain) : plain;
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

/** Fields called like a part of the line itself get a `_` behind: pino would write the key twice. */
function fieldsApart(fields: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  if (fields === undefined) return {};
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [lineKeys.has(key) ? `${key}_` : key, value]));
}

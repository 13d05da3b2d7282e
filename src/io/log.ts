import { createRequire } from 'node:module';
import { type DestinationStream, destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import type pinoPretty from 'pino-pretty';
import { type Log, logLevels } from '../core/ports.ts';

const lineKeys: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

/** The maximum number of characters in unwritten lines. Above it, new lines are dropped. */
const waitingMax = 1024 * 1024;

export type LogDestination = DestinationStream;

/**
 * Returns a destination that formats log lines for people. It runs in this thread, because pino's transport thread
 * would lose the last lines at exit.
 */
function prettyOver(plain: LogDestination): LogDestination {
  // The module is loaded only here, because a log of JSON lines does not need it.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty;
  const format = pretty.prettyFactory({ colorize: pretty.isColorSupported, translateTime: 'SYS:HH:MM:ss.l' });
  return {
    write: (line) => {
      plain.write(format(line));
    },
  };
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

/**
 * Adds `_` to the name of a field that is a standard key (`level`, `time`, `msg`), because pino would write the key
 * twice.
 */
function fieldsApart(fields: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  if (fields === undefined) return {};
  if (!Object.keys(fields).some((key) => lineKeys.has(key))) return fields;
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [lineKeys.has(key) ? `${key}_` : key, value]));
}

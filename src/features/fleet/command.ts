import { hostAndPort, isLoopback, isPlainAbroad } from '../../core/addresses.ts';
import { isCredential, readHeaders } from '../../core/http.ts';
import { Secret } from '../../core/secret.ts';
import { durationMs, durationPattern } from '../../core/units.ts';
import { notifySystemd, systemClock } from '../../daemon/machine.ts';
import { processLog } from '../../daemon/system.ts';
import { systemTimers } from '../../io/timers.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { readOptionFile } from '../../terminal/load.ts';
import { receiveSignals } from '../../terminal/signals.ts';
import { displayWidth, durationText, jsonText, table } from '../../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { phrase, renderIn } from '../../words/tell.ts';
import type { Say } from '../../words/words.ts';
import type { FleetOptions, FleetReport } from './report.ts';
import type { Cell } from './verdict.ts';

const options = {
  ...optionsOf('string', 'store', 'store-token-file', 'headers', 'ca', 'cert', 'key', 'timeout', 'link'),
  ...optionsOf('boolean', 'watch', 'json'),
  ...optionsOf('string', 'listen', 'token-file', 'tls-cert', 'tls-key'),
};
type Tables = ReturnType<typeof import('./report.ts').tablesOf>;
type Values = ReturnType<typeof words<typeof options>>['values'];

const watchMs = 15_000;

/**
 * `mirrorwatch fleet`: shows the mirrors side by side for all places where daemons run, read from a metrics store such
 * as Prometheus.
 */
export const fleetCommand: Command = {
  name: 'fleet',
  usage:
    'mirrorwatch fleet --store URL [--watch] [--json] [--listen ADDRESS [--token-file FILE] [--tls-cert FILE --tls-key FILE]] [--link URL] [--headers FILE] [--store-token-file FILE] [--ca FILE] [--cert FILE --key FILE] [--timeout 10s]',
  options,
  async run(context: Context): Promise<ExitCode> {
    // See decision 0065.
    if (context.argv.some((word) => /^--needed(?:=|$)/.test(word))) throw new UsageError('fleet.ended');
    const { values } = words(context.argv, options, 0);
    const fleet = await readOptions(context, values);
    if (values.listen !== undefined) return serve(context, fleet, values);
    const { readReport, isTroubled, tablesOf } = await import('./report.ts');
    const { terminal, say } = context;
    let isStopped = false;
    let wake = (): void => undefined;
    context.onSignal(() => {
      isStopped = true;
      wake();
    });
    for (;;) {
      const report = await readReport(fleet, systemClock);
      let code: ExitCode = 1;
      if (report.tag === 'error') terminal.err(say('fleet.store', { url: fleet.store.url, why: report.error }));
      else {
        code = isTroubled(report.value) ? 1 : 0;
        if (values.json) terminal.out(jsonText(report.value));
        else for (const line of textOf(report.value, tablesOf(report.value), context)) terminal.out(line);
      }
      if (!values.watch || isStopped) return code;
      await new Promise<void>((done) => {
        const timer = systemTimers.after(watchMs, done);
        wake = () => {
          timer.cancel();
          done();
        };
      });
      if (isStopped) return code;
    }
  },
};

function textOf(report: FleetReport, tables: Tables, { terminal, say, language }: Context): readonly string[] {
  const { mirrors, places, advice } = report.sentences;
  const lines = [...mirrors, ...places, ...advice].map((one) => renderIn(language, one));
  const warnings = report.warnings.length > 0 ? [say('fleet.page.partial', { why: report.warnings.join('; ') })] : [];
  return [
    ...formatFleet(tables, terminal.columns, say),
    ...warnings,
    ...(lines.length > 0 ? lines : [say('fleet.page.well')]),
  ];
}

async function serve(context: Context, fleet: FleetOptions, values: Values): Promise<ExitCode> {
  const { say, facts } = context;
  const { stopped } = receiveSignals(context);
  const text = values.listen ?? '';
  const at = hostAndPort(text);
  if (at === null || at.port === null)
    throw new UsageError('wrong.option', { option: 'listen', expected: phrase('expected.listen'), text });
  const host = at.host === '' ? '0.0.0.0' : at.host;
  const token = await secretIn(context, 'token-file', values['token-file']);
  if (token === null && !isLoopback(host)) throw new UsageError('fleet.listenToken');
  const tls = await pairIn(context, values, 'tls-');
  const { openFleet } = await import('./listener.ts');
  const opened = await openFleet({ host, port: at.port, token, tls }, fleet, systemClock);
  if (opened.tag === 'error') throw new Failed(say('run.listen', { address: text, code: opened.error.code }), 1);
  processLog(facts).info('open', { url: opened.value.url });
  notifySystemd(context.env);
  await stopped;
  await opened.value.close();
  return 0;
}

async function readOptions(context: Context, values: Values): Promise<FleetOptions> {
  const { store, timeout = '10s' } = values;
  if (store === undefined) throw new UsageError('fleet.noStore');
  const url = URL.canParse(store) ? new URL(store) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new UsageError('wrong.option', { option: 'store', expected: phrase('expected.daemonUrl'), text: store });
  if (!durationPattern.test(timeout) || durationMs(timeout) < 1) {
    const expected = phrase('expected.durationDays', { example: '10s' });
    throw new UsageError('wrong.option', { option: 'timeout', expected, text: timeout });
  }
  const [ca, client, token, headers] = await Promise.all([
    secretIn(context, 'ca', values.ca),
    pairIn(context, values, ''),
    secretIn(context, 'store-token-file', values['store-token-file']),
    secretIn(context, 'headers', values.headers).then(headersIn),
  ]);
  const hasCredentials = token !== null || Object.keys(headers).some(isCredential);
  if (hasCredentials && isPlainAbroad(store)) throw new UsageError('fleet.plain');
  return {
    store: {
      url: `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, '')}`,
      headers,
      token,
      tls: { ...(ca === null ? {} : { ca: ca.reveal() }), ...client },
      limitMs: durationMs(timeout),
    },
    link: values.link ?? 'http://{instance}',
  };
}

/** Parses lines `Name: value`. Empty lines and lines that begin with # are ignored. */
function headersIn(text: Secret | null): Readonly<Record<string, Secret>> {
  const lines = (text?.reveal() ?? '').split(/\r?\n/).map((line) => line.trim());
  const headers = readHeaders(lines.filter((line) => line !== '' && !line.startsWith('#')));
  if (headers === null) throw new UsageError('wrong.headerLines');
  return headers;
}

/** Reads a client certificate and its key; `null`: neither is given. @throws UsageError if only one of them is given */
async function pairIn(context: Context, values: Values, prefix: '' | 'tls-') {
  const options = { cert: `${prefix}cert`, key: `${prefix}key` } as const;
  const cert = await secretIn(context, options.cert, values[options.cert]);
  const key = await secretIn(context, options.key, values[options.key]);
  if ((cert === null) !== (key === null)) throw new UsageError('fleet.pair', options);
  return cert === null || key === null ? null : { cert: cert.reveal(), key };
}

async function secretIn(context: Context, option: string, path: string | undefined): Promise<Secret | null> {
  return path === undefined ? null : new Secret(await readOptionFile(context, option, path));
}

/**
 * Formats a table of places and mirrors for each upstream. A table that is too wide becomes one line for each mirror
 * and place.
 */
function formatFleet(tables: Tables, width: number, say: Say): readonly string[] {
  return tables.flatMap(({ upstream, columns, rows }) => {
    const texts = rows.map(({ registry, cells }) => [registry, ...cells.map((cell) => cellText(cell, say))]);
    const wide = table([upstream, ...columns], texts);
    if (wide.every((line) => displayWidth(line) <= width)) return [...wide, ''];
    const long = rows.flatMap(({ registry, cells }) =>
      cells.flatMap((cell) => (cell === undefined ? [] : [[registry, cell.place, cellText(cell, say)]])),
    );
    return [...table([upstream, say('fleet.page.place'), say('table.state')], long), ''];
  });
}

function cellText(cell: Cell | undefined, say: Say): string {
  if (cell === undefined) return '–';
  const state = say(`state.${cell.state}`);
  return cell.p95Ms === null ? state : `${state} ${durationText(cell.p95Ms)}`;
}

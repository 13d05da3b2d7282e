import { dirname, join, resolve } from 'node:path';
import type { Config, DoorRule } from '../../core/config.ts';
import { urlOfListener } from '../../core/url.ts';
import { codeOf, isFileBelow, makeFolders, notifySystemd, replaceFile, watchForChange } from '../../daemon/machine.ts';
import { processLog } from '../../daemon/system.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { builtInSource, findSavedText, loadNeeded, loadText, readConfigName } from '../../terminal/load.ts';
import { receiveSignals } from '../../terminal/signals.ts';
import { Failed, optionsOf, readLogLevel, words } from '../../terminal/usage.ts';
import type { SeenFiles } from './print/files.ts';

const options = {
  ...optionsOf('string', 'config'),
  ...optionsOf('boolean', 'relay', 'lines', 'reload-on-change'),
  ...optionsOf('string', 'print', 'out'),
  ...optionsOf('boolean', 'order'),
  ...optionsOf('string', 'log-level'),
};

/**
 * `mirrorwatch door`: runs the front door until SIGTERM or SIGINT. Some options only print settings for clients, or
 * files for a proxy.
 */
export const doorCommand: Command = {
  name: 'door',
  usage:
    'mirrorwatch door [--config FILE] [--relay] [--reload-on-change] [--lines] [--print nginx|caddy|haproxy [--out DIR] [--order]] [--log-level debug|info|warn|error]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { terminal, say } = context;
    const facts = { ...context.facts, log: readLogLevel(context, values['log-level']) };
    const isServing = values.lines !== true && values.print === undefined;
    // A command that only prints needs no graceful stop, so a signal ends the process at once.
    const signals = isServing ? receiveSignals(context) : null;
    const { config, source } = await loadNeeded(context, values.config);
    const isForeign = readConfigName(context, values.config) === undefined;
    const { door: rule } = config;
    if (rule === undefined) throw new Failed(say('door.none', { source }), 2);
    if (values.lines === true) {
      const { linesOfDoor } = await import('../../config/door-routes.ts');
      for (const { client, upstream, text } of linesOfDoor(config, urlOfListener(rule.listen)))
        terminal.out(`# ${client} (${upstream})\n${text}\n`);
      return 0;
    }
    if (signals === null) return printIt(context, config, rule, values);
    if (isForeign && source !== builtInSource && !(await isFileBelow(rule.orderPath, dirname(source))))
      throw new Failed(say('door.order', { file: rule.orderPath }), 2);
    const { doorPortsWith, openDoor } = await import('./door.ts');
    const log = processLog(facts);
    const opened = await openDoor(config, rule, doorPortsWith(log, context.facts.version), {
      relay: values.relay === true,
    });
    if (opened.tag === 'error') {
      const { host, port } = rule.listen;
      throw new Failed(say('run.listen', { address: `${host}:${port}`, code: opened.error.code }), 1);
    }
    const door = opened.value;
    log.info('open', { source, url: door.url, serves: door.prefixes() });
    const reload = async (): Promise<void> => {
      const found = await findSavedText(context, values.config, source);
      const again =
        found.tag === 'error' ? found : await loadText(context, found.value.text, found.value.path, { isForeign });
      if (again.tag === 'error' || again.value.config.door === undefined)
        return log.warn('the configuration is not valid or has no door; the one before stays in force');
      door.reconfigure(again.value.config);
      log.info('configured', { serves: door.prefixes() });
    };
    let reloading = Promise.resolve();
    const startReload = (): void => {
      // Reloads run one after the other, so that a slow read of an older file cannot replace a newer configuration.
      reloading = reloading.then(reload).catch((cause: unknown) => {
        log.error('a reload failed by a defect', { cause: String(cause) });
      });
    };
    signals.onReload(startReload);
    if (values['reload-on-change']) watchForChange(source, startReload);
    notifySystemd(context.env);
    await signals.stopped;
    log.info('draining');
    await door.close();
    log.info('closed');
    return 0;
  },
};

async function printIt(
  { terminal, say, facts, env }: Context,
  config: Config,
  rule: DoorRule,
  { print, out, order }: { readonly print?: string; readonly out?: string; readonly order?: boolean },
): Promise<ExitCode> {
  const { engines, orderFile, readOrders, renderDoor, renderOrder, readStoredOrders } = await import(
    './print/print.ts'
  );
  const { joinsIn, readFiles } = await import('./print/files.ts');
  const engine = engines.find((one) => one === print);
  const dir = out === undefined ? null : resolve(out);
  if (engine === undefined) throw new Failed(say('door.print.engine', { engines: engines.join(', ') }), 2);
  if (dir !== null && !/^[A-Za-z0-9._/-]+$/.test(dir)) throw new Failed(say('door.print.out'), 2);
  const log = processLog(facts);
  const seen = order === true ? new Map<string, SeenFiles>() : await readFiles(config, facts.version);
  const { files, keys, leftOut, empty } =
    order === true
      ? {
          files: new Map([[orderFile, renderOrder(engine, config, await readOrders(config, rule, env, log))]]),
          keys: new Map<string, string>(),
          leftOut: [],
          empty: [],
        }
      : renderDoor(engine, config, rule, dir, await readStoredOrders(config, rule.orderPath, log), joinsIn(seen));
  for (const { name, key } of leftOut) terminal.err(say('door.print.left', { name, key, engine }));
  for (const [name, one] of seen) {
    if (leftOut.some((left) => left.name === name)) continue;
    if (one.tag === 'unread') terminal.err(say('door.print.unread', { name, why: one.why }));
    if (one.tag === 'unroutable') terminal.err(say('door.print.unroutable', { name, link: one.link }));
    if (one.tag === 'read' && one.direct !== null) terminal.err(say('door.print.direct', { name, link: one.direct }));
  }
  if (empty.length > 0) throw new Failed(say('door.print.empty', { upstreams: empty.join(', '), engine }), 1);
  if (dir === null) {
    for (const [name, text] of files) terminal.out(`# file: ${name}\n${text}`);
    return 0;
  }
  try {
    makeFolders(dir);
  } catch (cause) {
    throw new Failed(say('door.print.write', { path: dir, code: codeOf(cause) }), 1);
  }
  for (const [name, text] of [...files, ...keys]) {
    const code = await replaceFile(join(dir, name), text, name === orderFile ? 0o644 : 0o600);
    if (code !== null) throw new Failed(say('door.print.write', { path: join(dir, name), code }), 1);
  }
  return 0;
}

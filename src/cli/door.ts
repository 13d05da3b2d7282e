import { urlOfListener } from '../core/listen-url.ts';
import { processLog } from '../daemon/system.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { load } from './load.ts';
import { readLogLevel, words } from './usage.ts';

const options = {
  config: { type: 'string' },
  relay: { type: 'boolean' },
  lines: { type: 'boolean' },
  'log-level': { type: 'string' },
} as const;

/** `mirrorwatch door`: the front door of clients, until SIGTERM or SIGINT; SIGHUP reads the configuration again. */
export const doorCommand: Command = {
  name: 'door',
  usage: 'mirrorwatch door [--config FILE] [--relay] [--lines] [--log-level debug|info|warn|error]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { terminal, say } = context;
    const facts = { ...context.facts, log: readLogLevel(context, values['log-level']) };
    const loaded = await load(context, values.config);
    if (loaded.tag === 'error') {
      terminal.err(loaded.error.text);
      return 2;
    }
    const { config, source } = loaded.value;
    const { door: rule } = config;
    if (rule === undefined) {
      terminal.err(say('door.none', { source }));
      return 2;
    }
    if (values.lines === true) {
      const { linesOfDoor } = await import('../features/door/lines.ts');
      for (const { client, upstream, text } of linesOfDoor(config, urlOfListener(rule.listen)))
        terminal.out(`# ${client} (${upstream})\n${text}\n`);
      return 0;
    }
    const { doorPortsWith, openDoor } = await import('../features/door/door.ts');
    const log = processLog(facts);
    const opened = await openDoor(config, rule, doorPortsWith(log, context.facts.version), {
      relay: values.relay === true,
    });
    if (opened.tag === 'error') {
      const { host, port } = rule.listen;
      terminal.err(say('run.listen', { address: `${host}:${port}`, code: opened.error.code }));
      return 1;
    }
    const door = opened.value;
    log.info('open', { source, url: door.url, serves: door.prefixes() });
    const reload = async (): Promise<void> => {
      const again = await load(context, values.config);
      if (again.tag === 'error' || again.value.config.door === undefined)
        return log.warn('the configuration is not valid or has no door; the one before stays in force');
      door.reconfigure(again.value.config);
      log.info('configured', { serves: door.prefixes() });
    };
    let reloading = Promise.resolve();
    await new Promise<void>((resolve) =>
      context.onSignal((signal) => {
        if (signal === 'stop') return resolve();
        // One after the other: a slow read must not bring an older configuration back.
        reloading = reloading.then(reload).catch((cause: unknown) => {
          log.error('a reload failed by a defect', { cause: String(cause) });
        });
      }),
    );
    log.info('draining');
    await door.close();
    log.info('closed');
    return 0;
  },
};

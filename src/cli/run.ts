import { issuesForPrograms } from '../config/format-issues.ts';
import type { Actor } from '../core/action.ts';
import type { ConfigIssue } from '../core/config.ts';
import { error, ok } from '../core/result.ts';
import { startDaemon } from '../daemon/lifecycle.ts';
import { gitTrackingOf, notifySystemd, systemClock, watchForChange } from '../daemon/machine.ts';
import { createSystemPorts, processLog, readConfigAside, type StoreOpenFailure } from '../daemon/system.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { findSavedText, loadNeeded } from '../terminal/load.ts';
import { receiveSignals } from '../terminal/signals.ts';
import { Failed, optionsOf, readLogLevel, words } from '../terminal/usage.ts';
import type { Say } from '../words/words.ts';

const options = { ...optionsOf('string', 'config', 'log-level'), ...optionsOf('boolean', 'reload-on-change') };

/**
 * Returns a function that counts the places (daemons of a group) that advise a switch. The first call loads its code;
 * until the code is loaded, the function returns `null`.
 */
function votesLater(): Actor['votes'] {
  let votes: Actor['votes'] | null = null;
  let isLoading = false;
  return (...of) => {
    if (!isLoading) {
      isLoading = true;
      import('../features/fleet/votes.ts').then(
        ({ createVotes }) => {
          votes = createVotes(systemClock);
        },
        () => {
          isLoading = false;
        },
      );
    }
    return votes?.(...of) ?? null;
  };
}

/**
 * `mirrorwatch run`: runs the daemon until SIGTERM, SIGINT or an error of standard output. SIGHUP reloads the
 * configuration.
 */
export const runCommand: Command = {
  name: 'run',
  usage: 'mirrorwatch run [--config FILE] [--reload-on-change] [--log-level debug|info|warn|error]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { say } = context;
    const facts = {
      ...context.facts,
      path: context.env['PATH'] ?? '',
      log: readLogLevel(context, values['log-level']),
      votes: votesLater(),
    };
    const signals = receiveSignals(context);
    const { config, warnings, source } = await loadNeeded(context, values.config, { trustsFound: true });
    const log = processLog(facts);
    const logWarnings = (issues: readonly ConfigIssue[]): void => {
      for (const warning of issuesForPrograms(issues)) log.warn('configuration', { ...warning });
    };
    logWarnings(warnings);
    const tracking = await gitTrackingOf(config.state.path);
    if (tracking !== null) {
      const why = say(tracking === 'tracked' ? 'run.tracked' : 'run.trackedUnread');
      throw new Failed(say('run.state', { path: config.state.path, why }), 2);
    }
    const ports = createSystemPorts(config, facts, log);
    if (ports.tag === 'error') {
      const text = say('run.state', { path: config.state.path, why: stateTrouble(ports.error, say) });
      throw new Failed(text, ['foreign', 'no_folder'].includes(ports.error.kind) ? 2 : 1);
    }
    const started = await startDaemon(config, ports.value, async () => {
      const again = await findSavedText(context, values.config, source);
      if (again.tag === 'error') return error(again.error.issues);
      const read = await readConfigAside({ ...again.value, env: context.env, cwd: context.cwd });
      if (read.tag === 'error') return read;
      logWarnings(read.value.warnings);
      return ok(read.value.config);
    });
    if (started.tag === 'error') {
      const { host, port } = config.listen;
      const { code } = started.error;
      const at = { address: `${host}:${port}`, code };
      ports.value.store.close();
      throw new Failed(code === 'EADDRINUSE' ? say('run.listenTwice', at) : say('run.listen', at), 1);
    }
    const daemon = started.value;
    log.info('watching', {
      source,
      vantage: config.vantage,
      ...(ports.value.descriptors == null ? {} : { descriptors: ports.value.descriptors }),
      mirrors: config.mirrors.length,
      page: daemon.url,
      metrics: `${daemon.url}metrics`,
    });
    // The error is ignored here, because the daemon has already logged it.
    const reload = () => void daemon.reload().catch(() => undefined);
    signals.onReload(reload);
    if (values['reload-on-change']) watchForChange(source, reload);
    notifySystemd(context.env, daemon.nextTurn);
    await signals.stopped;
    log.info('draining');
    await daemon.stop();
    log.info('stopped');
    return 0;
  },
};

function stateTrouble(failure: StoreOpenFailure, say: Say): string {
  const { kind } = failure;
  if (kind === 'foreign') return say('run.foreign');
  if (kind === 'newer') return say('run.newer', { version: failure.version, known: failure.known });
  return say(kind === 'locked' ? 'run.locked' : 'run.noFolder', { code: failure.code });
}

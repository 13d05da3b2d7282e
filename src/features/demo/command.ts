import type { Config } from '../../core/config.ts';
import type { Log } from '../../core/ports.ts';
import { processLog } from '../../daemon/system.ts';
import { systemTimers } from '../../io/timers.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { kindsByWord } from '../../terminal/load.ts';
import { padEnd } from '../../terminal/terminal.ts';
import { optionsOf, words } from '../../terminal/usage.ts';
import { english } from '../../words/words.ts';
import type { Demo, DemoEvent, DemoStage } from './demo.ts';

const onceSeconds = 600;

const options = { ...optionsOf('string', 'ecosystem'), ...optionsOf('boolean', 'once', 'door') };

/**
 * Opens the configured front door in this process. The front door passes responses through instead of redirecting
 * clients.
 */
type OpenRelay = (
  config: Config,
  log: Log,
  version: string,
) => Promise<{ readonly url: string; close(): Promise<void> }>;

/** `mirrorwatch demo`: starts local mirrors with a simulated fault, which leads to advice and a webhook. */
export function createDemoCommand(openRelay: OpenRelay): Command {
  return {
    name: 'demo',
    usage: 'mirrorwatch demo [--ecosystem WORD|all] [--once] [--door]',
    options,
    async run(context: Context): Promise<ExitCode> {
      const { values } = words(context.argv, options, 0);
      const chosen = kindsByWord(values.ecosystem).map(({ id }) => id);
      const { terminal, say } = context;
      const { promise: ended, resolve: done } = Promise.withResolvers<'late' | 'stopped' | null>();
      const running: { demo: Demo | null; isReported: boolean } = { demo: null, isReported: false };
      const facts = {
        ...context.facts,
        log: { ...context.facts.log, level: context.env['MIRRORWATCH_LOG_LEVEL'] ?? 'error' },
      };
      const width = Math.max(...chosen.map((id) => id.length));
      const { startDemo } = await import('./demo.ts');
      const pace = values.once ? 'once' : values.door ? 'door' : 'shown';
      running.demo = await startDemo(facts, chosen, values.door === true, pace, (event) => {
        for (const line of formatDemo(event, width, context)) terminal.out(line);
        if (running.isReported || running.demo?.missing().length !== 0) return;
        running.isReported = true;
        if (values.once) return done(null);
        terminal.out('');
        terminal.out(`${' '.repeat(9)}${say('demo.open', { url: running.demo.url })}`);
      });
      const door = values.door ? await openRelay(running.demo.config, processLog(facts), facts.version) : null;
      if (door !== null) running.demo.build(door.url);
      if (!values.once) {
        const [ecosystem = ''] = chosen;
        const rank = say('demo.rank', { program: programIn(context.env), ecosystem, file: running.demo.file });
        terminal.out(`${' '.repeat(9)}${rank}`);
      }
      const late = values.once ? systemTimers.after(onceSeconds * 1000, () => done('late')) : null;
      context.onSignal((signal) => {
        if (signal === 'stop') done(values.once ? 'stopped' : null);
      });
      const unfinished = await ended;
      late?.cancel();
      const missing = running.demo.missing().join(', ');
      await running.demo.stop();
      await door?.close();
      if (unfinished === null) return 0;
      terminal.err(
        unfinished === 'late' ? say('demo.late', { seconds: onceSeconds, missing }) : say('demo.stopped', { missing }),
      );
      return 1;
    },
  };
}

const colours: Readonly<Record<DemoStage, 'cyan' | 'yellow' | 'red' | 'green'>> = {
  watching: 'cyan',
  slowed: 'yellow',
  failing: 'yellow',
  spike: 'red',
  advice: 'green',
  webhook: 'green',
  changed: 'green',
  well: 'yellow',
  recovery: 'green',
  undone: 'green',
  builds: 'cyan',
};

export function formatDemo(
  event: DemoEvent,
  width: number,
  { terminal: { paint }, say, language }: Pick<Context, 'terminal' | 'say' | 'language'>,
): string[] {
  const { atSeconds, stage, ecosystem } = event;
  const [first = '', ...more] = event.text(language === 'en' ? english : say).split('\n');
  const whose = ecosystem === null ? '' : `${ecosystem.padEnd(width)} `;
  const at = `${atSeconds.toFixed(1).padStart(5)} s  `;
  const indent = ' '.repeat(at.length + 9 + whose.length);
  return [
    `${at}${paint(colours[stage], padEnd(say(`demo.stage.${stage}`), 8))} ${whose}${first}`,
    ...more.map((line) => `${indent}${line}`),
  ];
}

/** Returns the command that starts mirrorwatch in a shell: through npm if npm started this process. */
export function programIn(env: Context['env']): string {
  return env['npm_package_name'] === 'mirrorwatch' ? 'npm run -s mirrorwatch --' : 'mirrorwatch';
}

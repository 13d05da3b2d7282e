import { kinds } from '../../config/kinds.ts';
import { systemTimers } from '../../io/timers.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { kindByWord } from '../../terminal/load.ts';
import { padEnd } from '../../terminal/terminal.ts';
import { optionsOf, words } from '../../terminal/usage.ts';
import { english } from '../../words/words.ts';
import type { DemoEvent, DemoStage, OpenRelay } from './demo.ts';

const onceSeconds = 600;

const options = { ...optionsOf('string', 'ecosystem'), ...optionsOf('boolean', 'once', 'door') };

/** `mirrorwatch demo`: starts local mirrors with a simulated fault, which leads to advice and a webhook. */
export function createDemoCommand(openRelay: OpenRelay): Command {
  return {
    name: 'demo',
    usage: 'mirrorwatch demo [--ecosystem WORD|all] [--once] [--door]',
    options,
    async run(context: Context): Promise<ExitCode> {
      const { values } = words(context.argv, options, 0);
      const chosen = (values.ecosystem === 'all' ? kinds : [kindByWord(values.ecosystem, ['all'])]).map(({ id }) => id);
      const { terminal, say, language } = context;
      const facts = {
        ...context.facts,
        log: { ...context.facts.log, level: context.env['MIRRORWATCH_LOG_LEVEL'] ?? 'error' },
      };
      const width = Math.max(...chosen.map((id) => id.length));
      const { promise: ended, resolve: end } = Promise.withResolvers<'shown' | 'late' | 'stopped'>();
      context.onSignal((signal) => {
        if (signal === 'stop') end('stopped');
      });
      const { startDemo } = await import('./demo.ts');
      const how = { openRelay: values.door ? openRelay : null, isOnce: values.once === true };
      const demo = await startDemo(facts, chosen, how, language === 'en' ? english : say, (event) => {
        for (const line of formatDemo(event, width, context)) terminal.out(line);
      });
      const show = (text: string): void => terminal.out(`${' '.repeat(9)}${text}`);
      if (values.once) void demo.shown.then(() => end('shown'));
      else {
        const [ecosystem = ''] = chosen;
        show(say('demo.rank', { program: programIn(context.env), ecosystem, file: demo.file }));
        void demo.shown.then(() => show(say('demo.open', { url: demo.url })));
      }
      const late = values.once ? systemTimers.after(onceSeconds * 1000, () => end('late')) : null;
      const ending = await ended;
      late?.cancel();
      const missing = demo.missing().join(', ');
      await demo.stop();
      if (ending === 'shown' || !values.once) return 0;
      terminal.err(
        ending === 'late' ? say('demo.late', { seconds: onceSeconds, missing }) : say('demo.stopped', { missing }),
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
  builds: 'cyan',
};

export function formatDemo(
  event: DemoEvent,
  width: number,
  { terminal: { paint }, say }: Pick<Context, 'terminal' | 'say'>,
): string[] {
  const { atSeconds, stage, ecosystem } = event;
  const [first = '', ...more] = event.text.split('\n');
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

import { type Demo, type DemoEvent, type DemoStage, startDemo } from '../daemon/demo.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { words } from './usage.ts';

const needed: readonly DemoStage[] = ['spike', 'advice', 'webhook'];
/** The story takes under a minute; a slow machine has more before it counts as untold. */
const onceSeconds = 300;

const options = { once: { type: 'boolean' } } as const;

/** `mirrorwatch demo`: local mirrors with a fault; a spike, a finding, an advice and a webhook within a minute. */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'local mirrors with an injected fault: spike, finding, advice, webhook',
  usage: 'mirrorwatch demo [--once]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { terminal } = context;
    const seen = new Set<DemoStage>();
    let done: (code: ExitCode) => void = () => undefined;
    const ended = new Promise<ExitCode>((resolve) => {
      done = resolve;
    });
    const running: { demo: Demo | null } = { demo: null };
    const facts = {
      ...context.facts,
      log: { ...context.facts.log, level: context.env['MIRRORWATCH_LOG_LEVEL'] ?? 'error' },
    };
    running.demo = await startDemo(facts, (event) => {
      for (const line of lines(event, terminal.paint)) terminal.out(line);
      const whole = needed.every((stage) => seen.has(stage));
      seen.add(event.stage);
      if (whole || !needed.every((stage) => seen.has(stage))) return;
      if (values.once) return done(0);
      terminal.out('');
      terminal.out(
        `${' '.repeat(9)}open ${running.demo?.url} for the page, ${running.demo?.url}metrics for Prometheus; Ctrl-C ends it`,
      );
    });
    const late = values.once ? setTimeout(() => done(1), onceSeconds * 1000) : null;
    context.onSignal((signal) => {
      if (signal === 'stop') done(values.once ? 1 : 0);
    });
    const code = await ended;
    if (late) clearTimeout(late);
    await running.demo.stop();
    if (code === 1)
      terminal.err(
        `mirrorwatch demo: not seen within ${onceSeconds} s: ${needed.filter((stage) => !seen.has(stage)).join(', ')}`,
      );
    return code;
  },
};

const colours: Readonly<Record<DemoStage, 'cyan' | 'yellow' | 'red' | 'green'>> = {
  watching: 'cyan',
  slowed: 'yellow',
  spike: 'red',
  advice: 'green',
  webhook: 'green',
  well: 'yellow',
  recovery: 'green',
};

function lines(event: DemoEvent, paint: Context['terminal']['paint']): string[] {
  const [first, ...more] = event.text.split('\n');
  return [
    `${event.atSeconds.toFixed(1).padStart(5)} s  ${paint(colours[event.stage], event.stage.padEnd(8))} ${first}`,
    ...more.map((line) => `${' '.repeat(18)}${line}`),
  ];
}

import { type Demo, type DemoEvent, type DemoStage, startDemo } from '../daemon/demo.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { kindsByWord } from './kind-by-word.ts';
import { words } from './usage.ts';

/** The story takes under a minute; a slow machine has more before it counts as untold. */
const onceSeconds = 300;

const options = { ecosystem: { type: 'string' }, once: { type: 'boolean' } } as const;

/** `mirrorwatch demo`: local mirrors with a fault; a spike, a finding, an advice and a webhook within a minute. */
export const demoCommand: Command = {
  name: 'demo',
  usage: 'mirrorwatch demo [--ecosystem WORD|all] [--once]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const chosen = kindsByWord(values.ecosystem).map(({ id }) => id);
    const { terminal } = context;
    let done: (code: ExitCode) => void = () => undefined;
    const ended = new Promise<ExitCode>((resolve) => {
      done = resolve;
    });
    const running: { demo: Demo | null; isTold: boolean } = { demo: null, isTold: false };
    const facts = {
      ...context.facts,
      log: { ...context.facts.log, level: context.env['MIRRORWATCH_LOG_LEVEL'] ?? 'error' },
    };
    const width = Math.max(...chosen.map((id) => id.length));
    running.demo = await startDemo(facts, chosen, (event) => {
      for (const line of lines(event, width, terminal.paint)) terminal.out(line);
      if (running.isTold || running.demo?.missing().length !== 0) return;
      running.isTold = true;
      if (values.once) return done(0);
      terminal.out('');
      terminal.out(
        `${' '.repeat(9)}open ${running.demo.url} for the page, ${running.demo.url}metrics for Prometheus; Ctrl-C ends it`,
      );
    });
    const late = values.once ? setTimeout(() => done(1), onceSeconds * 1000) : null;
    context.onSignal((signal) => {
      if (signal === 'stop') done(values.once ? 1 : 0);
    });
    const code = await ended;
    if (late) clearTimeout(late);
    const missing = running.demo.missing();
    await running.demo.stop();
    if (code === 1) terminal.err(`mirrorwatch demo: not seen within ${onceSeconds} s: ${missing.join(', ')}`);
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

/** An event as it is printed; `width` of the longest name of an ecosystem. */
function lines(
  { atSeconds, stage, ecosystem, text }: DemoEvent,
  width: number,
  paint: Context['terminal']['paint'],
): string[] {
  const [first, ...more] = text.split('\n');
  const whose = ecosystem === null ? '' : `${ecosystem.padEnd(width)} `;
  const at = `${atSeconds.toFixed(1).padStart(5)} s  `;
  const indent = ' '.repeat(at.length + 9 + whose.length);
  return [`${at}${paint(colours[stage], stage.padEnd(8))} ${whose}${first}`, ...more.map((line) => `${indent}${line}`)];
}

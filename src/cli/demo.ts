import type { Demo } from '../features/demo/demo.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { demoLines, programIn } from './demo-text.ts';
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
    const { terminal, say } = context;
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
    const { startDemo } = await import('../features/demo/demo.ts');
    running.demo = await startDemo(facts, chosen, (event) => {
      for (const line of demoLines(event, width, context)) terminal.out(line);
      if (running.isTold || running.demo?.missing().length !== 0) return;
      running.isTold = true;
      if (values.once) return done(0);
      terminal.out('');
      terminal.out(`${' '.repeat(9)}${say('demo.open', { url: running.demo.url })}`);
    });
    if (!values.once) {
      const rank = say('demo.rank', {
        program: programIn(context.env),
        ecosystem: chosen[0] ?? '',
        file: running.demo.file,
      });
      terminal.out(`${' '.repeat(9)}${rank}`);
    }
    const late = values.once ? setTimeout(() => done(1), onceSeconds * 1000) : null;
    context.onSignal((signal) => {
      if (signal === 'stop') done(values.once ? 1 : 0);
    });
    const code = await ended;
    if (late) clearTimeout(late);
    const missing = running.demo.missing();
    await running.demo.stop();
    if (code === 1) terminal.err(say('demo.late', { seconds: onceSeconds, missing: missing.join(', ') }));
    return code;
  },
};

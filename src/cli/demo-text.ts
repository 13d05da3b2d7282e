import type { DemoEvent, DemoStage } from '../features/demo/demo.ts';
import type { Say } from '../words/say.ts';
import { saySentence } from '../words/tell.ts';
import { reasonSaid } from './advice-words.ts';
import type { Context } from './context.ts';
import { padEnd } from './width.ts';

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
export function demoLines(
  event: DemoEvent,
  width: number,
  { terminal: { paint }, say, language }: Pick<Context, 'terminal' | 'say' | 'language'>,
): string[] {
  const { atSeconds, stage, ecosystem } = event;
  const [first = '', ...more] = (language === 'en' ? event.text : textOf(event, say)).split('\n');
  const whose = ecosystem === null ? '' : `${ecosystem.padEnd(width)} `;
  const at = `${atSeconds.toFixed(1).padStart(5)} s  `;
  const indent = ' '.repeat(at.length + 9 + whose.length);
  return [
    `${at}${paint(colours[stage], padEnd(say(`demo.stage.${stage}`), 8))} ${whose}${first}`,
    ...more.map((line) => `${indent}${line}`),
  ];
}

/** How this program is called from where it was started: from a clone, whose own scripts npm runs, there is no `mirrorwatch`. */
export function programIn(env: Context['env']): string {
  return env['npm_package_name'] === 'mirrorwatch' ? 'npm run -s mirrorwatch --' : 'mirrorwatch';
}

/** What a message said in fields, or a sentence of the demo; else the text that came with it. */
function textOf({ text, told }: DemoEvent, say: Say): string {
  const { finding, advice, sentence } = told ?? {};
  if (sentence !== undefined) return saySentence(sentence, say);
  if (finding !== undefined) return say(finding.isOver ? 'ended.spike' : 'finding.spike', { who: finding.registry });
  const why = advice === undefined ? null : reasonSaid(advice, say);
  const [first = '', ...more] = text.split('\n');
  return [why ?? first, ...more].join('\n');
}

import { printable } from '../core/printable.ts';
import { type ErrorReason, type KnownError, knownErrors, type OwnReason, ownReasons } from '../doctor/client-errors.ts';
import { failuresByLayer } from '../doctor/layers.ts';
import type { Say } from '../words/say.ts';
import { english } from '../words/words.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { jsonText } from './json-text.ts';
import { UsageError, words } from './usage.ts';

const options = { json: { type: 'boolean' } } as const;
const wordsMax = 1_000;

/** `mirrorwatch explain`: what an error of a package client means, and what to run next. */
export const explainCommand: Command = {
  name: 'explain',
  usage: 'mirrorwatch explain [--json] "ERROR"|-',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { terminal, say } = context;
    const { values, positionals } = words(context.argv, options, wordsMax);
    if (positionals.length === 0) throw new UsageError('wrong.explain');
    const isInput = positionals.length === 1 && positionals[0] === '-';
    const text = isInput ? await terminal.input() : positionals.join(' ');
    const known = knownErrors(text);
    if (values.json) terminal.out(jsonText({ known: known.length > 0, errors: known.map((one) => errorJson(one)) }));
    else for (const line of known.flatMap((one) => explained(one, context))) terminal.out(line);
    if (known.length > 0) return 0;
    if (!values.json) terminal.err(say('explain.unknown'));
    return 1;
  },
};

interface Meaning {
  readonly layer: string | null;
  readonly means: string;
  readonly next: string;
}

/** Without user-info of URLs; what stands behind the host may hold an `@` (`/@v/list`). */
function shownLine({ line }: KnownError): string {
  return printable(line.replaceAll(/:\/\/[^\s/@]*@/g, '://***@'));
}

function meaningOf(reason: ErrorReason, say: Say): Meaning {
  if (isOwn(reason)) return { layer: null, means: say(`explain.means.${reason}`), next: say(`explain.next.${reason}`) };
  const found = failuresByLayer(say).find(({ kind }) => kind === reason);
  return { layer: found?.layer ?? null, means: found?.means ?? '', next: found?.next ?? '' };
}

function isOwn(reason: ErrorReason): reason is OwnReason {
  return (ownReasons as readonly string[]).includes(reason);
}

/** Commands that show more, the nearest first. */
function runOf({ reason, ecosystem, url }: KnownError): readonly string[] {
  const of = ecosystem === null ? '' : ` --ecosystem ${ecosystem}`;
  const there = url === null || isOwn(reason) ? [] : [`mirrorwatch doctor ${url}${of}`];
  const others = ecosystem === null || isOwn(reason) ? [] : [`mirrorwatch rank ${ecosystem}`];
  return [...there, ...(isOwn(reason) || url === null ? ['mirrorwatch doctor'] : []), ...others];
}

function errorJson(error: KnownError): object {
  const { layer, means, next } = meaningOf(error.reason, english);
  const { reason, ecosystem, url } = error;
  return { reason, layer, ecosystem, url, line: shownLine(error), means, next, run: runOf(error) };
}

function explained(error: KnownError, { terminal, say }: Context): readonly string[] {
  const { layer, means, next } = meaningOf(error.reason, say);
  const [first = '', ...more] = runOf(error);
  const of = layer === null ? '' : `  ${terminal.paint('dim', layer)}`;
  return [
    `${terminal.paint('bold', error.reason)}${of}`,
    `  ${shownLine(error)}`,
    say('explain.means', { means }),
    say('explain.next', { next }),
    terminal.paint('green', say('explain.run', { command: printable(first) })),
    ...more.map((command) => terminal.paint('green', say('explain.more', { command }))),
    '',
  ];
}

import { printable } from '../core/printable.ts';
import { snippetOf } from '../core/snippet.ts';
import type { Context } from './context.ts';

/** A remedy as a command shows it. `chain` is absent if a daemon of another release sent the remedy. */
export interface ShownRemedy {
  readonly chain?: { readonly after: string };
  readonly remedy: Readonly<Record<string, string>>;
}

/** Formats the lines to paste, below the name of their file if they need one. */
export function formatRemedy(
  { terminal, say }: Pick<Context, 'terminal' | 'say'>,
  { remedy, chain }: ShownRemedy,
): string[] {
  const snippet = snippetOf(remedy);
  if (snippet === null) return chain === undefined ? [] : [say('advised.noLine', { chain: printable(chain.after) })];
  const lines = snippet.text.split('\n').map((line) => `  ${terminal.paint('cyan', printable(line))}`);
  return snippet.file === null ? lines : [say('advised.file', { file: printable(snippet.file) }), ...lines];
}

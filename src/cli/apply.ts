import { join, resolve } from 'node:path';
import { printable } from '../core/printable.ts';
import type { FileChange } from '../core/trap.ts';
import { type ChangePlace, type KeptChange, makeChanges, systemClock } from '../daemon/system.ts';
import { saySentence } from '../words/tell.ts';
import type { Context } from './context.ts';
import { unifiedDiff } from './diff.ts';
import { UsageError } from './usage.ts';

/** The options of every command that looks at a user's settings. */
export const placeOptions = { home: { type: 'string' }, root: { type: 'string' } } as const;

/** Whose settings are meant: the user's folder and the root of the system's files, absolute. */
export interface WhoseSettings {
  readonly home: string;
  readonly root: string;
  /** Where files may be changed, and what was before is kept. */
  readonly place: ChangePlace;
}

/**
 * The home and root that a call names, else those of this process. The system's files are changed where `--root` names them.
 * @throws UsageError where neither `--home` nor HOME names a folder
 */
export function whoseSettings(
  { env, cwd }: Pick<Context, 'env' | 'cwd'>,
  flags: { home?: string | undefined; root?: string | undefined },
): WhoseSettings {
  const named = flags.home ?? env['HOME'] ?? '';
  if (named === '') throw new UsageError('wrong.whoseSettings');
  const home = resolve(cwd, named);
  const states = flags.home === undefined ? (env['XDG_STATE_HOME'] ?? '') : '';
  const kept = join(states.startsWith('/') ? states : join(home, '.local/state'), 'mirrorwatch/changes');
  const root = resolve(cwd, flags.root ?? '/');
  return { home, root, place: { roots: flags.root === undefined ? [home] : [home, root], kept } };
}

/** How an offer to change files ended. `declined`: a person said no. `unanswered`: nobody was there to say yes. */
export type Applied =
  | { readonly tag: 'made'; readonly change: KeptChange }
  | { readonly tag: 'declined' | 'unanswered' | 'refused' };

/** Shows changes as a unified diff on standard error, asks, and makes them; what stood in the way is told. */
export async function offerChanges(
  { terminal, say }: Pick<Context, 'terminal' | 'say'>,
  changes: readonly FileChange[],
  place: ChangePlace,
  isAgreed: boolean,
): Promise<Applied> {
  for (const change of changes) for (const line of unifiedDiff(change)) terminal.err(painted(line, terminal));
  if (!isAgreed) {
    const question = say('apply.confirm', { count: changes.length });
    const answer = await terminal.confirm(say('apply.question', { question }));
    if (answer === null) {
      terminal.err(say('apply.unanswered'));
      return { tag: 'unanswered' };
    }
    if (!answer) {
      terminal.err(say('apply.declined'));
      return { tag: 'declined' };
    }
  }
  const made = await makeChanges(changes, place, new Date(systemClock.wallMs()).toISOString());
  if (made.tag === 'error') {
    const { file, halfDone } = made.error;
    const because = saySentence(made.error.because, say);
    terminal.err(
      halfDone === undefined
        ? say('apply.refused', { file, because })
        : say('apply.half', { id: halfDone, file, because }),
    );
    return { tag: 'refused' };
  }
  const { id, files } = made.value;
  for (const { file } of files) terminal.err(say('apply.changed', { file }));
  terminal.err(say('apply.kept', { id }));
  return { tag: 'made', change: made.value };
}

function painted(line: string, terminal: Context['terminal']): string {
  const shown = line
    .replace(/\r$/, '')
    .split('\t')
    .map((part) => printable(part))
    .join('\t');
  if (/^(---|\+\+\+)/.test(line)) return terminal.paint('bold', shown);
  return line.startsWith('+')
    ? terminal.paint('green', shown)
    : line.startsWith('-')
      ? terminal.paint('red', shown)
      : shown;
}

import { join, resolve } from 'node:path';
import { escapeWord } from '../core/command-line.ts';
import { formatDiff } from '../core/format-diff.ts';
import { printable } from '../core/printable.ts';
import type { FileChange } from '../core/trap.ts';
import { type ChangePlace, clientsFor, makeChanges, systemClock } from '../daemon/machine.ts';
import { saySentence } from '../words/tell.ts';
import type { Context } from './context.ts';
import { optionsOf, UsageError } from './usage.ts';

export const placeOptions = optionsOf('string', 'home', 'root');

export interface WhoseSettings {
  readonly home: string;
  readonly root: string;
  readonly place: ChangePlace;
}

/**
 * Returns the user's home folder and the root folder of system files, both absolute. `place` allows changes of system
 * files only with `--root`.
 * @throws UsageError if neither `--home` nor HOME names a folder
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

/**
 * Shows changes as a diff on standard error. Requests confirmation unless `isAgreed`, lets the clients read the new texts,
 * then applies the changes.
 * @returns true if all changes were applied; a failure is reported
 */
export async function confirmChanges(
  context: Pick<Context, 'terminal' | 'say' | 'env'>,
  changes: readonly FileChange[],
  place: ChangePlace,
  isAgreed: boolean,
): Promise<boolean> {
  const { terminal, say, env } = context;
  for (const change of changes) for (const line of formatDiff(change)) terminal.err(painted(line, terminal));
  if (!isAgreed) {
    const question = say('apply.confirm', { count: changes.length });
    const isConfirmed = await terminal.confirm(say('apply.question', { question }));
    if (isConfirmed !== true) {
      terminal.err(say(isConfirmed === null ? 'apply.unanswered' : 'apply.declined'));
      return false;
    }
  }
  const readers = {
    clients: clientsFor({ path: env['PATH'] ?? '' }),
    onUnchecked: (read: { client: string; file: string }) => terminal.err(say('apply.unchecked', read)),
  };
  const made = await makeChanges(changes, { ...place, readers }, new Date(systemClock.wallMs()).toISOString());
  if (made.tag === 'error') {
    const { file, halfDone } = made.error;
    const because = saySentence(made.error.because, say);
    terminal.err(
      halfDone === undefined
        ? say('apply.refused', { file, because })
        : say('apply.half', { id: escapeWord(halfDone), file, because }),
    );
    return false;
  }
  const { id, files } = made.value;
  for (const { file } of files) terminal.err(say('apply.changed', { file }));
  terminal.err(say('apply.kept', { id: escapeWord(id) }));
  return true;
}

function painted(line: string, terminal: Context['terminal']): string {
  const shown = line
    .replace(/\r$/, '')
    .split('\t')
    .map((part) => printable(part))
    .join('\t');
  if (/^(---|\+\+\+)/.test(line)) return terminal.paintErr('bold', shown);
  return line.startsWith('+')
    ? terminal.paintErr('green', shown)
    : line.startsWith('-')
      ? terminal.paintErr('red', shown)
      : shown;
}

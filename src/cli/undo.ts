import { type KeptChange, keptChanges, undoChange } from '../daemon/system.ts';
import { placeOptions, whoseSettings } from './apply.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { UsageError, words } from './usage.ts';

const options = { ...placeOptions, list: { type: 'boolean' } } as const;

/** `mirrorwatch undo`: puts back what `doctor --fix` and `advice --apply` changed, the last set or the one named. */
export const undoCommand: Command = {
  name: 'undo',
  summary: 'put back what doctor --fix or advice --apply changed',
  usage: 'mirrorwatch undo [ID] [--list] [--home DIR] [--root DIR]',
  options,
  details: [
    'Without ID the last set of changes. Bytes, mode and owner come back as they were. A file that was changed since is not',
    'touched, nor any other of its set: exit 1. --root names what it named when the change was made.',
  ],
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [id] = positionals;
    const { place } = whoseSettings(context, values);
    const { terminal } = context;
    const kept = await keptChanges(place);
    if (values.list) {
      if (id !== undefined) throw new UsageError('--list takes no ID');
      for (const change of kept) terminal.out(lineOf(change));
      if (kept.length === 0) terminal.out('nothing to undo');
      return 0;
    }
    const change = id === undefined ? kept[0] : kept.find((one) => one.id === id);
    if (change === undefined) {
      terminal.err(`mirrorwatch undo: ${id === undefined ? 'nothing to undo' : `no change is kept as ${id}`}`);
      return 1;
    }
    const undone = await undoChange(change, place);
    if (undone.tag === 'error') {
      const { file, because, halfDone } = undone.error;
      const state = halfDone === undefined ? 'nothing was put back' : 'not all was put back';
      terminal.err(`mirrorwatch undo: ${state}: ${file}: ${because}`);
      terminal.err(`what it was before ${change.madeAt} is kept in ${place.kept}/${change.id}.json`);
      return 1;
    }
    for (const { file, before } of change.files) terminal.out(`${before === null ? 'removed' : 'put back'} ${file}`);
    return 0;
  },
};

function lineOf({ id, madeAt, files }: KeptChange): string {
  return `${id}  ${madeAt}  ${files.map(({ file }) => file).join(', ')}`;
}

import { type KeptChange, listKeptChanges } from '../daemon/machine.ts';
import { placeOptions, type WhoseSettings, whoseSettings } from '../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { loadNeeded, readConfigName, warnOfUnusedConfig } from '../terminal/load.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { undoAll, undoOne } from './undo-all.ts';

const options = { ...placeOptions, ...optionsOf('string', 'config'), ...optionsOf('boolean', 'list', 'all') };

/**
 * `mirrorwatch undo`: reverts one stored change of `doctor --fix` or `advice --apply`, by default the last one. With
 * `--all`, it reverts all of them, and the changes of `file` actions.
 */
export const undoCommand: Command = {
  name: 'undo',
  usage: 'mirrorwatch undo [ID] [--list] [--home DIR] [--root DIR]\n       mirrorwatch undo --all [--config FILE] …',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [id] = positionals;
    const whose = whoseSettings(context, values);
    if (values.all) {
      if (id !== undefined || values.list) throw new UsageError('wrong.allAlone');
      return await all(context, whose, values.config);
    }
    const { place } = whose;
    const { terminal, say } = context;
    const kept = await listKeptChanges(place);
    if (values.list) {
      if (id !== undefined) throw new UsageError('wrong.listId');
      for (const change of kept) terminal.out(lineOf(change));
      if (kept.length === 0) terminal.out(say('undo.nothing'));
      return 0;
    }
    const change = id === undefined ? kept[0] : kept.find((one) => one.id === id);
    if (change === undefined) throw new Failed(id === undefined ? say('undo.none') : say('undo.unknown', { id }), 1);
    if (await undoOne(context, change, place)) return 0;
    throw new Failed(say('undo.keptIn', { madeAt: change.madeAt, path: `${place.kept}/${change.id}.json` }), 1);
  },
};

async function all(context: Context, whose: WhoseSettings, file: string | undefined): Promise<ExitCode> {
  // A configuration that is only found may be a stranger's, and the records that it names make us write any file.
  const isNamed = readConfigName(context, file) !== undefined;
  const config = isNamed ? (await loadNeeded(context, file)).config : null;
  if (!isNamed) await warnOfUnusedConfig(context, 'undo.foreign');
  const { findSettingsOf } = await import('../features/doctor/survey.ts');
  return await undoAll(context, whose, config, findSettingsOf);
}

function lineOf({ id, madeAt, files }: KeptChange): string {
  return `${id}  ${madeAt}  ${files.map(({ file }) => file).join(', ')}`;
}

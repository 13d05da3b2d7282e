import { dirname, join } from 'node:path';
import type { Config } from '../core/config.ts';
import type { Machine } from '../core/trap.ts';
import { urlOfListener } from '../core/url.ts';
import {
  type ChangePlace,
  createMachine,
  gitTrackingOf,
  type KeptChange,
  listAllKeptChanges,
  listKeptChanges,
  realFileOf,
  undoChange,
} from '../daemon/machine.ts';
import { placeOptions, type WhoseSettings, whoseSettings } from '../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { loadNeeded, readConfigName, warnOfUnusedConfig } from '../terminal/load.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { saySentence } from '../words/tell.ts';

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
      for (const one of kept) terminal.out(`${one.id}  ${one.madeAt}  ${one.files.map(({ file }) => file).join(', ')}`);
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

interface Step {
  readonly change: KeptChange;
  readonly place: ChangePlace;
}

/**
 * Reverts the changes of `doctor --fix`, of `advice --apply` and of the `file` actions of this configuration, the
 * newest first. It stops at the first change that cannot be reverted. If changes remain, or settings name the front
 * door, they are listed, and the exit code is 1. Actions of other kinds are only listed.
 * @param config        `null`: none is named, so actions are not reverted
 * @param findSettings  returns where the client settings of the machine contain a URL
 */
async function undoAll(
  context: Context,
  { home, root, place }: WhoseSettings,
  config: Config | null,
  findSettings: (url: string, machine: Machine) => Promise<readonly string[]>,
): Promise<ExitCode> {
  const { terminal, say } = context;
  const { steps, foreign, unread } = await stepsOf(place, config);
  let done = 0;
  for (const { change, place: where } of steps) {
    if (!(await undoOne(context, change, where))) break;
    done += 1;
  }
  const left = [...steps.slice(done), ...foreign];
  for (const { change, place: where } of left)
    for (const { file } of change.files)
      terminal.err(say('undo.left', { file, madeAt: change.madeAt, path: join(where.kept, `${change.id}.json`) }));
  for (const path of unread) terminal.err(say('undo.unread', { path }));
  const url = config?.door === undefined ? null : urlOfListener(config.door.listen);
  const machine = createMachine({ env: context.env, home, cwd: context.cwd, root });
  const settings = url === null ? [] : await findSettings(url, machine);
  for (const where of settings) terminal.err(say('undo.door', { where, url: String(url) }));
  const beyond = (config?.onAdvice ?? []).filter(({ deed }) => deed.kind !== 'file').map(({ name }) => name);
  if (beyond.length > 0) terminal.err(say('undo.beyond', { names: beyond.join(', ') }));
  const isClean = left.length === 0 && unread.length === 0 && settings.length === 0;
  if (isClean && steps.length === 0) terminal.out(say('undo.nothing'));
  return isClean ? 0 : 1;
}

/** Reverts a change. @returns false if it cannot be reverted, which is reported */
async function undoOne({ terminal, say }: Context, change: KeptChange, place: ChangePlace): Promise<boolean> {
  const undone = await undoChange(change, place);
  if (undone.tag === 'error') {
    const { file, halfDone } = undone.error;
    const because = saySentence(undone.error.because, say);
    terminal.err(say(halfDone === undefined ? 'undo.refused' : 'undo.half', { file, because }));
    return false;
  }
  for (const { file, before } of change.files)
    terminal.out(say(before === null ? 'undo.removed' : 'undo.putBack', { file }));
  return true;
}

/**
 * Lists the changes of doctor, advice and actions together, the newest first. `foreign`: records of files that no action
 * of the configuration writes. The folder of the state file may be part of a checkout, with records of a stranger: all are `foreign` if Git tracks one.
 */
async function stepsOf(place: ChangePlace, config: Config | null) {
  const own = await listAllKeptChanges(place);
  const ofUser = own.changes.map((change) => ({ change, place }));
  if (config === null) return { steps: ofUser, foreign: [], unread: own.unread };
  const kept = join(dirname(config.state.path), 'actions/files');
  const paths = (config.onAdvice ?? []).flatMap(({ deed }) => (deed.kind === 'file' ? [deed.path] : []));
  const written = new Set(await Promise.all(paths.map((path) => realFileOf(path).catch(() => path))));
  const actions = await listAllKeptChanges({ kept });
  const isStrangers = (await gitTrackingOf(config.state.path)) !== null;
  const isOwn = ({ files }: KeptChange): boolean => !isStrangers && files.every(({ file }) => written.has(file));
  const stepOf = (change: KeptChange): Step => ({
    change,
    place: { roots: change.files.map(({ file }) => dirname(file)), kept },
  });
  const steps = [...ofUser, ...actions.changes.filter(isOwn).map(stepOf)];
  return {
    steps: steps.toSorted((a, b) => Date.parse(b.change.madeAt) - Date.parse(a.change.madeAt)),
    foreign: actions.changes.filter((change) => !isOwn(change)).map(stepOf),
    unread: [...own.unread, ...actions.unread],
  };
}

import { dirname, relative, resolve } from 'node:path';
import { kinds } from '../../config/kinds.ts';
import { printable } from '../../core/printable.ts';
import type { Survey } from '../../core/survey.ts';
import type { Machine } from '../../core/trap.ts';
import { urlOfListener } from '../../core/url.ts';
import { createMachine, replaceFile, systemFiles } from '../../daemon/machine.ts';
import { placeOptions, whoseSettings } from '../../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { type LoadedConfig, loadText } from '../../terminal/load.ts';
import { Failed, optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { saySentence } from '../../words/tell.ts';
import type { Say } from '../../words/words.ts';
import type * as Setup from './proposal.ts';

const options = {
  ...placeOptions,
  ...optionsOf('boolean', 'yes'),
  ecosystem: { type: 'string', multiple: true },
  ...optionsOf('string', 'vantage'),
  ...optionsOf('boolean', 'door'),
} as const;

const attemptsMax = 40;

/**
 * `mirrorwatch init`: proposes a configuration based on this machine's settings.
 * @param examine  reads these settings
 */
export function createInitCommand(examine: (machine: Machine) => Promise<Survey>): Command {
  return {
    name: 'init',
    usage: 'mirrorwatch init [FILE] [--yes] [--vantage NAME] [--ecosystem WORD]… [--door] [--home DIR] [--root DIR]',
    options,
    async run(context: Context): Promise<ExitCode> {
      const { values, positionals } = words(context.argv, options, 1);
      const { terminal, cwd, say } = context;
      const file = resolve(cwd, positionals[0] ?? 'mirrorwatch.yaml');
      const there = await systemFiles.read(file);
      if (there.tag === 'ok' || there.code !== 'ENOENT') throw new Failed(say('init.there', { file }), 1);
      const { home, root } = whoseSettings(context, values);
      const found = await examine(createMachine({ env: context.env, home, cwd, root }));
      const survey = withNamed(found, values.ecosystem ?? []);
      if (survey.ecosystems.length === 0) throw new Failed(say('init.nothing'), 1);
      const setup = await import('./proposal.ts');
      const draft = setup.draftOf(
        survey,
        { vantage: vantageOf(values.vantage), hasDoor: values.door === true },
        (name) => relative(dirname(file), resolve(cwd, name)),
      );
      const proposed = await accepted(context, setup, draft, file);
      for (const line of formatProposal(survey, proposed, setup, say)) terminal.err(printable(line));
      for (const line of proposed.text.trimEnd().split('\n')) terminal.out(printable(line));
      if (!values.yes) {
        const isAgreed = await terminal.confirm(say('apply.question', { question: say('init.confirm', { file }) }));
        if (isAgreed !== true) throw new Failed(say(isAgreed === null ? 'init.unanswered' : 'init.declined'), 1);
      }
      const failure = await replaceFile(file, proposed.text);
      if (failure !== null) throw new Failed(say('init.failed', { file, code: failure }), 1);
      terminal.err(say('init.wrote', { file }));
      const { config } = proposed.loaded;
      if (config.door === undefined) return 0;
      const { linesOfDoor } = await import('../../config/door-routes.ts');
      terminal.err(say('init.door'));
      for (const { client, text } of linesOfDoor(config, urlOfListener(config.door.listen)))
        for (const line of [`# ${client}`, ...text.split('\n')]) terminal.err(printable(line));
      return 0;
    },
  };
}

function vantageOf(named: string | undefined): string {
  if (named === undefined) return 'local';
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(named)) throw new UsageError('wrong.vantage', { text: named });
  return named;
}

function withNamed(survey: Survey, ids: readonly string[]): Survey {
  const unknown = ids.find((id) => !kinds.some((kind) => kind.id === id));
  if (unknown !== undefined)
    throw new UsageError('wrong.oneOf', {
      option: 'ecosystem',
      list: kinds.map(({ id }) => id).join(', '),
      word: unknown,
    });
  const more = ids.filter((id) => !survey.ecosystems.some((one) => one.id === id));
  const empty = { locks: [], chain: null, setIn: null, privatePatterns: [], used: [] };
  return { ...survey, ecosystems: [...survey.ecosystems, ...[...new Set(more)].map((id) => ({ id, ...empty }))] };
}

interface Proposed {
  readonly draft: Setup.SetupDraft;
  readonly text: string;
  readonly loaded: LoadedConfig;
  readonly without: readonly string[];
}

/**
 * Returns a proposed configuration that loads without warnings. Parts that cause a warning or an error are omitted.
 * @throws Failed if no such proposal exists
 */
async function accepted(
  context: Context,
  { reduceDraft, renderProposal }: typeof Setup,
  first: Setup.SetupDraft,
  file: string,
): Promise<Proposed> {
  const without: string[] = [];
  let draft = first;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const text = renderProposal(draft, context.say);
    const loaded = await loadText(context, text, file);
    const [issue] = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error.issues;
    if (issue === undefined && loaded.tag === 'ok') return { draft, text, loaded: loaded.value, without };
    const less = issue === undefined ? null : reduceDraft(draft, issue.path);
    if (issue === undefined || less === null) {
      const expected = issue === undefined ? '' : saySentence(issue.expected, context.say);
      throw new Failed(context.say('init.none', { path: String(issue?.path), expected }), 1);
    }
    const expected = saySentence(issue.expected, context.say);
    without.push(context.say('init.without', { without: saySentence(less.without, context.say), expected }));
    draft = less.draft;
  }
  throw new Failed(context.say('init.tooMuch'), 1);
}

const shownMax = 5;

function formatProposal(
  survey: Survey,
  { draft, loaded, without }: Proposed,
  { isAskable, locksMax }: typeof Setup,
  say: Say,
): readonly string[] {
  const { config, skippedLockEntries } = loaded;
  const lines = draft.ecosystems.map(({ surveyed: { id, setIn }, chain, locks, used }) => {
    const count = config.modules.filter(({ ecosystem }) => ecosystem === id).length;
    const from = [...locks.map(({ file }) => file), ...new Set(used.map(({ file }) => file))];
    const files = `${from.slice(0, shownMax).join(', ')}${from.length > shownMax ? '…' : ''}`;
    const places = from.length === 0 ? '' : say('init.places', { files });
    const today = chain === null ? say('init.asItComes') : say('init.today', { chain, setIn: String(setIn) });
    return say('init.modules', { id, count, places, today });
  });
  const own = [
    ...new Set(skippedLockEntries.filter(({ because }) => because === 'private').map(({ module }) => module)),
  ];
  const others = survey.ecosystems.flatMap(({ id, used }) =>
    used.filter(({ entry }) => !isAskable(id, entry)).map(({ entry }) => entry),
  );
  return [
    ...lines,
    ...(own.length === 0 ? [] : [say('init.private', { names: firstOf(own, say) })]),
    ...(others.length === 0 ? [] : [say('init.noMirror', { names: others.slice(0, shownMax).join(', ') })]),
    ...[...survey.leftOut.map((one) => saySentence(one, say)), ...furtherLocks(survey, locksMax, say), ...without].map(
      (what) => say('init.leftOut', { what }),
    ),
    '',
  ];
}

function furtherLocks({ ecosystems }: Survey, most: number, say: Say): readonly string[] {
  const further = ecosystems.flatMap(({ locks }) => locks.slice(most));
  return further.length === 0 ? [] : [say('init.furtherLocks', { names: firstOf(further, say), count: most })];
}

function firstOf(names: readonly string[], say: Say): string {
  const list = names.slice(0, shownMax).join(', ');
  return names.length > shownMax ? say('list.more', { list, more: names.length - shownMax }) : list;
}

import { dirname, relative, resolve } from 'node:path';
import { listRecipients } from '../../config/recipients.ts';
import { addressBytesOf, isLoopback } from '../../core/addresses.ts';
import { printable } from '../../core/printable.ts';
import type { Sentence } from '../../core/result.ts';
import type { Survey, Surveyed } from '../../core/survey.ts';
import type { Machine } from '../../core/trap.ts';
import { urlOfListener } from '../../core/url.ts';
import { createMachine, expand, replaceFile, systemFiles } from '../../daemon/machine.ts';
import { placeOptions, whoseSettings } from '../../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { kindByWord, type LoadedConfig, loadText } from '../../terminal/load.ts';
import { firstOf, formatRecipients } from '../../terminal/recipients.ts';
import { Failed, optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { saySentence } from '../../words/tell.ts';
import type { Say } from '../../words/words.ts';
import type * as Mirrors from './mirrors.ts';
import type * as Setup from './proposal.ts';

const options = {
  ...placeOptions,
  ...optionsOf('boolean', 'yes'),
  ecosystem: { type: 'string', multiple: true },
  ...optionsOf('string', 'vantage', 'public'),
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
    usage:
      'mirrorwatch init [FILE] [--yes] [--public none|global|cn|ask] [--vantage NAME] [--ecosystem WORD]… [--door] [--home DIR] [--root DIR]',
    options,
    async run(context: Context): Promise<ExitCode> {
      const { values, positionals } = words(context.argv, options, 1);
      const { terminal, cwd, say } = context;
      const file = resolve(cwd, positionals[0] ?? 'mirrorwatch.yaml');
      const there = await systemFiles.read(file);
      if (there.tag === 'ok' || there.code !== 'ENOENT') throw new Failed(say('init.there', { file }), 1);
      const { home, root } = whoseSettings(context, values);
      const machine = createMachine({ env: context.env, home, cwd, root });
      const survey = withNamed(await examine(machine), values.ecosystem ?? []);
      const leftInFiles = survey.leftOut.map((one) => printable(say('init.leftOut', { what: saySentence(one, say) })));
      if (survey.ecosystems.length === 0) throw new Failed([...leftInFiles, say('init.nothing')].join('\n'), 1);
      const [setup, mirrors, evidence] = await Promise.all([
        import('./proposal.ts'),
        import('./mirrors.ts'),
        import('./evidence.ts'),
      ]);
      const choice = publicOf(values.public, values.yes === true);
      const chosen = {
        vantage: vantageOf(values.vantage),
        hasDoor: values.door === true,
        publicSet: choice === 'ask' ? await confirmPublic(survey, mirrors, context) : choice,
        resolvers: await resolversOf(machine),
      };
      const first = setup.draftOf(survey, chosen, (name) => relative(dirname(file), resolve(cwd, name)));
      const judged = await Promise.all(first.ecosystems.map((one) => evidence.judgeNames(context, one, file)));
      const draft = { ...first, ecosystems: judged.map(({ drafted }) => drafted) };
      const leftOut = judged.flatMap((one) => one.leftOut).map((one) => withoutText(one.file, one.expected, say));
      const notes = [
        ...leftInFiles,
        ...formatCredentials(draft, mirrors, say),
        ...survey.ecosystems.flatMap((one) => formatEvidence(one, say)),
      ];
      const monitored = withMirrors(draft, leftOut, mirrors, say);
      if (monitored.ecosystems.length === 0) {
        for (const line of notes) terminal.err(printable(line));
        throw new Failed(say('init.noMirrors'), 1);
      }
      const proposed = await accepted(context, setup, monitored, file);
      const about = { ...proposed, notes, without: [...leftOut, ...proposed.without] };
      for (const line of formatProposal(survey, about, { ...setup, ...mirrors }, say)) terminal.err(printable(line));
      for (const line of proposed.text.trimEnd().split('\n')) terminal.out(printable(line));
      if (!values.yes) {
        const isAgreed = await terminal.confirm(say('apply.question', { question: say('init.confirm', { file }) }));
        if (isAgreed !== true) throw new Failed(say(isAgreed === null ? 'init.unanswered' : 'init.declined'), 1);
      }
      // Names of private modules and hosts with credentials are for the owner of the file only.
      const isPrivate = draft.ecosystems.some((one) => setup.hasPrivate(one) || one.surveyed.hasCredentials);
      const failure = await replaceFile(file, proposed.text, isPrivate ? 0o600 : undefined);
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

type PublicChoice = Mirrors.PublicSet | 'ask';

function publicOf(named: string | undefined, isAgreed: boolean): PublicChoice {
  const known: readonly PublicChoice[] = ['none', 'global', 'cn', 'ask'];
  const usual = isAgreed ? 'none' : 'ask';
  const found = named === undefined ? usual : known.find((one) => one === named);
  if (found === undefined)
    throw new UsageError('wrong.oneOf', { option: 'public', list: known.join(', '), word: String(named) });
  return found;
}

/** Requests a decision for each set of public mirrors, the larger one last. Without a terminal there is none. */
async function confirmPublic(survey: Survey, mirrors: typeof Mirrors, context: Context): Promise<Mirrors.PublicSet> {
  const { terminal, say } = context;
  let agreed: Mirrors.PublicSet = 'none';
  for (const set of mirrors.publicSets.slice(1)) {
    const before = survey.ecosystems.flatMap((one) => mirrors.listPublicMirrors(one, agreed));
    const added = survey.ecosystems
      .flatMap((one) => mirrors.listPublicMirrors(one, set))
      .filter((one) => !before.includes(one));
    if (added.length === 0) continue;
    const hosts = [...new Set(added.map(({ url }) => new URL(url).hostname))].join(', ');
    const question = say(set === 'cn' ? 'init.askChina' : 'init.askGlobal', { hosts });
    if ((await terminal.confirm(say('apply.question', { question }))) !== true) break;
    agreed = set;
  }
  return agreed;
}

const resolversMax = 3;

/** Returns the DNS servers in resolv.conf. One on loopback shows nothing about the network, so it is not returned. */
async function resolversOf(machine: Machine): Promise<readonly string[]> {
  const read = await machine.read(machine.system('/etc/resolv.conf'));
  const lines = read.tag === 'ok' ? read.text.split('\n').map((line) => line.trim().split(/\s+/)) : [];
  const servers = lines.flatMap(([key, address = '']) =>
    key === 'nameserver' && addressBytesOf(address) !== null ? address : [],
  );
  return [...new Set(servers)].filter((address) => !isLoopback(address)).slice(0, resolversMax);
}

/**
 * Returns the draft without the ecosystems that have no mirror.
 * @param leftOut  gets a text for each of them
 */
function withMirrors(draft: Setup.SetupDraft, leftOut: string[], mirrors: typeof Mirrors, say: Say): Setup.SetupDraft {
  const ecosystems = draft.ecosystems.filter((one) => mirrors.hasMirrors(one.surveyed, draft.publicSet));
  for (const one of draft.ecosystems)
    if (!ecosystems.includes(one)) leftOut.push(say('init.mirrorless', { id: one.surveyed.id }));
  return { ...draft, ecosystems };
}

/** Says which credentials were not copied, and what to set in place of them. */
function formatCredentials({ ecosystems }: Setup.SetupDraft, mirrors: typeof Mirrors, say: Say): readonly string[] {
  return ecosystems
    .filter(({ surveyed }) => surveyed.hasCredentials)
    .map(({ surveyed }) => {
      const names = mirrors.listOwnMirrors(surveyed).map(({ name }) => name);
      const about = { setIn: String(surveyed.setIn), names: names.join(', ') || surveyed.id };
      return say(mirrors.isWithheld(surveyed) ? 'init.withheld' : 'init.credentials', about);
    });
}

/** Says which other mirrors the files name, and which settings could not be read. */
function formatEvidence({ id, others, unread }: Surveyed, say: Say): readonly string[] {
  const list = others.map(({ chain, setIn, unused }) => {
    return say('init.other', { chain, setIn, why: say(`init.unused.${unused}`) });
  });
  return [
    ...(list.length === 0 ? [] : [say('init.others', { id, list: firstOf(list, say) })]),
    ...(unread.length === 0 ? [] : [say('init.unread', { id, places: firstOf(unread, say) })]),
  ];
}

function formatToday({ setIn, recorded, others, unread }: Surveyed, chain: string | null, say: Say): string {
  if (chain === null) {
    const isBeside = unread.length === 0 && others.every(({ unused }) => unused === 'further' || unused === 'few');
    return say(!isBeside ? 'init.undetermined' : others.length === 0 ? 'init.asItComes' : 'init.beside');
  }
  const entries = recorded === null ? '' : say('init.entries', recorded);
  return say('init.today', { chain, setIn: `${setIn}${entries}` });
}

function withNamed(survey: Survey, ids: readonly string[]): Survey {
  const known = ids.map((id) => kindByWord(id).id);
  const more = known.filter((id) => !survey.ecosystems.some((one) => one.id === id));
  const empty = {
    ...{ locks: [], chain: null, setIn: null, recorded: null, others: [], unread: [] },
    ...{ privatePatterns: [], used: [], sources: [], protections: [] },
    ...{ isOfProject: false, hasCredentials: false, hasReferences: false, isUnverified: false },
  };
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
    const issues = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error.issues;
    // These warnings say that there are too few controls. No part of the draft causes them.
    const issue = issues.find(({ severity, path }) => severity === 'error' || !['controls', 'mirrors'].includes(path));
    if (issue === undefined && loaded.tag === 'ok') return { draft, text, loaded: loaded.value, without };
    const less = issue === undefined ? null : reduceDraft(draft, issue.path);
    if (issue === undefined || less === null) {
      const expected = issue === undefined ? '' : saySentence(issue.expected, context.say);
      throw new Failed(context.say('init.none', { path: String(issue?.path), expected }), 1);
    }
    without.push(withoutText(saySentence(less.without, context.say), issue.expected, context.say));
    draft = less.draft;
  }
  throw new Failed(context.say('init.tooMuch'), 1);
}

function withoutText(without: string, expected: Sentence | string, say: Say): string {
  return say('init.without', { without, expected: saySentence(expected, say) });
}

const shownMax = 5;

function formatProposal(
  survey: Survey,
  { draft, loaded, without, notes }: Proposed & { readonly notes: readonly string[] },
  { isAskable, isWithheld, locksMax }: typeof Setup & typeof Mirrors,
  say: Say,
): readonly string[] {
  const { config, skippedLockEntries } = loaded;
  const lines = draft.ecosystems.map(({ surveyed, chain: inForce, locks, used }) => {
    const { id } = surveyed;
    const chain = isWithheld(surveyed) ? surveyed.chain : inForce;
    const count = config.modules.filter(({ ecosystem }) => ecosystem === id).length;
    const from = [...locks.map(({ file }) => file), ...new Set(used.map(({ file }) => file))];
    const files = `${from.slice(0, shownMax).join(', ')}${from.length > shownMax ? '…' : ''}`;
    const places = from.length === 0 ? '' : say('init.places', { files });
    return say('init.modules', { id, count, places, today: formatToday(surveyed, chain, say) });
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
    ...notes,
    ...[...furtherLocks(survey, locksMax, say), ...without].map((what) => say('init.leftOut', { what })),
    ...loaded.warnings.map(({ expected }) => say('init.warning', { expected: saySentence(expected, say) })),
    '',
    ...formatRecipients(listRecipients(config, expand(config)), config, say),
    '',
  ];
}

function furtherLocks({ ecosystems }: Survey, most: number, say: Say): readonly string[] {
  const further = ecosystems.flatMap(({ locks }) => locks.slice(most));
  return further.length === 0 ? [] : [say('init.furtherLocks', { names: firstOf(further, say), count: most })];
}

import { dirname, relative, resolve } from 'node:path';
import { kinds } from '../config/kinds.ts';
import { type Draft, draftOf, isAskable, lessened, proposedText } from '../config/proposal.ts';
import { printable } from '../core/printable.ts';
import type { Survey } from '../core/survey.ts';
import { replaceFile, systemFiles, thisMachine } from '../daemon/system.ts';
import { surveyProject } from '../doctor/survey.ts';
import { placeOptions, whoseSettings } from './apply.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { type Loaded, loadText } from './load.ts';
import { UsageError, words } from './usage.ts';

const options = {
  ...placeOptions,
  yes: { type: 'boolean' },
  ecosystem: { type: 'string', multiple: true },
  vantage: { type: 'string' },
} as const;

const attemptsMax = 40;

/** `mirrorwatch init`: a configuration from what is used here. */
export const initCommand: Command = {
  name: 'init',
  usage: 'mirrorwatch init [FILE] [--yes] [--vantage NAME] [--ecosystem WORD]… [--home DIR] [--root DIR]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const { terminal, cwd } = context;
    const file = resolve(cwd, positionals[0] ?? 'mirrorwatch.yaml');
    const there = await systemFiles.read(file);
    if (there.tag === 'ok' || there.code !== 'ENOENT') {
      terminal.err(`mirrorwatch init: ${file} is there already, and stays as it is: name another file`);
      return 1;
    }
    const { home, root } = whoseSettings(context, values);
    const found = await surveyProject(thisMachine({ env: context.env, home, cwd, root }));
    const survey = withNamed(found, values.ecosystem ?? []);
    if (survey.ecosystems.length === 0) {
      terminal.err(
        'mirrorwatch init: no lock file and no setting of a client is here; --ecosystem names what to watch',
      );
      return 1;
    }
    const draft = draftOf(survey, vantageOf(values.vantage), (name) => relative(dirname(file), resolve(cwd, name)));
    const proposed = await accepted(context, draft, file);
    if (proposed === null) return 1;
    for (const line of said(survey, proposed)) terminal.err(printable(line));
    for (const line of proposed.text.trimEnd().split('\n')) terminal.out(line);
    if (!values.yes) {
      const answer = await terminal.confirm(`Write ${file}?`);
      if (answer !== true) {
        terminal.err(`mirrorwatch init: nothing was written${answer === null ? ': --yes writes it' : ''}`);
        return 1;
      }
    }
    const failure = await replaceFile(file, proposed.text);
    if (failure !== null) {
      terminal.err(`mirrorwatch init: ${file} can't be written (${failure})`);
      return 1;
    }
    terminal.err(`wrote ${file}; next: mirrorwatch check, mirrorwatch rank, mirrorwatch run`);
    return 0;
  },
};

function vantageOf(named: string | undefined): string {
  if (named === undefined) return 'local';
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(named)) throw new UsageError('wrong.vantage', { text: named });
  return named;
}

/** Those that were found, and those that the call names. */
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
  readonly text: string;
  readonly loaded: Loaded;
  /** What was left out until the text was accepted, each with what was wrong with it. */
  readonly without: readonly string[];
}

/** A text that loads without a warning: what one is about is left out and told. `null`: told why there is none. */
async function accepted(context: Context, first: Draft, file: string): Promise<Proposed | null> {
  const without: string[] = [];
  let draft = first;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const text = proposedText(draft);
    const loaded = await loadText(context, text, file);
    const [issue] = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error.issues;
    if (issue === undefined && loaded.tag === 'ok') return { text, loaded: loaded.value, without };
    const less = issue === undefined ? null : lessened(draft, issue.path);
    if (issue === undefined || less === null) {
      context.terminal.err(
        `mirrorwatch init: no configuration can be made of what is here: ${issue?.path}: expected ${issue?.expected}`,
      );
      return null;
    }
    without.push(`${less.without}: expected ${issue.expected}`);
    draft = less.draft;
  }
  context.terminal.err('mirrorwatch init: too much here cannot be read');
  return null;
}

const shownMax = 5;

/** What was found and what is left out, before the text. */
function said(survey: Survey, { loaded, without }: Proposed): readonly string[] {
  const { config, skippedLockEntries } = loaded;
  const lines = survey.ecosystems.map(({ id, locks, chain, setIn, used }) => {
    const count = config.modules.filter(({ ecosystem }) => ecosystem === id).length;
    const from = [...locks, ...new Set(used.map(({ file }) => file))];
    const places =
      from.length === 0 ? '' : ` (${from.slice(0, shownMax).join(', ')}${from.length > shownMax ? '…' : ''})`;
    return `${id}: ${count} ${count === 1 ? 'module' : 'modules'}${places}, today ${chain === null ? 'as the client comes' : `${chain} (${setIn})`}`;
  });
  const own = [
    ...new Set(skippedLockEntries.filter(({ because }) => because === 'private').map(({ module }) => module)),
  ];
  const more = own.length > shownMax ? ` and ${own.length - shownMax} more` : '';
  const others = survey.ecosystems.flatMap(({ id, used }) =>
    used.filter(({ entry }) => !isAskable(id, entry)).map(({ entry }) => entry),
  );
  return [
    ...lines,
    ...(own.length === 0 ? [] : [`private, and asked of nobody: ${own.slice(0, shownMax).join(', ')}${more}`]),
    ...(others.length === 0 ? [] : [`no mirror is known for: ${others.slice(0, shownMax).join(', ')}`]),
    ...[...survey.leftOut, ...without].map((line) => `left out: ${line}`),
    '',
  ];
}

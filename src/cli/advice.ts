import { kinds } from '../config/kinds.ts';
import { isAsRendered } from '../config/rendered.ts';
import { type Advice, isSafeEnv } from '../core/advice.ts';
import { escapeWord, formatCommand } from '../core/command-line.ts';
import type { Upstream } from '../core/mirror.ts';
import { printable } from '../core/printable.ts';
import { isMapping } from '../core/read-json.ts';
import type { Message, Sentence } from '../core/result.ts';
import { snippetOf } from '../core/snippet.ts';
import { createMachine } from '../daemon/machine.ts';
import { rankCommand } from '../features/rank/command.ts';
import { confirmChanges, placeOptions, whoseSettings } from '../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { type Reasons, reasonTextOf } from '../terminal/reasons.ts';
import { formatRemedy, type ShownRemedy } from '../terminal/remedy-lines.ts';
import { jsonText } from '../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { renderIn, saySentence } from '../words/tell.ts';
import { type Say, sayNamed } from '../words/words.ts';
import { explainAdvice } from './advice-why.ts';
import { type DaemonClient, type DaemonResponse, daemonAt, daemonOptions } from './daemon-client.ts';
import { exportAdvice, exportMs, keepListsOfUser } from './export.ts';

/** `reason`: absent if the daemon has an older release; `null`: it is stored in English only. */
type Sentences = NonNullable<Advice['sentences']> & { readonly reason?: Sentence | null };

interface AdviceBody {
  readonly advice: readonly (Reasons &
    ShownRemedy &
    Upstream & {
      readonly id: string;
      readonly state: string;
      /** `usual`: clients that have not switched keep their setting. Absent: the daemon has an older release. */
      readonly newClients?: string;
      /** Absent: the daemon has an older release. */
      readonly chain?: { readonly before: string; readonly after: string };
      readonly reason: string;
      /** Absent: the server is another program. */
      readonly confidence?: string;
      readonly expiresAt: string;
      readonly rollback: string;
      readonly doesNotCover: readonly string[];
      /** When clients may switch back. Absent: this is not stated, or the daemon has another release. */
      readonly failback?: Message | null;
    })[];
  /**
   * The sentences of each advice, to render them in any language, by the advice's id. Absent: the daemon has an older
   * release. `null`: an older release issued the advice.
   */
  readonly sentences?: Readonly<Record<string, Sentences | null>>;
  /** Sentences about mirrors that are down, although no switch is needed. Absent: the daemon has an older release. */
  readonly passedOver?: readonly Message[];
  readonly waiting?: readonly Message[];
  readonly dismissed?: readonly Message[];
}

const options = {
  ...daemonOptions,
  ...optionsOf('boolean', 'json', 'now', 'export', 'apply', 'why', 'yes'),
  ...placeOptions,
  ...optionsOf('string', 'upstream', 'fallback', 'for', 'reason', 'at'),
};

/**
 * `mirrorwatch advice`: shows the setting to use, according to a running daemon or (`--now`) to a measurement made now.
 */
export const adviceCommand: Command = {
  name: 'advice',
  usage:
    'mirrorwatch advice [--json] [--url URL] [--token-file FILE] [--config FILE]\n       mirrorwatch advice --why [ECOSYSTEM] [--upstream NAME] [--at TIME] [--json] [--url URL] …\n       mirrorwatch advice --export [ECOSYSTEM] [--upstream NAME] [--fallback FILE] [--url URL] …\n       mirrorwatch advice --apply [ECOSYSTEM] [--upstream NAME] [--yes] [--home DIR] [--root DIR] …\n       mirrorwatch advice --now [--json] [--config FILE]\n       mirrorwatch advice accept ID [--url URL] [--token-file FILE] [--config FILE]\n       mirrorwatch advice dismiss ID --for 2h --reason TEXT [--url URL] [--token-file FILE] [--config FILE]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 2);
    const [verb, id] = positionals;
    if (values.export && values.apply) throw new UsageError('wrong.notBoth', { one: 'export', other: 'apply' });
    if (values.why) return explainAdvice(context, values, positionals);
    if (values.export || values.apply) return given(context, values, positionals);
    goesWith(values, '--why', 'at');
    goesWith(values, '--apply', 'yes', 'home', 'root');
    goesWith(values, '--export', 'fallback');
    if (values.upstream !== undefined)
      throw new UsageError('wrong.goesWithEither', { option: 'upstream', one: '--export', other: '--apply' });
    if (values.now) {
      if (verb !== undefined) throw new UsageError('wrong.nowTakes', { word: verb });
      const config = values.config === undefined ? [] : ['--config', values.config];
      return rankCommand.run({ ...context, argv: values.json ? [...config, '--json'] : config });
    }
    if (verb === 'accept' || verb === 'dismiss') return settleAdvice(context, values, verb, id);
    if (verb !== undefined) throw new UsageError('wrong.adviceVerb', { word: verb });
    goesWith(values, 'dismiss', 'for', 'reason');
    const daemon = await daemonAt(context, values);
    const response = await daemon.get('/api/v1/advice');
    const advice = adviceIn(response);
    const { passedOver = [], waiting = [], dismissed = [] } = (response.json() ?? {}) as Partial<AdviceBody>;
    if (advice === null) throw new Failed(context.say('advised.foreign', { url: daemon.url }), 1);
    const own = async (one: Shown): Promise<Shown> => {
      const { env } = one.remedy;
      if (typeof env !== 'string' || !isSafeToPaste(one)) return one;
      return { ...one, own: { ...one.remedy, env: await keepListsOfUser(context, one.ecosystem, env) } };
    };
    if (values.json) context.terminal.out(jsonText(advice));
    else
      for (const line of shown(context, daemon.url, await Promise.all(advice.map(own)), [
        ...dismissed,
        ...passedOver,
        ...waiting,
      ]))
        context.terminal.out(line);
    const pending = advice.filter((one) => one.state === 'proposed' && !isUsual(one)).length;
    // Exit code 1 means open advice or an unreachable daemon, so standard error states which.
    if (pending > 0) context.terminal.err(context.say('advised.pending', { count: pending }));
    return pending > 0 ? 1 : 0;
  },
};

type Values = ReturnType<typeof words<typeof options>>['values'];

async function settleAdvice(
  context: Context,
  values: Values,
  verb: 'accept' | 'dismiss',
  id: string | undefined,
): Promise<ExitCode> {
  if (id === undefined) throw new UsageError('wrong.whichAdvice', { verb });
  const { for: length, reason } = values;
  if (verb === 'accept') goesWith(values, 'dismiss', 'for', 'reason');
  else if (length === undefined) throw new UsageError('wrong.forAdvice');
  else if (reason === undefined) throw new UsageError('wrong.reasonAdvice');
  const daemon = await daemonAt(context, values);
  const body = verb === 'accept' ? {} : { for: length, reason };
  await daemon.post(`/api/v1/advice/${encodeURIComponent(id)}/${verb}`, body);
  const { say } = context;
  context.terminal.out(
    verb === 'accept' ? say('advised.accepted', { id }) : say('advised.dismissed', { id, length: String(length) }),
  );
  return 0;
}

/** @throws UsageError if an option is given that only goes with another word */
function goesWith(values: Values, other: string, ...keys: readonly (keyof Values)[]): void {
  const option = keys.find((key) => values[key] !== undefined);
  if (option !== undefined) throw new UsageError('wrong.goesWith', { option, other });
}

/** Handles `--export` and `--apply`, for the remedy of one ecosystem (by default the first ecosystem). */
async function given(context: Context, values: Values, words: readonly string[]): Promise<ExitCode> {
  const [ecosystem = kinds[0]?.id ?? '', more] = words;
  const { upstream, fallback } = values;
  if (values.json || values.now || more !== undefined || (values.apply && fallback !== undefined))
    throw new UsageError(values.apply ? 'wrong.applyTakes' : 'wrong.exportTakes');
  if (values.export)
    return exportAdvice(context, () => daemonAt(context, values, exportMs), {
      ecosystem,
      isNamed: words.length > 0,
      upstream,
      fallback,
    });
  return applyAdvice(context, await daemonAt(context, values), ecosystem, values);
}

/** True for a proposal whose cause is over, while clients that have not switched keep their setting. */
function isUsual({ state, newClients }: Pick<Shown, 'state' | 'newClients'>): boolean {
  return state === 'proposed' && newClients === 'usual';
}

type Shown = AdviceBody['advice'][number] & {
  readonly sentences?: Sentences | null | undefined;
  /** The remedy with the entries of this user's lists. Absent: it is `remedy`. */
  readonly own?: ShownRemedy['remedy'];
};

function adviceIn(response: DaemonResponse): readonly Shown[] | null {
  const { advice, sentences } = (response.json() ?? {}) as Partial<AdviceBody>;
  return Array.isArray(advice) ? advice.map((one: Shown) => ({ ...one, sentences: sentences?.[one.id] })) : null;
}

function shown(context: Context, url: string, advice: readonly Shown[], noAdvice: readonly Message[]): string[] {
  const { terminal, say, language } = context;
  const reasons = noAdvice.map((one) => printable(renderIn(language, one)));
  if (advice.length === 0) return [say('advised.none'), ...reasons];
  const why = (one: Shown): string => {
    const sentence = one.sentences?.reason;
    const short = language === 'en' || sentence != null ? null : reasonTextOf(one, say);
    return short ?? printable(language === 'en' ? one.reason : renderIn(language, { text: one.reason, sentence }));
  };
  const lines = advice.flatMap((one) => [
    `${terminal.paint('bold', stateText(one.state, say))}  ${printable(`${one.ecosystem}/${one.upstream}  ${one.id}`)}`,
    `  ${one.state === 'accepted' ? say('advised.then', { why: why(one) }) : why(one)}`,
    ...(one.failback == null ? [] : [`  ${printable(renderIn(language, one.failback))}`]),
    ...(one.state === 'refused'
      ? []
      : !isSafeToPaste(one)
        ? [say(hasNoVariables(one) ? 'advised.unlike' : 'advised.unsafe', { url })]
        : [
            ...(isUsual(one) ? [] : formatRemedy(context, { ...one, remedy: one.own ?? one.remedy })),
            ...rollbackLines(
              renderIn(language, { text: one.rollback, sentence: one.sentences?.rollback }),
              snippetOf(one.remedy)?.file ?? null,
              say,
            ),
            ...(one.confidence === undefined
              ? []
              : [
                  say('advised.confidence', {
                    how: sayNamed(say, `confidence.${one.confidence}`) ?? printable(one.confidence),
                  }),
                ]),
            say('advised.until', { at: printable(one.expiresAt) }),
          ]),
    ...one.doesNotCover.map((text, at) => {
      const uncovered = renderIn(language, { text, sentence: one.sentences?.doesNotCover[at] });
      return say('advised.uncovered', { text: printable(uncovered) });
    }),
  ]);
  return [...lines, ...reasons];
}

/** Matches a comment below rollback lines. A shell that reads no comments finds nothing to run in it. */
const comment = /^#[ \w.:/=["\]+@,~%-]*$/;

function hasNoVariables({ ecosystem }: Shown): boolean {
  return Object.keys(kinds.find(({ id }) => id === ecosystem)?.variables ?? { unknown: '' }).length === 0;
}

/**
 * True if the lines to paste, and those of the rollback, set only what a remedy may set. In an ecosystem without variables
 * they are lines for files, and must be those that this program renders.
 */
function isSafeToPaste(shown: Shown): boolean {
  const { ecosystem, remedy, rollback, sentences } = shown;
  const variables = kinds.find(({ id }) => id === ecosystem)?.variables;
  if (variables === undefined) return false;
  // The values of a sentence are the daemon's text, but the sentences of a rollback have none.
  const sentence = sentences?.rollback;
  const back = renderIn('en', { text: '', sentence });
  if (hasNoVariables(shown)) return isAsRendered(shown) && (back === '' || back === rollback);
  const isForward = Object.keys(remedy).length === 0 || isSafeEnv(remedy['env'] ?? '', variables);
  if (back !== '') return isForward && sentence?.key.startsWith('back.') === true;
  const lines = rollback.split('\n').filter((line) => !comment.test(line));
  return isForward && isSafeEnv(lines.join('\n'), variables);
}

/** Returns the text of an advice's state. A state that only another release knows is shown unchanged. */
function stateText(state: string, say: Say): string {
  return sayNamed(say, `advised.state.${state}`) ?? printable(state);
}

/**
 * Formats the rollback. A single line follows the label. Several lines are printed below the label, so that an operator
 * can copy them.
 * @param file  the file that the lines belong to; `null`: none, or the lines name it
 */
function rollbackLines(text: string, file: string | null, say: Say): string[] {
  const lines = text.split('\n').map((line) => printable(line));
  if (file !== null) return [say('advised.backFile', { file: printable(file) }), ...lines.map((line) => `    ${line}`)];
  return lines.length === 1
    ? [say('advised.back', { line: String(lines[0]) })]
    : [say('advised.backLines'), ...lines.map((line) => `    ${line}`)];
}

/** `mirrorwatch advice --apply`: after confirmation, writes the remedy to the clients' own configuration files. */
async function applyAdvice(
  context: Context,
  daemon: DaemonClient,
  ecosystem: string,
  values: Values,
): Promise<ExitCode> {
  const { terminal, env, cwd, say } = context;
  const { upstream } = values;
  if (!kinds.some(({ id }) => id === ecosystem)) throw new UsageError('wrong.noEcosystem', { ecosystem });
  const whose = whoseSettings(context, values);
  const query = upstream === undefined ? '' : `&upstream=${encodeURIComponent(upstream)}`;
  const response = await daemon.get(`/api/v1/advice/${ecosystem}/remedy?as=json${query}`);
  if (response.status === 204) {
    const state = String(response.headers['x-advice-state'] ?? 'right');
    terminal.out(sayNamed(say, `advised.nothing.${state}`) ?? say('advised.nothing.right'));
    return 0;
  }
  const remedy = response.json();
  const machine = createMachine({ env, home: whose.home, cwd, root: whose.root });
  const { settleDoctor: settle } = await import('../features/doctor/settle.ts');
  const settling = isMapping(remedy) ? await settle(machine, ecosystem, remedy, say) : null;
  if (settling === null) throw new Failed(say('advised.unsettable', { url: daemon.url }), 1);
  for (const note of settling.notes) terminal.err(say('advised.note', { text: note }));
  const { refused } = settling;
  if (refused !== undefined)
    throw new Failed(say('apply.refused', { file: refused.file, because: saySentence(refused.because, say) }), 1);
  if (settling.isForEnvironment)
    throw new Failed(
      say('advised.byShell', { command: formatCommand`eval "$(mirrorwatch advice --export ${ecosystem})"` }),
      1,
    );
  if (settling.changes.length === 0) {
    terminal.out(say('advised.already'));
    return 0;
  }
  if (!(await confirmChanges(context, settling.changes, whose.place, values.yes === true))) return 1;
  const id = printable(String(response.headers['x-advice-id'] ?? ''));
  if (id !== '') terminal.err(say('advised.tell', { id: escapeWord(id) }));
  return 0;
}

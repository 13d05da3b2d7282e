import { kindOf, kinds } from '../../config/kinds.ts';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { type EcosystemId, refTextOf, type Target, targetId } from '../../core/mirror.ts';
import { expand } from '../../daemon/machine.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { kindByWord, loadNeeded } from '../../terminal/load.ts';
import { moduleFor } from '../../terminal/probe-request.ts';
import { formatRemedy } from '../../terminal/remedy-lines.ts';
import { jsonText } from '../../terminal/terminal.ts';
import { Failed, optionsOf, parseWholeNumber, UsageError, words } from '../../terminal/usage.ts';
import { english } from '../../words/words.ts';
import type { RankedRow } from './rank.ts';
import { formatProgress, rankTable } from './table.ts';
import type { RankVerdict, RowVerdict } from './verdict.ts';

const options = {
  ...optionsOf('string', 'config', 'ecosystem', 'upstream', 'rounds'),
  ...optionsOf('boolean', 'no-download', 'json'),
};

/** `mirrorwatch rank`: measures the mirrors of one upstream now, compares them, and prints the lines to paste. */
export const rankCommand: Command = {
  name: 'rank',
  usage:
    'mirrorwatch rank [[--ecosystem] WORD] [module@version…] [--upstream NAME] [--rounds 10] [--no-download] [--config FILE] [--json]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 50);
    const rounds = parseWholeNumber('rounds', values.rounds, 10);
    const { ecosystem: asked, modules, isNamed } = wanted(values.ecosystem, positionals);
    const { config } = await loadNeeded(context, values.config, { about: asked });
    const ecosystem = isNamed ? asked : rankedEcosystemOf(config, asked);
    const { downloadsFor, rankNow } = await import('./rank.ts');
    const { rankedUpstreamOf, rankVerdict, judgeRows } = await import('./verdict.ts');
    const upstream = values.upstream ?? rankedUpstreamOf(config, ecosystem);
    const targets = targetsFor(config, ecosystem, upstream, modules);
    if (targets.length === 0)
      throw values.upstream === undefined
        ? new UsageError('wrong.nothingToRank', { ecosystem })
        : new UsageError('wrong.nothingToRankOf', { ecosystem, upstream: values.upstream });
    const others = [...new Set(config.mirrors.map((mirror) => mirror.ecosystem))].filter((id) => id !== ecosystem);
    if (!isNamed && others.length > 0)
      context.terminal.err(context.say('rank.only', { ecosystem, others: others.join(', ') }));
    const stop = { asked: false };
    context.onSignal((signal) => {
      if (signal === 'stop') stop.asked = true;
    });
    const downloads = values['no-download'] ? [] : downloadsFor(config, targets);
    const [artifact] = downloads;
    if (artifact !== undefined) context.terminal.err(downloadText(artifact, downloads.length, context.say));
    const ranked = await rankNow(config, { targets, downloads, rounds }, context.facts, {
      progress: (done, of, registry) => context.terminal.progress(formatProgress(done, of, registry)),
      stopped: () => stop.asked,
    });
    context.terminal.progress('');
    if (ranked.tag === 'error') {
      const { registry, limitMs } = ranked.error;
      throw new Failed(context.say('rank.noAnswer', { registry, seconds: limitMs / 1000 }), 1);
    }
    const rows = ranked.value;
    const verdict = rankVerdict(config, ecosystem, rows, upstream, values.json ? english : context.say);
    const { kind, reason, remedy } = verdict;
    const verdicts = judgeRows(rows, config.advise.minGain);
    if (values.json) {
      const judged = rows.map((row) => ({ ...row, verdict: verdicts.get(row.registry) }));
      context.terminal.out(jsonText({ ecosystem, rounds, rows: judged, verdict: kind, reason, remedy }));
    } else for (const line of shown(rows, verdicts, verdict, context)) context.terminal.out(line);
    const hasTrouble = rows.some((row) => row.failed + row.unknown > 0);
    if (hasTrouble && rows.every((row) => row.ok + row.answered === 0))
      context.terminal.err(context.say('rank.nothing'));
    return kind === 'nobody' ? 1 : 0;
  },
};

function downloadText(target: Target, mirrors: number, say: Context['say']): string {
  const { step } = target;
  return say('rank.download', {
    mirrors,
    step,
    what: refTextOf(target),
    mebibytes: limits.rankDownloadBytes / 2 ** 20,
  });
}

function wanted(
  word: string | undefined,
  positionals: readonly string[],
): {
  readonly ecosystem: EcosystemId;
  readonly modules: readonly string[];
  readonly isNamed: boolean;
} {
  if (word !== undefined) return { ecosystem: kindByWord(word).id, modules: positionals, isNamed: true };
  const [first, ...rest] = positionals;
  const named = kinds.find(({ id }) => id === first);
  return {
    ecosystem: named?.id ?? kindByWord(undefined).id,
    modules: named === undefined ? positionals : rest,
    isNamed: named !== undefined,
  };
}

/** Returns the ecosystem to rank if none is named: `usual`, or the first ecosystem if there is no mirror of `usual`. */
function rankedEcosystemOf({ mirrors }: Config, usual: EcosystemId): EcosystemId {
  if (mirrors.some((mirror) => mirror.ecosystem === usual)) return usual;
  return mirrors[0]?.ecosystem ?? usual;
}

/**
 * Returns the targets to probe: the canaries of the upstream's mirrors. If the command line names modules, returns the
 * canary step of each of these modules instead.
 */
function targetsFor(
  config: Config,
  ecosystem: EcosystemId,
  upstream: string | null,
  modules: readonly string[],
): readonly Target[] {
  const kind = kindOf(ecosystem);
  const canaries = expand(config).filter(
    (target) => target.canary && target.ecosystem === ecosystem && target.upstream === upstream,
  );
  if (modules.length === 0) return canaries;
  return canaries.flatMap((canary) =>
    modules.map((text) => {
      const { module, version } = moduleFor(config, canary, text);
      if (version === null && kind?.newest != null)
        throw new UsageError('wrong.moduleAs', { text, expected: kind.expected });
      return { ...canary, id: targetId(canary.registry, module, version, canary.step), module, version, canary: false };
    }),
  );
}

function shown(
  rows: readonly RankedRow[],
  verdicts: ReadonlyMap<string, RowVerdict>,
  verdict: RankVerdict,
  context: Context,
): readonly string[] {
  const { kind, reason } = verdict;
  const { terminal, say } = context;
  const lines = [...rankTable(rows, verdicts, terminal.columns, say), ''];
  if (kind === 'nobody') return [...lines, terminal.paint('red', reason)];
  return [...lines, reason, ...('shown' in verdict ? formatRemedy(context, verdict.shown) : [])];
}

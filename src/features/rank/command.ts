import { kindOf, kinds } from '../../config/kinds.ts';
import type { Config } from '../../core/config.ts';
import { type Phase, phases } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { type EcosystemId, refTextOf, type Target, targetId } from '../../core/mirror.ts';
import { expand } from '../../daemon/machine.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { kindByWord, loadNeeded } from '../../terminal/load.ts';
import { moduleFor } from '../../terminal/probe-request.ts';
import { formatRemedy } from '../../terminal/remedy-lines.ts';
import { bar, displayWidth, durationText, jsonText, table } from '../../terminal/terminal.ts';
import { Failed, optionsOf, parseWholeNumber, UsageError, words } from '../../terminal/usage.ts';
import { english, type Say } from '../../words/words.ts';
import type { RankedRow } from './rank.ts';
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
    } else {
      const unserved = formatUnserved(config, ecosystem, rows, context.say);
      for (const line of shown(rows, verdicts, verdict, unserved, context)) context.terminal.out(line);
    }
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

function wanted(word: string | undefined, positionals: readonly string[]) {
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
  unserved: readonly string[],
  context: Context,
): readonly string[] {
  const { kind, reason } = verdict;
  const { terminal, say } = context;
  const lines = [...rankTable(rows, verdicts, terminal.columns, say), ...unserved, ''];
  if (kind === 'nobody') return [...lines, terminal.paint('red', reason)];
  return [...lines, reason, ...('shown' in verdict ? formatRemedy(context, verdict.shown) : [])];
}

/** Says which mirrors lack what configured protections need, and what clients then do. */
function formatUnserved(config: Config, ecosystem: EcosystemId, rows: readonly RankedRow[], say: Say) {
  const protections = registry.of(ecosystem)?.protections ?? {};
  const configured = (config.advise.protections?.[ecosystem] ?? []).flatMap((name) => protections[name] ?? []);
  return rows.flatMap(({ registry: name, lacks = [] }) => {
    const bare = configured.filter(({ needs }) => needs.some((one) => lacks.includes(one)));
    if (bare.length === 0) return [];
    const settings = [...new Set(bare.map(({ setting }) => setting))].join(say('list.comma'));
    const without = bare.some((one) => one.without === 'fails') ? 'fails' : 'skips';
    return [say(`rank.unserved.${without}`, { registry: name, lacked: lacks.join(say('list.comma')), settings })];
  });
}

const barWidth = 16;
const shades: Readonly<Record<Phase, string>> = {
  resolve: '░',
  connect: '▒',
  tls: '▓',
  processing: '█',
  transfer: '▄',
};

/** `bars`: the index of the column with phase bars. `toTheRight`: the indexes of right-aligned columns. */
const bars = 5;
const toTheRight = new Set([0, 3, 4, 6]);

/**
 * Formats the rows for people, best first. If the table is too wide, it has no bars; if it is still too wide, each
 * mirror is a list.
 */
export function rankTable(
  rows: readonly RankedRow[],
  verdicts: ReadonlyMap<string, RowVerdict>,
  columns: number,
  say: Say,
): readonly string[] {
  const slowestMs = Math.max(0, ...rows.map(({ medianMs }) => medianMs ?? 0));
  const heads = headsOf(say);
  const cells = rows.map((row, index) => [
    String(index + 1),
    ...cellsOf(row, verdicts.get(row.registry) ?? 'unknown', slowestMs, say),
  ]);
  const fits = (lines: readonly string[]): boolean => lines.every((line) => displayWidth(line) <= columns);
  const whole = table(heads, cells, toTheRight);
  const legend = phases.map((phase) => `${shades[phase]} ${say(`probe.phase.${phase}`)}`).join('  ');
  if (fits(whole)) return [...whole, '', say('rank.legend', { phases: legend })];
  const without = (row: readonly string[]): readonly string[] => row.filter((_, column) => column !== bars);
  const right = new Set([...toTheRight].map((column) => (column > bars ? column - 1 : column)));
  const narrow = table(without(heads), cells.map(without), right);
  return fits(narrow) ? narrow : cells.flatMap((row) => block(without(heads), without(row)));
}

function headsOf(say: Say): readonly string[] {
  const [registry, state, phases] = [say('rank.registry'), say('table.state'), say('rank.phases')];
  const [throughput, lag] = [say('rank.throughput'), say('rank.lag')];
  return ['', registry, state, 'p50', 'p95', phases, throughput, lag, say('rank.integrity'), say('rank.verdict')];
}

function block(heads: readonly string[], [place = '', registry = '', ...values]: readonly string[]): readonly string[] {
  const names = heads.slice(2);
  const width = Math.max(...names.map(displayWidth));
  const line = (name: string, value: string): string => `   ${name}${' '.repeat(width - displayWidth(name))}  ${value}`;
  return [`${place}  ${registry}`, ...names.map((name, at) => line(name, values[at] ?? ''))];
}

function cellsOf(row: RankedRow, verdict: RowVerdict, slowestMs: number, say: Say): readonly string[] {
  return [
    row.registry,
    stateText(row, verdict, say),
    durationText(row.medianMs),
    durationText(row.p95Ms),
    phaseBar(row, slowestMs),
    throughputText(row, say),
    lagText(row, say),
    integrityText(row, say),
    verdict === 'lacks'
      ? say('mirror.capabilitiesLack', { what: (row.lacks ?? []).join(say('list.comma')) })
      : say(`rank.verdict.${verdict}`),
  ];
}

/** Formats the throughput of the download. A small download shows only latency, so it has no throughput. */
function throughputText({ download }: RankedRow, say: Say): string {
  if (download === null) return say('rank.unmeasured');
  if (download.reason !== null) return download.reason.replace('unknown: ', '');
  if (download.rate === null) return say('rank.tooSmall');
  const megabytes = download.rate / 1e6;
  return megabytes >= 1 ? `${megabytes.toFixed(1)} MB/s` : `${(download.rate / 1e3).toFixed(0)} KB/s`;
}

/** Formats how much content a mirror lacks. One ranking cannot show since when the content is missing. */
function lagText({ lag }: RankedRow, say: Say): string {
  if (lag === null) return say('rank.lagUntold');
  const [missing, records, olderMs] = [lag.missing ?? 0, lag.records ?? 0, lag.olderMs ?? 0];
  const behind = [
    ...(missing > 0 ? [say('rank.lacks', { count: missing })] : []),
    ...(records > 0 ? [say('rank.records', { count: records })] : []),
    ...(olderMs > 0 ? [say('rank.older', { span: spanText(olderMs, say) })] : []),
  ];
  return behind.length > 0 ? behind.join(say('list.clause')) : say('rank.lagNone');
}

function spanText(ms: number, say: Say): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return say('unit.s', { count: Math.round(ms / 1_000) });
  return minutes < 120
    ? say('unit.min', { count: Math.round(minutes) })
    : say('unit.h', { count: Math.round(minutes / 60) });
}

function stateText({ ok, failed, unknown, reason }: RankedRow, verdict: RowVerdict, say: Say): string {
  const why = reason === null ? '' : say('rank.because', { reason: reason.replace('unknown: ', '') });
  const beside = unknown === 0 ? '' : say('rank.beside', { count: unknown });
  if (verdict === 'unknown') return ok + failed + unknown === 0 ? say('rank.notAsked') : say('rank.unknown', { why });
  if (verdict === 'down') return say('rank.down', { beside, why });
  if (failed > 0) return say('rank.failed', { failed, all: ok + failed, beside, why });
  return say('rank.up', { beside, why });
}

function integrityText({ verified, mismatched }: RankedRow, say: Say): string {
  if (mismatched > 0) return say('rank.mismatch');
  return say(verified > 0 ? 'fact.verified' : 'rank.unchecked');
}

function phaseBar({ phasesMs }: RankedRow, slowestMs: number): string {
  let untilMs = 0;
  let cells = '';
  for (const phase of phases) {
    untilMs += phasesMs[phase] ?? 0;
    const width = slowestMs === 0 ? 0 : Math.round((untilMs / slowestMs) * barWidth);
    cells += shades[phase].repeat(Math.max(0, width - cells.length));
  }
  return cells;
}

function formatProgress(done: number, of: number, registry: string): string {
  return done === of ? '' : `${bar(done / of, 24).padEnd(24)} ${done}/${of} ${registry}`;
}

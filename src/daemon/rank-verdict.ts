import { advisedChain } from '../advise/chain.ts';
import { gain } from '../advise/rank.ts';
import { seconds } from '../advise/words.ts';
import { declaredChain } from '../config/chain.ts';
import type { Config } from '../core/config.ts';
import type { EcosystemId } from '../core/mirror.ts';
import { leadingClient } from '../ecosystems/ecosystem.ts';
import { registry } from '../ecosystems/registry.ts';
import { compareRows, failsMore, isDown, isUnknown, isUsable } from './rank-compare.ts';
import type { RankRow } from './rank-row.ts';

export { type RowVerdict, rowVerdicts } from './rank-compare.ts';

/** What a ranking comes to for clients, by the measures that advice goes by. */
export type RankVerdict =
  | {
      readonly kind: 'change';
      /** What to paste; `null` where the ecosystem's client is not modelled or its chain can't be read. */
      readonly remedy: string | null;
      /** One sentence for people; what was left answers too slowly, too rarely or not at all. */
      readonly reason: string;
    }
  /** `unsure`: it could not be told whether another one is better. */
  | { readonly kind: 'right' | 'unsure' | 'nobody'; readonly remedy: null; readonly reason: string };

/**
 * Whether another mirror should stand first in what clients have now: where the first one is not usable, fails more often
 * by more than chance, or takes longer by `minGain` and 10 ms, which the rounds must say too. What could not be told moves nobody.
 * @param rows      best first, as `rankOnce` gives them
 * @param upstream  whose mirrors they are
 */
export function rankVerdict(
  config: Config,
  ecosystem: EcosystemId,
  rows: readonly RankRow[],
  upstream: string | null = rankedUpstream(config, ecosystem),
): RankVerdict {
  const usable = rows.filter(isUsable);
  const [best] = usable;
  if (best === undefined) return { kind: 'nobody', remedy: null, reason: nobodyText(rows) };
  const kind = registry.of(ecosystem);
  const client = kind === null ? null : leadingClient(kind, config);
  const declared =
    client === null || upstream === null ? null : client.parse(declaredChain(config, ecosystem, upstream));
  if (client === null || declared?.tag !== 'ok')
    return { kind: 'change', remedy: null, reason: `${best.registry} is the best` };
  const { minGain } = config.advise;
  const head = declared.value.members[0];
  const first = rows.find((row) => head?.kind === 'url' && client.member(row.url).key === head.key);
  if (first !== undefined && isUnknown(first))
    return { kind: 'unsure', remedy: null, reason: `keep what you have: ${unknownText(first)}` };
  const to = first === undefined ? best : usable.find((row) => row !== first && isBetter(first, row, minGain));
  const dead = rows.filter(isDown);
  const isInChain = (row: RankRow): boolean =>
    declared.value.members.some((member) => member.key === client.member(row.url).key);
  const broken = dead.filter(isInChain);
  const goal = to ?? first ?? best;
  if (to === undefined && broken.length === 0) return kept(goal, usable, minGain);
  const gone = new Set(dead.map((row) => client.member(row.url).key));
  const lead = client.member(goal.url);
  const after = client.headed?.(declared.value, lead, gone) ?? advisedChain(declared.value, lead, gone);
  const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
  const of = { mirrors, ...(upstream == null ? {} : { upstream }) };
  const lines = client.remedy(declared.value, after, config.private[ecosystem] ?? [], of);
  const [remedy = null] = Object.values(lines.remedy);
  const reason = to === undefined ? `${goal.registry} stays first; ${deadText(broken)}` : reasonText(first, to);
  return { kind: 'change', remedy, reason };
}

/** The upstream whose mirrors are ranked: the ecosystem's public one, else that of its first mirror; `null`: it has none. */
export function rankedUpstream(config: Config, ecosystem: EcosystemId): string | null {
  const named = config.mirrors.find((mirror) => mirror.ecosystem === ecosystem)?.upstream ?? null;
  return registry.of(ecosystem)?.publicUpstream ?? named;
}

function deadText(rows: readonly RankRow[]): string {
  return rows
    .map(({ registry, reason }) => `${registry} does not answer${reason === null ? '' : ` (${reason})`}`)
    .join('; ');
}

/** Nothing is better; who might be, and who is not told apart, is named. */
function kept(first: RankRow, usable: readonly RankRow[], minGain: number): RankVerdict {
  const others = usable.filter((row) => row !== first && !failsMore(row, first));
  const by = (wanted: string): readonly string[] =>
    others.filter((row) => compareRows(first, row, minGain) === wanted).map(({ registry }) => registry);
  const [unsure, equal] = [by('unsure'), by('equal')];
  const answers = first.ok + first.failed;
  if (unsure.length > 0) {
    const reason = `keep what you have: ${answers} rounds do not tell ${unsure.join(', ')} from ${first.registry}`;
    return { kind: 'unsure', remedy: null, reason };
  }
  const chance = first.failed === 0 ? '' : `; ${first.failed} of its ${answers} answers failed, which may be chance`;
  const beside = equal.length === 0 ? '' : `; ${equal.join(', ')} ${equal.length === 1 ? 'is' : 'are'} equal`;
  return {
    kind: 'right',
    remedy: null,
    reason: `keep what you have: no mirror is better than ${first.registry}${chance}${beside}`,
  };
}

function nobodyText(rows: readonly RankRow[]): string {
  return ['no usable mirror', ...rows.filter(isUnknown).map(unknownText)].join('; ');
}

function unknownText({ registry, reason }: RankRow): string {
  return `could not tell how ${registry} does (${reason ?? 'not asked'})`;
}

function isBetter(from: RankRow, to: RankRow, minGain: number): boolean {
  if (!isUsable(from) || failsMore(from, to)) return true;
  return !failsMore(to, from) && compareRows(from, to, minGain) === 'faster';
}

function reasonText(from: RankRow | undefined, to: RankRow): string {
  const took = to.medianMs === null ? '' : ` in ${seconds(to.medianMs / 1000)}`;
  const there = `${to.registry} answers ${to.ok} of ${to.ok + to.failed}${took}`;
  if (from === undefined) return there;
  if (from.ok === 0) return `${deadText([from])}; ${there}`;
  const why = from.reason === null ? '' : ` (${from.reason})`;
  if (!isUsable(from) || failsMore(from, to))
    return `${from.registry} fails ${from.failed} of ${from.ok + from.failed}${why}; ${there}`;
  const [fromMs, toMs] = [from.medianMs ?? 0, to.medianMs ?? 0];
  return `${to.registry} takes ${seconds(toMs / 1000)} where ${from.registry} takes ${seconds(fromMs / 1000)} (${Math.round(100 * gain(fromMs, toMs))} % less)`;
}

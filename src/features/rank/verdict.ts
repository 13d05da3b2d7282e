import { buildAdvisedChain } from '../../advise/chain.ts';
import { gain, noiseMs } from '../../advise/comparison/rank.ts';
import { declaredChainOf } from '../../config/chain.ts';
import type { Config } from '../../core/config.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import { snippetOf } from '../../core/snippet.ts';
import { showChain } from '../../ecosystems/client.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { ShownRemedy } from '../../terminal/remedy-lines.ts';
import { secondsText } from '../../words/time-words.ts';
import { english, type Say } from '../../words/words.ts';
import { compareRows, hasMoreFailures, isDown, isFit, isUnknown, isUsable, type RankRow } from './row.ts';

export { judgeRows, type RowVerdict } from './row.ts';

/** The recommendation of a ranking. It uses the same thresholds as advice. */
export type RankVerdict =
  | {
      readonly kind: 'change';
      /** The lines to paste; `null`: there are none, for example because the current chain is invalid. */
      readonly remedy: string | null;
      readonly reason: string;
      /** The change as people are shown it; absent: it is not known. */
      readonly shown?: ShownRemedy;
    }
  /** `right`: the chain is right as it is. `unsure`: another mirror may be better. `nobody`: no mirror is usable. */
  | { readonly kind: 'right' | 'unsure' | 'nobody'; readonly remedy: null; readonly reason: string };

/**
 * Decides whether the current chain should change. The chain changes if one of its mirrors is down, or if its first
 * mirror is not good: unusable, failing significantly more often than another mirror, or slower than another one
 * (`compareRounds`). It also changes if its first member is no mirror, such as `direct`. Mirrors with unknown results
 * cause no change.
 * @param rows  best first
 */
export function rankVerdict(
  config: Config,
  ecosystem: EcosystemId,
  rows: readonly RankRow[],
  upstream: string | null = rankedUpstreamOf(config, ecosystem),
  say: Say = english,
): RankVerdict {
  const fit = rows.filter(isFit);
  const best = fit[0] ?? rows.find(isUsable);
  if (best === undefined) return { kind: 'nobody', remedy: null, reason: noneText(rows, say) };
  const kind = registry.of(ecosystem);
  const client = kind === null ? null : leadingClientOf(kind, config);
  const declared =
    client === null || upstream === null ? null : client.parse(declaredChainOf(config, ecosystem, upstream));
  if (client === null || declared?.tag !== 'ok')
    return { kind: 'change', remedy: null, reason: say('rank.isBest', { registry: best.registry }) };
  const { minGain } = config.advise;
  const head = declared.value.members[0];
  const first = rows.find((row) => head?.kind === 'url' && client.member(row.url).key === head.key);
  if (first === undefined && head?.kind === 'url')
    return { kind: 'unsure', remedy: null, reason: say('rank.notCompared', { head: head.shown, best: best.registry }) };
  if (first !== undefined && isUnknown(first))
    return { kind: 'unsure', remedy: null, reason: say('rank.keep', { why: unknownText(first, say) }) };
  const to = first === undefined ? best : fit.find((row) => row !== first && isBetter(first, row, minGain));
  const dead = rows.filter(isDown);
  const isInChain = (row: RankRow): boolean =>
    declared.value.members.some((member) => member.key === client.member(row.url).key);
  const broken = dead.filter(isInChain);
  const goal = to ?? first ?? best;
  if (to === undefined && broken.length === 0) return kept(goal, fit, minGain, say);
  const gone = new Set(dead.map((row) => client.member(row.url).key));
  const lead = client.member(goal.url);
  const after = client.headed?.(declared.value, lead, gone) ?? buildAdvisedChain(declared.value, lead, gone);
  const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
  const of = { mirrors, ...(upstream == null ? {} : { upstream }) };
  const lines = client.remedy(declared.value, after, config.private[ecosystem] ?? [], of);
  const reason =
    to === undefined
      ? say('rank.staysFirst', { registry: goal.registry, dead: deadText(broken, say) })
      : reasonText(first, to, say);
  const shown = { remedy: lines.remedy, chain: { after: showChain(after) } };
  return { kind: 'change', remedy: snippetOf(lines.remedy)?.text ?? null, reason, shown };
}

/**
 * Returns the upstream to rank: the public one if it has a mirror, else that of the first mirror; `null`: no mirrors.
 */
export function rankedUpstreamOf({ mirrors }: Config, ecosystem: EcosystemId): string | null {
  const upstreams = mirrors.filter((mirror) => mirror.ecosystem === ecosystem).map(({ upstream }) => upstream);
  const publicOne = registry.of(ecosystem)?.publicUpstream;
  return upstreams.find((upstream) => upstream === publicOne) ?? upstreams[0] ?? null;
}

function deadText(rows: readonly RankRow[], say: Say): string {
  return rows
    .map(({ registry, reason }) => say('rank.silent', { registry, why: because(reason, say) }))
    .join(say('list.also'));
}

function because(reason: string | null, say: Say): string {
  return reason === null ? '' : say('rank.because', { reason: reasonWords(reason, say) });
}

/** Formats a reason for people. The prefix `unknown: ` means that this host or its network caused the result. */
function reasonWords(reason: string, say: Say): string {
  const [, because] = /^unknown: (.*)$/.exec(reason) ?? [];
  return because === undefined ? reason : say('rank.reasonUnknown', { because });
}

/**
 * Returns the verdict that the current chain stays. The reason names the mirrors that may be better; if there are none,
 * those that are equally good.
 */
function kept(first: RankRow, fit: readonly RankRow[], minGain: number, say: Say): RankVerdict {
  const others = fit.filter((row) => row !== first && !hasMoreFailures(row, first));
  const by = (wanted: string): readonly string[] =>
    others.filter((row) => compareRows(first, row, minGain) === wanted).map(({ registry }) => registry);
  const [unsure, equal] = [by('unsure'), by('equal')];
  const total = first.ok + first.failed;
  if (unsure.length > 0) {
    const reason = say('rank.unsure', { count: total, others: unsure.join(', '), registry: first.registry });
    return { kind: 'unsure', remedy: null, reason };
  }
  const chance = first.failed === 0 ? '' : say('rank.chance', { failed: first.failed, all: total });
  const alike = { others: equal.join(', '), count: equal.length, ms: noiseMs, percent: Math.round(100 * minGain) };
  const beside = equal.length === 0 ? '' : say('rank.equal', alike);
  return {
    kind: 'right',
    remedy: null,
    reason: say('rank.right', { registry: first.registry, chance, beside }),
  };
}

function noneText(rows: readonly RankRow[], say: Say): string {
  return [say('rank.nobody'), ...rows.filter(isUnknown).map((row) => unknownText(row, say))].join(say('list.also'));
}

function unknownText({ registry, reason }: RankRow, say: Say): string {
  const why = reason === null ? say('rank.notAsked') : reasonWords(reason, say);
  return say('rank.untold', { registry, reason: why });
}

function isBetter(from: RankRow, to: RankRow, minGain: number): boolean {
  if (!isUsable(from) || hasMoreFailures(from, to)) return true;
  return !hasMoreFailures(to, from) && compareRows(from, to, minGain) === 'faster';
}

function reasonText(from: RankRow | undefined, to: RankRow, say: Say): string {
  const took = to.medianMs === null ? '' : say('rank.in', { time: secondsText(to.medianMs / 1000) });
  const there = say('rank.answers', { registry: to.registry, ok: to.ok, all: to.ok + to.failed, took });
  if (from === undefined) return there;
  if (from.ok === 0) return say('rank.instead', { dead: deadText([from], say), there });
  if (!isUsable(from) || hasMoreFailures(from, to))
    return say('rank.fails', {
      registry: from.registry,
      failed: from.failed,
      all: from.ok + from.failed,
      why: because(from.reason, say),
      there,
    });
  const [fromMs, toMs] = [from.medianMs ?? 0, to.medianMs ?? 0];
  return say('rank.takes', {
    to: to.registry,
    toTime: secondsText(toMs / 1000),
    from: from.registry,
    fromTime: secondsText(fromMs / 1000),
    percent: Math.round(100 * gain(fromMs, toMs)),
  });
}

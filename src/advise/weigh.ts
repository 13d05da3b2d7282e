import type { Gate } from '../core/advice.ts';
import { saysBehind } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { everyMs, paceOf } from '../core/pace.ts';
import type { Standing } from '../core/standing.ts';
import type { Chain, ChainMember, RelayState, Separator } from '../ecosystems/client.ts';
import { isAgainst } from './cause.ts';
import type { Group } from './group.ts';
import { preferenceOf } from './rank.ts';
import type { Tally } from './tally.ts';
import type { ChoiceRule } from './tests/choose.ts';
import type { Surroundings } from './tests/contest.ts';
import { failureShareOf, fetchCostMs } from './tests/costs.ts';
import type { View, Weighing } from './view.ts';

/** The rule of the tests for this head now. */
export function ruleOf(view: View, at: Mirror): ChoiceRule {
  const { config, now, group } = view;
  const isTolerant = group.declared?.separators[0] === '|';
  return {
    nowMs: now.monotonicMs,
    failuresMin: config.detect.outage.open,
    spanMs: config.detect.outage.overMs,
    ratio: worthRatio(config.advise.minGain),
    minGain: config.advise.minGain,
    isRecent: isRecent(view),
    // An alert that we did not raise is independent evidence: half of each bound is enough.
    ease: view.evidenceOf(at.name).length > 0 ? 0.5 : 1,
    failureCostMs: config.advise.failureCostMs,
    rescue: isTolerant ? 0.25 : 1,
    inOrder: preferenceOf(view.mirrors, config.vantage),
  };
}

/** A mirror's member of a chain. */
export function memberOf(group: Group, mirror: Mirror): ChainMember {
  return group.roster.members.get(mirror.name) ?? group.client.member(mirror.url);
}

/** The configured mirror behind a chain member, or `null`. */
export function mirrorAt(group: Group, member: ChainMember | undefined): Mirror | null {
  return member?.kind === 'url' ? (group.roster.byKey.get(member.key) ?? null) : null;
}

/** The chain of the remedy: of the proposed advice, else of the accepted one, else the declared chain. */
export function advisedChainOf(group: Group): Chain | null {
  const open = group.open?.advice;
  if (open === undefined || open.state !== 'proposed') return group.chain;
  if (group.read?.id !== open.id) {
    const parsed = group.client.parse(open.chain.after);
    group.read = { id: open.id, chain: parsed.tag === 'ok' ? parsed.value : null };
  }
  return group.read.chain ?? group.chain;
}

/** The first mirror in the advised chain; `null`: none that is monitored. */
export function headOf(group: Group): Mirror | null {
  return mirrorAt(group, advisedChainOf(group)?.members[0]);
}

/** The first mirror in the declared chain; `null`: none that is monitored. */
export function homeOf(group: Group): Mirror | null {
  return mirrorAt(group, group.declared?.members[0]);
}

/** The name of a chain's first member: a mirror's name, `direct`, `off`, or `other` where it is not configured here. */
export function headNameOf(view: View, chain: Chain): string {
  const head = chain.members[0];
  return mirrorAt(view.group, head)?.name ?? (head?.kind === 'direct' || head?.kind === 'off' ? head.kind : 'other');
}

/** The ratio of times that is worth a move, > 1: it corresponds to a gain of `minGain`. */
function worthRatio(minGain: number): number {
  return 1 / (1 - Math.min(0.9, minGain));
}

/** True within `hold` of a move: another unforced move then needs more evidence. */
export function isRecent(view: View): boolean {
  const { lastMs } = view.group.moves;
  return lastMs !== null && view.now.monotonicMs - lastMs < view.config.advise.holdMs;
}

/** One weighed mirror; `scoreMs` is the fetch cost there. */
export interface Weighed {
  readonly mirror: Mirror;
  readonly gate: Gate;
  readonly scoreMs: number | null;
  /** Share of failed responses, as an upper bound for comparing. */
  readonly failedShare: number;
}

/** True where a mirror was measured well enough: 5 ok canary samples in the last 20 paces, and the last one ok. */
function isMeasured(tally: Tally, by: Weighing): boolean {
  return okAnswers(tally, by) >= limits.measuredOk && tally.canary.at(-1)?.tag === 'ok';
}

function okAnswers(tally: Tally, by: Weighing): number {
  let count = 0;
  const fromMs = by.nowMs - limits.measuredPaces * by.canaryEveryMs;
  for (let i = tally.canary.length - 1; i >= 0; i -= 1) {
    const entry = tally.canary[i];
    if (entry === undefined || entry.atMs <= fromMs || count >= limits.measuredOk) break;
    if (entry.tag === 'ok') count += 1;
  }
  return count;
}

/** Gates that affect the order of candidates but do not exclude a mirror while the head is down. */
const orderingGates: ReadonlySet<Gate> = new Set(['ok', 'unreliable', 'spike', 'throughput']);

/** True where a mirror may be proposed, the reliable and fast ones first. */
export function mayBeProposed(gate: Gate): boolean {
  return orderingGates.has(gate);
}

/**
 * The gravest gate that excludes a mirror; `ok`, or `current` for the mirror in use. Whether a relay remains depends
 * on the resulting chain, so the caller passes it in.
 */
function gateOf(input: {
  readonly mirror: Mirror;
  readonly standing: Standing | null;
  readonly tally: Tally;
  readonly isCurrent: boolean;
  readonly isWanted: boolean;
  readonly hasRelay: boolean;
  readonly by: Weighing;
}): Gate {
  const { mirror, standing, by, isCurrent } = input;
  const findings = standing?.findings ?? [];
  const speaks = (kind: string): boolean => findings.some((finding) => finding.kind === kind && isAgainst(finding));
  const isOpen = (kind: string): boolean =>
    findings.some((finding) => finding.kind === kind && finding.state !== 'closed');
  if (speaks('mismatch')) return 'mismatch';
  if (speaks('outage') || standing?.state === 'down') return 'outage';
  if (speaks('certificate') || (standing?.certificate?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= by.wallMs)
    return 'certificate';
  if (speaks('refusal') || (standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY) > by.wallMs) return 'refusal';
  if (findings.some((finding) => finding.state !== 'closed' && saysBehind(finding))) return 'stale';
  if (standing?.paused != null) return 'paused';
  if (standing?.inMaintenance === true) return 'maintenance';
  if (standing?.inDoubt === true && !isCurrent) return 'in_doubt';
  if (!input.hasRelay) return 'no_relay';
  if (mirror.role === 'origin' && !input.isWanted && !isCurrent) return 'origin';
  if (!isCurrent && !isMeasured(input.tally, by)) return 'unmeasured';
  if (isOpen('unreliable')) return 'unreliable';
  if (speaks('spike')) return 'spike';
  if (isOpen('throughput')) return 'throughput';
  return isCurrent ? 'current' : 'ok';
}

/** One mirror with its fetch cost and failure share. */
function weigh(mirror: Mirror, gate: Gate, by: Weighing): Weighed {
  const record = by.contest.records.get(mirror.name);
  return {
    mirror,
    gate,
    scoreMs: fetchCostMs(record, by),
    failedShare: record === undefined ? 0 : failureShareOf(record, by.nowMs),
  };
}

/** All mirrors of the group weighed against the head in force, in the order of the file. */
export function weighAll(view: View): readonly Weighed[] {
  const dropped = listDroppedKeys(view);
  const head = headOf(view.group);
  return view.mirrors.map((mirror) => weigh(mirror, gateIn(view, mirror, mirror === head, dropped), view.by));
}

function gateIn(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>): Gate {
  return gateOf({
    mirror,
    standing: view.standingOf(mirror.name),
    tally: view.tallyOf(mirror.name),
    isCurrent,
    isWanted: isWanted(view, mirror),
    hasRelay: hasRelay(view, mirror, isCurrent, dropped),
    by: view.by,
  });
}

/** Members that must not stay behind the new head: a walk would break at them (docs/decisions/0002). */
export function listDroppedKeys(view: View): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const mirror of view.mirrors) {
    const gate = gateOf({
      mirror,
      standing: view.standingOf(mirror.name),
      tally: view.tallyOf(mirror.name),
      isCurrent: false,
      isWanted: true,
      hasRelay: true,
      by: view.by,
    });
    if (gate === 'outage' || gate === 'mismatch' || gate === 'certificate' || gate === 'refusal')
      keys.add(memberOf(view.group, mirror).key);
  }
  return keys;
}

/**
 * The chain that an advice to a mirror would set. For home that is the declared chain unchanged, unless a member
 * serves wrong bytes now.
 */
export function chainTo(view: View, mirror: Mirror, dropped: ReadonlySet<string> = listDroppedKeys(view)): Chain {
  const declared = view.group.declared ?? { members: [], separators: [] };
  const to = memberOf(view.group, mirror);
  if (declared.members[0]?.key === to.key && !declared.members.some((member) => isWrong(view, member))) return declared;
  return view.group.client.headed?.(declared, to, dropped) ?? buildAdvisedChain(declared, to, dropped);
}

/** The surroundings of the comparison from now on: the chain in force, and the chain to each other mirror. */
export function surroundingsOf(view: View): Surroundings {
  const { group, config } = view;
  const head = headOf(group);
  const advised = advisedChainOf(group);
  const dropped = listDroppedKeys(view);
  const chains = new Map<string, Chain>();
  for (const mirror of view.mirrors) {
    chains.set(mirror.name, mirror === head && advised !== null ? advised : chainTo(view, mirror, dropped));
  }
  const away = new Set(view.mirrors.filter((mirror) => isAway(view, mirror)).map((mirror) => mirror.name));
  return {
    client: group.client,
    chains,
    nameOf: (member) => mirrorAt(group, member)?.name ?? null,
    unwatched: 'failed',
    isAway: (registry) => away.has(registry),
    paceMs: (question) => {
      const target = group.targets.get(question)?.values().next().value;
      return everyMs(target === undefined ? config.schedule.pace : paceOf(target, config));
    },
    home: homeOf(group)?.name ?? null,
    ratio: worthRatio(config.advise.minGain),
    isRecent: isRecent(view),
  };
}

function isAway(view: View, mirror: Mirror): boolean {
  const standing = view.standingOf(mirror.name);
  if (standing === null) return false;
  const isThrottled = standing.throttledUntilMs !== null && standing.throttledUntilMs > view.now.wallMs;
  return standing.paused !== null || standing.inMaintenance || isThrottled;
}

function isWrong(view: View, member: ChainMember): boolean {
  const mirror = mirrorAt(view.group, member);
  const findings = mirror === null ? [] : (view.standingOf(mirror.name)?.findings ?? []);
  return findings.some((finding) => finding.kind === 'mismatch' && finding.state === 'open');
}

function isWanted(view: View, mirror: Mirror): boolean {
  const { key } = memberOf(view.group, mirror);
  return mirror.weight !== null || (view.group.declared?.members.some((member) => member.key === key) ?? false);
}

/**
 * Whether clients would still reach a relay of what they also need (Go's checksum database) behind this mirror.
 * Direct access is not measured, so a chain that had a relay must keep one. A broken relay never passes.
 */
function hasRelay(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>): boolean {
  const { relay } = view.group.client;
  if (relay === undefined || relay.need(view.config.settings[view.group.ecosystem]) !== 'relayed') return true;
  if (view.tallyOf(mirror.name).relay.state === 'broken') return false;
  if (isCurrent || view.group.chain === null) return true;
  const relayOf = (member: ChainMember): RelayState => {
    const known = mirrorAt(view.group, member);
    return known === null ? 'unknown' : view.tallyOf(known.name).relay.state;
  };
  if (relay.settle(view.group.chain, relayOf) !== 'offers') return true;
  const after = relay.settle(chainTo(view, mirror, dropped), relayOf);
  return after === 'offers' || after === 'unknown';
}

/**
 * The declared chain with `to` first. The other members stay behind it in their order, without those in `dropped` (by
 * key); the tail (`direct`, `off`) stays. Separators keep their places counted from the end, so none before the tail
 * becomes less strict. A longer chain repeats its first separator; one without any uses `,`, the strict one.
 * @see docs/decisions/0002-advised-chain.md
 */
export function buildAdvisedChain(declared: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const own = declared.members.find((member) => member.key === to.key) ?? to;
  const rest = declared.members.filter(
    (member) => member.key !== to.key && (member.kind !== 'url' || !dropped.has(member.key)),
  );
  const members = [own, ...rest];
  const wanted = members.length - 1;
  const first: Separator = declared.separators[0] ?? ',';
  const missing = Math.max(0, wanted - declared.separators.length);
  const padded = [...Array.from({ length: missing }, () => first), ...declared.separators];
  return { members, separators: padded.slice(padded.length - wanted) };
}

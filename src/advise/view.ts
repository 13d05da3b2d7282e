import type { Gate } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { everyMs, paceOf } from '../core/pace.ts';
import type { Now } from '../core/ports.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import type { Chain, ChainMember, RelayState } from '../ecosystems/client.ts';
import { advisedChain } from './chain.ts';
import { advisedNow, type Group, headNow, homeOf, memberOf, mirrorBehind } from './group.ts';
import type { Surroundings } from './paired/contest.ts';
import { gateOf, type Weighed, type Weighing, weigh } from './rank.ts';
import { emptyTally, type Tally } from './tally.ts';

/** Everything that a decision about one group reads, in one moment. */
export interface View {
  readonly config: Config;
  readonly group: Group;
  readonly now: Now;
  readonly vantage: VantageStanding;
  /** All mirrors of the group, in the order of the file. */
  readonly mirrors: readonly Mirror[];
  readonly standingOf: (registry: string) => Standing | null;
  readonly tallyOf: (registry: string) => Tally;
  /** Alerts of others that fire against a mirror, the longest firing first. */
  readonly evidenceOf: (registry: string) => readonly AlertEvidence[];
  readonly by: Weighing;
  /** Answers so close belong to one moment: 1.5 canary paces. Milliseconds. */
  readonly nearMs: number;
}

/** Answers of canaries so close together belong to one moment, milliseconds. */
export function nearOf(config: Config): number {
  return Math.max(1.5 * canaryEveryMs(config), limits.roundStepMs);
}

function canaryEveryMs(config: Config): number {
  return everyMs(config.schedule.pace);
}

/** What a group is to be judged by now. */
export function viewOf(input: {
  readonly config: Config;
  readonly group: Group;
  readonly now: Now;
  readonly vantage: VantageStanding;
  readonly standings: ReadonlyMap<string, Standing>;
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly evidence: ReadonlyMap<string, readonly AlertEvidence[]>;
}): View {
  const { config, group, now } = input;
  return {
    config,
    group,
    now,
    vantage: input.vantage,
    mirrors: group.roster.mirrors,
    standingOf: (registry) => input.standings.get(registry) ?? null,
    tallyOf: (registry) => input.tallies.get(registry) ?? emptyTally(),
    evidenceOf: (registry) => input.evidence.get(registry) ?? [],
    by: {
      nowMs: now.monotonicMs,
      wallMs: now.wallMs,
      canaryEveryMs: canaryEveryMs(config),
      fetch: group.kind.fetch.map((step) => group.kind.steps[step]?.weight ?? 'light'),
      failureCostMs: config.advise.failureCostMs,
      contest: group.contest,
    },
    nearMs: nearOf(config),
  };
}

/** The configured mirror behind a member of a chain, or `null`. */
export function mirrorOf(view: View, member: ChainMember | undefined): Mirror | null {
  return mirrorBehind(view.group, member);
}

/** The name of a chain's first member: a mirror's, `direct`, `off`, or `other` where it is not configured here. */
export function headName(view: View, chain: Chain): string {
  const head = chain.members[0];
  return mirrorOf(view, head)?.name ?? (head?.kind === 'direct' || head?.kind === 'off' ? head.kind : 'other');
}

/** All mirrors of the group weighed against the head in force, in the order of the file. */
export function weighAll(view: View): readonly Weighed[] {
  const dropped = droppedKeys(view);
  const head = headNow(view.group);
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

/** Members that may not stay behind the new first one: a walk would break at them (docs/decisions/0002). */
export function droppedKeys(view: View): ReadonlySet<string> {
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
 * The chain that an advice to a mirror would set. Back to the preferred one means back to the declared chain, word for
 * word, unless a member serves wrong bytes now.
 */
export function chainTo(view: View, mirror: Mirror, dropped: ReadonlySet<string> = droppedKeys(view)): Chain {
  const declared = view.group.declared ?? { members: [], separators: [] };
  const to = memberOf(view.group, mirror);
  if (declared.members[0]?.key === to.key && !declared.members.some((member) => isWrong(view, member))) return declared;
  return view.group.client.headed?.(declared, to, dropped) ?? advisedChain(declared, to, dropped);
}

/** What the comparison of heads goes by from now on: the chain in force for its head, the chain to each other mirror. */
export function surroundings(view: View): Surroundings {
  const { group, config } = view;
  const head = headNow(group);
  const advised = advisedNow(group);
  const dropped = droppedKeys(view);
  const chains = new Map<string, Chain>();
  for (const mirror of view.mirrors) {
    chains.set(mirror.name, mirror === head && advised !== null ? advised : chainTo(view, mirror, dropped));
  }
  const away = new Set(view.mirrors.filter((mirror) => isAway(view, mirror)).map((mirror) => mirror.name));
  return {
    client: group.client,
    chains,
    nameOf: (member) => mirrorBehind(group, member)?.name ?? null,
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

/** How many times as long as elsewhere is worth a move, > 1: what saves `minGain` there. */
export function worthRatio(minGain: number): number {
  return 1 / (1 - Math.min(0.9, minGain));
}

/** True within `hold` of a move: another one that nothing forces needs more to speak for it. */
export function isRecent(view: View): boolean {
  const { lastMs } = view.group.moves;
  return lastMs !== null && view.now.monotonicMs - lastMs < view.config.advise.holdMs;
}

function isAway(view: View, mirror: Mirror): boolean {
  const standing = view.standingOf(mirror.name);
  if (standing === null) return false;
  const isThrottled = standing.throttledUntilMs !== null && standing.throttledUntilMs > view.now.wallMs;
  return standing.paused !== null || standing.inMaintenance || isThrottled;
}

function isWrong(view: View, member: ChainMember): boolean {
  const mirror = mirrorOf(view, member);
  const findings = mirror === null ? [] : (view.standingOf(mirror.name)?.findings ?? []);
  return findings.some((finding) => finding.kind === 'mismatch' && finding.state === 'open');
}

function isWanted(view: View, mirror: Mirror): boolean {
  const { key } = memberOf(view.group, mirror);
  return mirror.weight !== null || (view.group.declared?.members.some((member) => member.key === key) ?? false);
}

/**
 * Whether clients would still reach, behind this mirror, what they need relayed beside it (Go's checksum database). It was
 * not reached directly from here as far as we know (nothing measures that yet), so a chain that had a relay must keep one;
 * a broken relay never passes.
 */
function hasRelay(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>): boolean {
  const { relay } = view.group.client;
  if (relay === undefined || relay.need(view.config.settings[view.group.ecosystem]) !== 'relayed') return true;
  if (view.tallyOf(mirror.name).relay.state === 'broken') return false;
  if (isCurrent || view.group.chain === null) return true;
  const relayOf = (member: ChainMember): RelayState => {
    const known = mirrorOf(view, member);
    return known === null ? 'unknown' : view.tallyOf(known.name).relay.state;
  };
  if (relay.settle(view.group.chain, relayOf) !== 'offers') return true;
  const after = relay.settle(chainTo(view, mirror, dropped), relayOf);
  return after === 'offers' || after === 'unknown';
}

import type { Advice } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import type { Step } from '../core/target.ts';
import { advisedChain } from './chain.ts';
import type { Chain, ChainClient, ChainMember, RelayState } from './clients/client.ts';
import { gateOf, type Weighed, type Weighing, weigh } from './rank.ts';
import { emptyTally, type Tally } from './tally.ts';

/** A cron pace has no length of its own: answers so far apart belong to one trouble. */
const cronNearMs = 10 * 60_000;

/** An advice that still matters, with its times on the monotonic clock. */
export interface Held {
  advice: Advice;
  readonly issuedMs: number;
  readonly expiresMs: number;
  reminded: boolean;
}

/** The mirrors of a group and how chains name them; made once for each configuration. */
export interface Roster {
  readonly mirrors: readonly Mirror[];
  readonly members: ReadonlyMap<string, ChainMember>;
  readonly byKey: ReadonlyMap<string, Mirror>;
}

/** The roster of one (ecosystem, upstream). Of two mirrors with one URL the first in the file stands for it. */
export function rosterOf(config: Config, ecosystem: EcosystemId, upstream: string, client: ChainClient): Roster {
  const mirrors = config.mirrors.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const members = new Map(mirrors.map((mirror) => [mirror.name, client.member(mirror.url)]));
  const byKey = new Map<string, Mirror>();
  for (const mirror of mirrors) {
    const key = members.get(mirror.name)?.key ?? mirror.url;
    if (!byKey.has(key)) byKey.set(key, mirror);
  }
  return { mirrors, members, byKey };
}

/** A mirror's member of a chain. */
export function memberOf(group: Group, mirror: Mirror): ChainMember {
  return group.roster.members.get(mirror.name) ?? group.client.member(mirror.url);
}

/** What advise holds of one (ecosystem, upstream). */
export interface Group {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly client: ChainClient;
  /** All mirrors of the group, in the order of the file, with their members of a chain by name and by key. */
  roster: Roster;
  /** What clients use by configuration; `null` where it cannot be read. */
  declared: Chain | null;
  /** What is in force: the declared chain until an advice is accepted. */
  chain: Chain | null;
  /** Proposed or refused. */
  open: Held | null;
  accepted: Held | null;
  /** Accepted last and still to be looked back at, also where it led back to the declared chain; `null`: none. */
  audit: Advice | null;
  /** Monotonic; `null`: no move yet, the dwell is over. */
  lastAcceptMs: number | null;
  lastAcceptWallMs: number | null;
  /** Since when the preferred mirror has been well without a break, monotonic; `null`: it is not, or not known to be. */
  wellSinceMs: number | null;
}

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

/** The pace of a step in milliseconds; `null` for a cron expression. */
export function paceOf(config: Config, step: Step): number | null {
  const cadence = config.steps[step]?.cadence ?? config.schedule.pace.cadence;
  return cadence.kind === 'every' ? cadence.everyMs : null;
}

/** Answers so close together belong to one moment, milliseconds. */
export function nearOf(config: Config, step: Step): number {
  const pace = paceOf(config, step);
  return pace === null ? cronNearMs : Math.max(1.5 * pace, limits.roundStepMs);
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
  const canaryStep = group.client.canary;
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
      paceOf: (step) => paceOf(config, step),
      fetch: group.client.fetch,
      canaryStep,
      consecutive: config.detect.spike.consecutive,
    },
    nearMs: nearOf(config, canaryStep),
  };
}

/** The configured mirror behind a member of a chain, or `null`. */
export function mirrorOf(view: View, member: ChainMember | undefined): Mirror | null {
  return member?.kind === 'url' ? (view.group.roster.byKey.get(member.key) ?? null) : null;
}

/** The name of a chain's first member: a mirror's, `direct`, `off`, or `other` where it is not configured here. */
export function headName(view: View, chain: Chain): string {
  const head = chain.members[0];
  return mirrorOf(view, head)?.name ?? (head?.kind === 'direct' || head?.kind === 'off' ? head.kind : 'other');
}

/** All mirrors of the group weighed, in the order of the file. */
export function weighAll(view: View): readonly Weighed[] {
  const dropped = droppedKeys(view);
  const head = mirrorOf(view, view.group.chain?.members[0]);
  return view.mirrors.map((mirror) => {
    const gate = gateOf({
      mirror,
      standing: view.standingOf(mirror.name),
      tally: view.tallyOf(mirror.name),
      isCurrent: mirror === head,
      isWanted: isWanted(view, mirror),
      hasRelay: hasRelay(view, mirror, mirror === head, dropped),
      by: view.by,
    });
    return weigh(mirror, gate, view.standingOf(mirror.name), view.tallyOf(mirror.name), view.by);
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
  return advisedChain(declared, to, dropped);
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
 * Whether clients would still reach the checksum database behind this mirror. It was not reached directly from here as
 * far as we know (nothing measures that yet), so a chain that had a relay must keep one; a broken relay never passes.
 */
function hasRelay(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>): boolean {
  const { sumdb } = view.config.go;
  if (view.group.ecosystem !== 'go' || sumdb === null || sumdb.url !== null) return true;
  if (view.tallyOf(mirror.name).relay.state === 'broken') return false;
  if (isCurrent || view.group.chain === null) return true;
  const relayOf = (member: ChainMember): RelayState => {
    const known = mirrorOf(view, member);
    return known === null ? 'unknown' : view.tallyOf(known.name).relay.state;
  };
  if (view.group.client.relay(view.group.chain, relayOf) !== 'offers') return true;
  const after = view.group.client.relay(chainTo(view, mirror, dropped), relayOf);
  return after === 'offers' || after === 'unknown';
}

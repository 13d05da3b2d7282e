import type { Advice, LookedBack } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror, Target } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Chain, ChainMember, Client } from '../ecosystems/client.ts';
import { type Ecosystem, leadingClientOf } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { newPeeks, type Peeks, type Rota } from './first-bytes.ts';
import { preferenceOf } from './rank.ts';
import { type Contest, type HeadOutcome, newContest, type Surroundings } from './tests/contest.ts';
import type { Departure } from './tests/home.ts';

/** An open or accepted advice, with its times on the monotonic clock. */
export interface LiveAdvice {
  advice: Advice;
  readonly issuedMs: number;
  readonly expiresMs: number;
  reminded: boolean;
  /** Since when the time test behind it has evidence, monotonic; `null`: no such test, or it was before a restart. */
  readonly fromMs: number | null;
  /** When its sentence was last updated and last stored, monotonic. */
  saidMs: number;
  storedMs: number;
}

/** The mirrors of a group and how chains name them, built once per configuration. */
export interface Roster {
  readonly mirrors: readonly Mirror[];
  readonly members: ReadonlyMap<string, ChainMember>;
  readonly byKey: ReadonlyMap<string, Mirror>;
  /** The order of equal mirrors. */
  readonly inOrder: (a: string, b: string) => number;
}

/** A dismissed move: this `from`, `to` and cause, until this wall-clock time in milliseconds. */
export interface Muted {
  readonly from: string;
  readonly to: string;
  readonly cause: Advice['cause'];
  readonly untilMs: number;
  readonly reason: string;
}

/**
 * The moves that were advised, and when. A proposal counts as a move too, since clients may follow it without an
 * accept.
 */
export interface Moves {
  /** Proposals to leave home, oldest first. */
  departures: readonly Departure[];
  /** The last accept or proposal, whichever is later, monotonic milliseconds; `null`: none yet. */
  lastMs: number | null;
}

/** The advisor's state of one (ecosystem, upstream). */
export interface Group {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  /** Its ecosystem: declarations of steps and clients. */
  readonly kind: Ecosystem;
  /** The client whose chain decides. */
  readonly client: Client;
  /** All mirrors of the group, in the order of the file, with their chain members by name and by key. */
  roster: Roster;
  /** The chain in the configuration; `null` where it cannot be parsed. */
  declared: Chain | null;
  /** In force: the accepted chain, else the declared one. */
  chain: Chain | null;
  /** Proposed or refused. */
  open: LiveAdvice | null;
  accepted: LiveAdvice | null;
  /** The parsed chain of the last proposal, so that it is parsed once. */
  read: { readonly id: string; readonly chain: Chain | null } | null;
  /** The last accepted advice that is still to be audited, also if it led back to the declared chain; `null`: none. */
  audit: Advice | null;
  /** Monotonic; `null`: nothing accepted yet. */
  lastAcceptMs: number | null;
  lastAcceptWallMs: number | null;
  readonly moves: Moves;
  muted: readonly Muted[];
  /** The audit verdicts on accepted advice, oldest first, bounded. */
  lookedBack: readonly LookedBack[];
  /** The comparison of all its mirrors. */
  readonly contest: Contest;
  /** First-byte probes of its head's artifacts. */
  peeks: Peeks;
  /** The order of artifact probes per mirror, by name. */
  readonly rotas: Map<string, Rota>;
  /** True if a turn was taken since the group's row was written. */
  isTurnTaken: boolean;
  /** The surroundings of the comparison, as of the last decision. */
  around: Surroundings | null;
  /** A text of everything that `around` was made of; empty: build it again. */
  outlook: string;
  /** Outcomes of the head since the last decision. */
  heard: HeadOutcome[];
  /** Configured targets, by question and mirror. */
  readonly targets: Map<string, Map<string, Target>>;
  /** Late light probes of the head, by probe. They count once our own network is known to be up. */
  readonly late: Map<string, SettledSample>;
  /** Probes already counted as late: their response is ignored. */
  readonly heardLate: Set<string>;
  /** Mirrors that served the first bytes of an artifact, with its question: the artifact is in their cache. */
  readonly served: Set<string>;
  /** The last duration of the requests before the timed part of a probe, by mirror and step. Milliseconds. */
  readonly asides: Map<string, number>;
  /** Since when each mirror is known to work over one address family only, monotonic milliseconds. */
  readonly oneFamily: Map<string, number>;
  /** The size of each artifact, by question. Bytes. */
  readonly downloads: Map<string, number>;
}

/** The roster of one (ecosystem, upstream). Of two mirrors with one URL, the first in the file is used. */
export function rosterOf(config: Config, ecosystem: EcosystemId, upstream: string, client: Client): Roster {
  const mirrors = config.mirrors.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const members = new Map(mirrors.map((mirror) => [mirror.name, client.member(mirror.url)]));
  const byKey = new Map<string, Mirror>();
  for (const mirror of mirrors) {
    const key = members.get(mirror.name)?.key ?? mirror.url;
    if (!byKey.has(key)) byKey.set(key, mirror);
  }
  return { mirrors, members, byKey, inOrder: preferenceOf(mirrors, config.vantage) };
}

/** The chain that clients have by configuration, credentials included. */
export type Declared = (ecosystem: EcosystemId, upstream: string) => string;

/** A chain without members. */
export const noChain: Chain = { members: [], separators: [] };

/** A chain as the client parses it; `null` where it cannot. */
export function parsedOf(client: Client, text: string): Chain | null {
  const parsed = client.parse(text);
  return parsed.tag === 'ok' ? parsed.value : null;
}

/** A new group for each upstream that has mirrors, by its key. */
export function groupsOf(config: Config, registry: Registry, declared: Declared): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClientOf(kind, config);
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem);
    for (const upstream of new Set(mirrors.map((mirror) => mirror.upstream))) {
      const chain = parsedOf(client, declared(ecosystem, upstream));
      groups.set(groupKeyOf(ecosystem, upstream), {
        ecosystem,
        upstream,
        kind,
        client,
        roster: rosterOf(config, ecosystem, upstream, client),
        declared: chain,
        chain,
        open: null,
        accepted: null,
        read: null,
        audit: null,
        lastAcceptMs: null,
        lastAcceptWallMs: null,
        moves: { departures: [], lastMs: null },
        muted: [],
        lookedBack: [],
        contest: newContest(null),
        peeks: newPeeks(null),
        rotas: new Map(),
        isTurnTaken: false,
        around: null,
        outlook: '',
        heard: [],
        targets: new Map(),
        late: new Map(),
        heardLate: new Set(),
        served: new Set(),
        asides: new Map(),
        oneFamily: new Map(),
        downloads: new Map(),
      });
    }
  }
  return groups;
}

/** The key of a group in its row and in the map. */
export function groupKeyOf(ecosystem: string, upstream: string): string {
  return `${ecosystem}/${upstream}`;
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
  if (group.read?.id !== open.id) group.read = { id: open.id, chain: parsedOf(group.client, open.chain.after) };
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

/** The chain of the remedy; without members where there is none. */
export function chainInForce(group: Group): Chain {
  return advisedChainOf(group) ?? noChain;
}

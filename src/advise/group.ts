import { type Advice, type AdviceCause, type Audited, isSlowness } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import { withoutNone } from '../core/judge-rules.ts';
import { type EcosystemId, isSameMirror, type Mirror, type Target, upstreamKeyOf } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import { type Chain, type ChainMember, type Client, showChain } from '../ecosystems/client.ts';
import { type Ecosystem, leadingClientOf } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { Contest } from './comparison/contest.ts';
import type { Departure } from './comparison/home.ts';

/** An open or accepted advice. Times are monotonic milliseconds. */
export interface LiveAdvice {
  advice: Advice;
  /** The chain of the advice, parsed at the first use; `null`: `advice.chain.after` cannot be parsed. */
  chain?: Chain | null;
  readonly issuedMs: number;
  readonly expiresMs: number;
  reminded: boolean;
  /** When the evidence of the time test behind the advice starts; `null`: no such test, or unknown after a restart. */
  readonly fromMs: number | null;
  /** `wordedMs`: when the sentence was last computed. `storedMs`: when it was last stored. */
  wordedMs: number;
  storedMs: number;
}

/**
 * The mirrors of one upstream. `mirrors` has the order of the configuration file. `members` maps a mirror's name to its
 * chain member, `byKey` a member's key to its mirror.
 */
export interface Roster {
  readonly mirrors: readonly Mirror[];
  readonly members: ReadonlyMap<string, ChainMember>;
  readonly byKey: ReadonlyMap<string, Mirror>;
  /** The configured modules of the upstream, in the order of the configuration file. */
  readonly modules: Config['modules'];
  /** Compares two mirror names by the operator's preference (`preferenceOf`). */
  readonly inOrder: (a: string, b: string) => number;
}

/** A switch that an operator dismissed. It is not proposed again for this cause before `untilMs`, wall clock. */
export interface Muted {
  readonly from: string;
  readonly to: string;
  readonly cause: Advice['cause'];
  readonly untilMs: number;
  readonly reason: string;
}

/**
 * The switches of clients between mirrors. A proposed switch counts too, because clients may follow it before it is
 * accepted.
 */
class Moves {
  /** Recent switches away from home (the first declared mirror), oldest first. */
  departures: readonly Departure[] = [];
  /** When a switch was last proposed, withdrawn or accepted, monotonic milliseconds; `null`: never. */
  lastMs: number | null = null;
  /** When advice was last accepted, milliseconds by the monotonic and the wall clock; `null`: never. */
  accept: { readonly atMs: number; readonly wallMs: number } | null = null;
}

/** Chooses the artifact to probe next. */
export interface Rota {
  /** The probed artifacts (their questions), in the order of their last probes. */
  readonly probed: Set<string>;
  /** The number of orders to probe the next artifact that have no result yet. */
  orders: number;
  /** The artifact that was probed last, perhaps before a restart; `null`: none. */
  last: string | null;
}

export function newRota(last: string | null = null): Rota {
  return { probed: new Set(), orders: 0, last };
}

/** Gaps between starts of light probes, monotonic milliseconds. */
class LightGaps {
  /** When the last light probe started. */
  lastMs = Number.NEGATIVE_INFINITY;
  /** When the current interval of the canary began. */
  fromMs = Number.NEGATIVE_INFINITY;
  /** The longest gap in the current interval so far; 0: none. */
  longestMs = 0;
  /** The longest gap in the previous interval of the canary; 0: not known. */
  beforeMs = 0;
}

/** The peeks (probes of first bytes) at the artifacts of the head. */
export class Peeks {
  head: string | null;
  lastMs = Number.NEGATIVE_INFINITY;
  /** When the peek before the last one was ordered. If the last peek cannot be sent, `lastMs` gets this value again. */
  beforeMs = Number.NEGATIVE_INFINITY;
  /** The gaps between light probes of the head. Probes that are less frequent than the canary do not count. */
  readonly gaps = new LightGaps();
  /** Durations of good peeks, oldest first. Milliseconds. */
  readonly took: number[] = [];
  /** The question (request) to recheck next, and whether its probe failed or was slow; `null`: none. */
  odd: { readonly question: string; readonly hasFailed: boolean } | null = null;
  /** The artifact of the last failed peek; `null`: none failed, or the whole artifact was downloaded since. */
  failed: string | null = null;

  constructor(head: string | null) {
    this.head = head;
  }
}

export class Probing {
  /** The probed targets of the steps of a fetch, by question (request) and mirror name. */
  targets = new Map<string, Map<string, Target>>();
  /** The sizes of artifacts in bytes, by question. */
  readonly sizes = new Map<string, number>();
  /** `<mirror> <question>` of each artifact whose first bytes the mirror has served. */
  readonly served = new Set<string>();
  /** Ids of failing light targets of steps that no fetch needs, by `<mirror> <step>`. */
  readonly failing = new Map<string, Set<string>>();
  peeks = new Peeks(null);
  readonly rotas = new Map<string, Rota>();
  isTurnTaken = false;
}

export class LateProbes {
  /**
   * Light probes that are late, by probe id. They count as failures once a later probe of another mirror succeeds, or
   * another probe of their mirror fails.
   */
  readonly held = new Map<string, SettledSample>();
  /** Ids of probes that counted as late: their response does not count again. */
  readonly counted = new Set<string>();
  /**
   * How long the preliminary requests (for a token, an index) of the last probe took, by mirror and step. Milliseconds.
   */
  readonly asides = new Map<string, number>();
  /** When each mirror was found to work over only one address family (IPv4 or IPv6), monotonic milliseconds. */
  readonly oneFamily = new Map<string, number>();
}

/** The advisor's state of one (ecosystem, upstream). */
export interface Group {
  readonly upstream: string;
  readonly kind: Ecosystem;
  /** The client whose chain is advised. */
  readonly client: Client;
  roster: Roster;
  /** The configured or default chain; `null`: it cannot be parsed. */
  declared: Chain | null;
  chain: Chain | null;
  open: LiveAdvice | null;
  accepted: LiveAdvice | null;
  /** The accepted advice that is still to be audited; `null`: none. */
  audit: Advice | null;
  readonly moves: Moves;
  muted: readonly Muted[];
  audited: readonly Audited[];
  readonly contest: Contest;
  readonly probing: Probing;
  readonly late: LateProbes;
}

/**
 * Finds the mirrors and modules of one upstream. If several mirrors have the same URL, `byKey` has the first of them in
 * the configuration file.
 */
export function rosterOf(config: Config, ecosystem: EcosystemId, upstream: string, client: Client): Roster {
  const mirrors = config.mirrors.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const members = new Map(mirrors.map((mirror) => [mirror.name, client.member(mirror.url)]));
  const byKey = new Map<string, Mirror>();
  for (const mirror of mirrors) {
    const key = members.get(mirror.name)?.key ?? mirror.url;
    if (!byKey.has(key)) byKey.set(key, mirror);
  }
  const modules = config.modules.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  return { mirrors, members, byKey, modules, inOrder: preferenceOf(mirrors, config.vantage) };
}

/** Returns the configured or default chain of an upstream as text, credentials included. */
export type Declared = (ecosystem: EcosystemId, upstream: string) => string;

export const noChain: Chain = { members: [], separators: [] };

/** Parses a chain as the client does; `null`: the client cannot parse it. */
export function parsedOf(client: Client, text: string): Chain | null {
  const parsed = client.parse(text);
  return parsed.tag === 'ok' ? parsed.value : null;
}

/** Makes a new group for each upstream that has mirrors. The keys are those of `upstreamKeyOf`. */
export function groupsOf(config: Config, registry: Registry, declared: Declared, without = withoutNone) {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClientOf(kind, config);
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem);
    for (const upstream of new Set(mirrors.map((mirror) => mirror.upstream))) {
      const chain = parsedOf(client, declared(ecosystem, upstream));
      groups.set(upstreamKeyOf({ ecosystem, upstream }), {
        upstream,
        kind,
        client,
        roster: rosterOf(config, ecosystem, upstream, client),
        declared: chain,
        chain,
        open: null,
        accepted: null,
        audit: null,
        moves: new Moves(),
        muted: [],
        audited: [],
        contest: new Contest(null, without),
        probing: new Probing(),
        late: new LateProbes(),
      });
    }
  }
  return groups;
}

export function memberOf(group: Group, mirror: Mirror): ChainMember {
  return group.roster.members.get(mirror.name) ?? group.client.member(mirror.url);
}

export function mirrorAt(group: Group, member: ChainMember | undefined): Mirror | null {
  return member?.kind === 'url' ? (group.roster.byKey.get(member.key) ?? null) : null;
}

/** The proposed chain, else the accepted, else the declared one; `null`: none can be parsed. */
export function advisedChainOf(group: Group): Chain | null {
  const { open, client, chain } = group;
  if (open?.advice.state !== 'proposed') return chain;
  if (open.chain === undefined) open.chain = parsedOf(client, open.advice.chain.after);
  return open.chain ?? chain;
}

/** If `to` is absent, a switch to any mirror. */
type Switch = Pick<Muted, 'from' | 'cause'> & { readonly to?: string | undefined };

/** The latest dismissal by an operator that suppresses a switch now; `null`: none. */
export function findDismissal({ muted }: Group, { from, to, cause }: Switch, wallMs: number): Muted | null {
  const isOfSwitch = (one: Muted): boolean => one.from === from && (to === undefined || one.to === to);
  return muted.findLast((one) => isOfSwitch(one) && isAlike(one.cause, cause) && one.untilMs > wallMs) ?? null;
}

/** True for equal causes, and if both are slowness: whether a finding explains it is no reason to ask an operator again. */
function isAlike(one: AdviceCause, other: AdviceCause): boolean {
  return one === other || (isSlowness(one) && isSlowness(other));
}

/** The mirror behind the first member of the advised chain; `null`: it is not monitored. */
export function headOf(group: Group): Mirror | null {
  return mirrorAt(group, advisedChainOf(group)?.members[0]);
}

/** The mirror behind the first member of the declared chain; `null`: it is not monitored. */
export function homeOf(group: Group): Mirror | null {
  return mirrorAt(group, group.declared?.members[0]);
}

export function chainInForce(group: Group): Chain {
  return advisedChainOf(group) ?? noChain;
}

/**
 * The audit of accepted advice starts after this many times `advise.hold`. It is repeated until there is a verdict, at
 * most until `advise.ttl` after the acceptance.
 */
const auditHolds = 3;

/** True once accepted advice has been in force for long enough to be audited. */
export function isAuditDue(accept: { readonly atMs: number } | null, nowMs: number, { advise }: Config): boolean {
  return accept !== null && nowMs - accept.atMs >= auditHolds * advise.holdMs;
}

/** The names of the mirrors whose configuration did not change. */
export function unchangedIn(next: Config, before: Config): ReadonlySet<string> {
  const known = new Map(before.mirrors.map((mirror) => [mirror.name, mirror]));
  const isUnchanged = (mirror: Mirror): boolean => {
    const old = known.get(mirror.name);
    return old !== undefined && isSameMirror(old, mirror);
  };
  return new Set(next.mirrors.filter(isUnchanged).map(({ name }) => name));
}

export function chainTextOf(chain: Chain | null): string | null {
  return chain === null ? null : showChain(chain);
}

/**
 * Compares two mirror names by weight, then by capacity, then by order in the configuration file. Mirrors of small
 * capacity are ordered by a hash of the vantage (the daemon's place) and the name, so that daemons at different places
 * prefer different mirrors.
 */
export function preferenceOf(mirrors: readonly Mirror[], vantage: string): (a: string, b: string) => number {
  const places = new Map(mirrors.map((mirror, at) => [mirror.name, { mirror, at }]));
  return (a, b) => {
    const [one, other] = [places.get(a), places.get(b)];
    if (one === undefined || other === undefined) return 0;
    const byWeight = (other.mirror.weight ?? 0) - (one.mirror.weight ?? 0);
    if (byWeight !== 0) return byWeight;
    const bySize = Number(isSmall(one.mirror)) - Number(isSmall(other.mirror));
    if (bySize !== 0) return bySize;
    if (isSmall(one.mirror)) return hash(`${vantage}\n${b}`) - hash(`${vantage}\n${a}`);
    return one.at - other.at;
  };
}

function isSmall(mirror: Mirror): boolean {
  return mirror.capacity === 'small';
}

/** FNV-1a with a final mix, so that names that differ in one letter get distant hashes. */
function hash(text: string): number {
  let word = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) word = Math.imul(word ^ text.charCodeAt(at), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  return (word ^ (word >>> 13)) >>> 0;
}

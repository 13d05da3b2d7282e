import type { Advice, LookedBack } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Target } from '../core/target.ts';
import type { Chain, ChainMember, Client } from '../ecosystems/client.ts';
import { type Ecosystem, leadingClient } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { newPeeks, type Peeks, type Rota } from './first-bytes.ts';
import { type Contest, type HeadOutcome, newContest, type Surroundings } from './tests/contest.ts';

/** An advice that still matters, with its times on the monotonic clock. */
export interface LiveAdvice {
  advice: Advice;
  readonly issuedMs: number;
  readonly expiresMs: number;
  reminded: boolean;
  /** Since when the test of time spoke that it rests on, monotonic; `null`: none did, or before a restart. */
  readonly fromMs: number | null;
  /** When its sentence was last said and last stored, monotonic. */
  saidMs: number;
  storedMs: number;
}

/** The mirrors of a group and how chains name them; made once for each configuration. */
export interface Roster {
  readonly mirrors: readonly Mirror[];
  readonly members: ReadonlyMap<string, ChainMember>;
  readonly byKey: ReadonlyMap<string, Mirror>;
}

/** One thing that a person does not want to be told: this move, for this cause, until then (wall milliseconds). */
export interface Muted {
  readonly from: string;
  readonly to: string;
  readonly cause: Advice['cause'];
  readonly untilMs: number;
  readonly reason: string;
}

/** Where clients were told to go, and when: who follows the remedy without a word is moved no more often than who accepts. */
export interface Moves {
  /** Proposals that led away from home, monotonic milliseconds, oldest first. */
  departures: readonly number[];
  /** The last accept or proposal, whichever is later, monotonic milliseconds; `null`: none yet. */
  lastMs: number | null;
}

/** What advise holds of one (ecosystem, upstream). */
export interface Group {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  /** What it is a kind of: declarations of its steps and clients. */
  readonly kind: Ecosystem;
  /** The client whose chain decides. */
  readonly client: Client;
  /** All mirrors of the group, in the order of the file, with their members of a chain by name and by key. */
  roster: Roster;
  /** By configuration; `null` where it cannot be read. */
  declared: Chain | null;
  /** In force: the accepted chain, else the declared one. */
  chain: Chain | null;
  /** Proposed or refused. */
  open: LiveAdvice | null;
  accepted: LiveAdvice | null;
  /** The chain of the last proposal that was read, so that it is read once. */
  read: { readonly id: string; readonly chain: Chain | null } | null;
  /** Accepted last and still to be looked back at, also where it led back to the declared chain; `null`: none. */
  audit: Advice | null;
  /** Monotonic; `null`: nothing accepted yet. */
  lastAcceptMs: number | null;
  lastAcceptWallMs: number | null;
  readonly moves: Moves;
  muted: readonly Muted[];
  /** What became of accepted advice, oldest first, bounded. */
  lookedBack: readonly LookedBack[];
  /** The answers of all its mirrors, compared. */
  readonly contest: Contest;
  /** The first bytes of its head's artifacts. */
  peeks: Peeks;
  /** Whose turn it is among the artifacts of each mirror, by its name. */
  readonly rotas: Map<string, Rota>;
  /** A turn was taken since the row of the group was written. */
  isTurnTaken: boolean;
  /** What the comparison goes by, as of the last decision. */
  around: Surroundings | null;
  /** What `around` was made of, as a text; empty: make it anew. */
  outlook: string;
  /** What the head did since the last decision. */
  heard: HeadOutcome[];
  /** Who is asked what, by question and mirror. */
  readonly targets: Map<string, Map<string, Target>>;
  /** Light probes of the head that are late, as they are heard once it is no fault of ours, by probe. */
  readonly late: Map<string, SettledSample>;
  /** Probes that were heard as late already: their answer says nothing more. */
  readonly heardLate: Set<string>;
  /** Mirrors that served the first bytes of an artifact, with its question: it is in their cache. */
  readonly served: Set<string>;
  /** How long what comes before the timed part of a probe took last, by mirror and step. Milliseconds. */
  readonly asides: Map<string, number>;
  /** How large each artifact is, by question. Bytes. */
  readonly downloads: Map<string, number>;
}

/** The roster of one (ecosystem, upstream). Of two mirrors with one URL the first in the file stands for it. */
export function rosterOf(config: Config, ecosystem: EcosystemId, upstream: string, client: Client): Roster {
  const mirrors = config.mirrors.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const members = new Map(mirrors.map((mirror) => [mirror.name, client.member(mirror.url)]));
  const byKey = new Map<string, Mirror>();
  for (const mirror of mirrors) {
    const key = members.get(mirror.name)?.key ?? mirror.url;
    if (!byKey.has(key)) byKey.set(key, mirror);
  }
  return { mirrors, members, byKey };
}

/** The chain that clients use by configuration, credentials included. */
export type Declared = (ecosystem: EcosystemId, upstream: string) => string;

/** A chain as a client reads it; `null` where it cannot. */
export function parsedOf(client: Client, text: string): Chain | null {
  const parsed = client.parse(text);
  return parsed.tag === 'ok' ? parsed.value : null;
}

/** A fresh group for each upstream that has mirrors, by its key. */
export function groupsOf(config: Config, registry: Registry, declared: Declared): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClient(kind, config);
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
        downloads: new Map(),
      });
    }
  }
  return groups;
}

/** The key of a group's row and of its place in the map. */
export function groupKeyOf(ecosystem: string, upstream: string): string {
  return `${ecosystem}/${upstream}`;
}

/**
 * What a scenario is: a world whose truth is known, a daemon-eye view of it (`ask`, `control`), and what clients would
 * pay in it (`buildCost`). All times are milliseconds from the world's start, all randomness is a function of the seed and
 * what is asked, so the same question at the same millisecond has the same answer for every policy.
 */

/** Light questions first; `zip` is heavy. `sumdb` has neither module nor version, `list` and `latest` no version. */
export type WorldStep = 'mod' | 'info' | 'list' | 'latest' | 'sumdb' | 'zip';

/** One question to one mirror. */
export interface Question {
  readonly step: WorldStep;
  readonly module: string | null;
  readonly version: string | null;
  /** Asked over this family alone; left out, or where the mirror has only the other: what a resolver puts first. */
  readonly family?: 4 | 6;
  /** The asker reads no further than this. */
  readonly bytesMax?: number;
}

/** Reasons of core/failure.ts that worlds use. Timeouts are not among them: an answer that never comes is `tookMs: Infinity`. */
export type WorldReason =
  | 'resolve_not_found'
  | 'resolve_failed'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'cut'
  | 'tls_expired'
  | 'tls_untrusted'
  | 'tls_name'
  | 'throttled'
  | 'denied'
  | 'absent'
  | 'server'
  | 'wrong_content'
  | 'malformed'
  | 'masked_upstream'
  | 'mismatch';

/** What comes back from a mirror: over the line of the place we watch from, so own-line trouble is in it. */
export interface Answer {
  /** Until the whole answer, or the failure, was seen; `Infinity`: never, the asker's deadline cuts it. */
  readonly tookMs: number;
  /** `null`: a good answer. */
  readonly reason: WorldReason | null;
  /** HTTP status; `null` where no head arrived. */
  readonly status: number | null;
  /** `Retry-After`, milliseconds. */
  readonly retryAfterMs: number | null;
  /** Body bytes. */
  readonly bytes: number;
  readonly cache: 'hit' | 'miss' | null;
  /** Family that answered; a broken family shows as a failure over that family alone. */
  readonly family: 4 | 6;
  /** Days until the certificate expires; `null` over plain HTTP or without a handshake. */
  readonly certificateDays: number | null;
  /** What keeps it from being judged at all and is ours: a dead resolver, a dead proxy. `null`: judge it. */
  readonly unknown: 'resolver' | 'proxy' | null;
}

export interface WorldMirror {
  readonly name: string;
  /** Base URL; host and port decide independence together with `address`. */
  readonly url: string;
  readonly address: string;
  readonly upstream: string;
  readonly role: 'mirror' | 'origin';
  readonly weight: number | null;
}

/** The configuration a world is watched with. */
export interface WorldSetup {
  /** Whose mirrors they are; left out: Go's. What the players of this folder know is Go's alone, the daemon knows all. */
  readonly ecosystem?: string;
  /** 1 to 20, of 1 to 3 upstreams. */
  readonly mirrors: readonly WorldMirror[];
  readonly modules: readonly { readonly upstream: string; readonly module: string; readonly version: string }[];
  readonly controls: readonly { readonly name: string; readonly url: string }[];
  /** `schedule.every`, 5 s to 5 min. The other paces are the defaults. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** What clients of each upstream use today: names of mirrors, `direct`, `off`, with separators: `a,b|direct`. */
  readonly chains: Readonly<Record<string, string>>;
}

/** What happens to the daemon itself. */
export type WorldEvent =
  | { readonly atMs: number; readonly kind: 'restart'; readonly downMs: number }
  | { readonly atMs: number; readonly kind: 'reload'; readonly setup: WorldSetup }
  | { readonly atMs: number; readonly kind: 'stall'; readonly forMs: number }
  | { readonly atMs: number; readonly kind: 'clock_jump'; readonly byMs: number };

/** A stretch in which, by truth, something is wrong with the head of the declared chain, or with our own line. */
export interface Incident {
  readonly upstream: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** `them`: a mirror; `us`: our own line, resolver, process or clock. */
  readonly whose: 'them' | 'us';
  readonly what: string;
}

/** A client's chain: `members` are names of mirrors, `direct` or `off`; `separators[i]` stands behind member `i`. */
export interface WorldChain {
  readonly members: readonly string[];
  readonly separators: readonly (',' | '|')[];
}

export interface World {
  readonly family: string;
  /** A row of the report; families of one kind stand together. */
  readonly group: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly setup: WorldSetup;
  readonly events: readonly WorldEvent[];
  readonly incidents: readonly Incident[];
  /** True where nothing is wrong with any mirror all along: whatever moves is a false move. */
  readonly isCalm: boolean;
  /** What a mirror answers to a question whose first byte leaves at `atMs`. Cold connection. */
  ask(mirror: string, question: Question, atMs: number): Answer;
  /** The same for one asker who begins now, where mirrors count how often each asks; left out: none does. */
  asker?(): World['ask'];
  control(name: string, atMs: number): { readonly answered: boolean; readonly tookMs: number };
  /**
   * What one build costs in expectation by truth, seconds, for clients of `upstream` that use `chain` at `atMs`:
   * its time, and 300 for the share that fails. Own-line trouble that moving cannot help is in it, alike for every chain.
   */
  buildCost(upstream: string, chain: WorldChain, atMs: number): number;
  /** What of `buildCost` is our own line's at `atMs`, alike for every chain; 0 or left out: none. Without it moves compare. */
  ownLineCost?(atMs: number): number;
}

/** One family of worlds: everything about it is drawn from the seed. Even seeds choose constants, odd seeds are reported. */
export interface Family {
  readonly name: string;
  readonly group: string;
  /** What is wrong, in one line. */
  readonly what: string;
  readonly make: (seed: number) => World;
}

/** Builds of each upstream in an hour, evenly. */
export const buildsPerHour = 30;
/** What a failed build costs, seconds. */
export const failedBuildSeconds = 300;

/** What a policy told clients to do: from `atMs` on the chain `chain` of `upstream` is what is advised. */
export interface Move {
  readonly atMs: number;
  readonly upstream: string;
  readonly chain: WorldChain;
  /** Why, for reading a run. */
  readonly why: string;
}

/** What came of one policy in one world. */
export interface Played {
  readonly moves: readonly Move[];
  /** Messages a person would have got: advice and findings, by kind and change. */
  readonly notices: readonly {
    readonly atMs: number;
    readonly what: string;
    /** It changes a message they have, or comes in one card with another; absent: it is a message of its own. */
    readonly isAdded?: boolean;
  }[];
  /** Probes made, by purpose. */
  readonly probes: { readonly scheduled: number; readonly extra: number };
  /** Moves by choice to a mirror that the table of the same decision scored worse; absent: the player has no table. */
  readonly againstTable?: readonly string[];
}

/** Anything that can be played in a world. */
export interface Player {
  readonly name: string;
  play(world: World): Played;
}

/**
 * A scenario is a simulated world whose true state is known. It gives the responses that a daemon sees (`ask`,
 * `control`) and the true costs of its clients (`buildCost`). All times are milliseconds from the start of the world.
 * All randomness is a function of the seed and the request. So the same request at the same millisecond gets the same
 * response with every policy.
 */

/**
 * The steps (kinds of request) of a world. `zip` is heavy, the others are light. `sumdb` has neither module nor
 * version, `list` and `latest` have no version.
 */
export type WorldStep = 'mod' | 'info' | 'list' | 'latest' | 'sumdb' | 'zip';

/** One request to one mirror. */
export interface Question {
  readonly step: WorldStep;
  readonly module: string | null;
  readonly version: string | null;
  /**
   * The address family of the connection; absent: IPv6 if the mirror has it. A mirror with only one family ignores this
   * field.
   */
  readonly family?: 4 | 6;
  /** The client reads at most this many bytes of the body; absent: all. */
  readonly bytesMax?: number;
}

/**
 * The reasons of core/failure.ts that worlds use. They contain no timeout: a response that never arrives has `tookMs:
 * Infinity`.
 */
export type WorldReason =
  | 'resolve_not_found'
  | 'resolve_failed'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'proxy'
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

/** The response of a mirror as the daemon sees it. It includes faults of the daemon's own network. */
export interface Answer {
  /**
   * Milliseconds until the whole response, or the failure, was seen; `Infinity`: never, so the timeout of the probe
   * ends it.
   */
  readonly tookMs: number;
  /** `null`: a good response. */
  readonly reason: WorldReason | null;
  /** HTTP status; `null`: no response header arrived. */
  readonly status: number | null;
  /** `Retry-After`, milliseconds. */
  readonly retryAfterMs: number | null;
  /** Size of the body. */
  readonly bytes: number;
  readonly cache: 'hit' | 'miss' | null;
  /** Address family of the connection. If one family is broken, only requests over that family fail. */
  readonly family: 4 | 6;
  /** Days until the certificate expires; `null` over plain HTTP or without a handshake. */
  readonly certificateDays: number | null;
  /**
   * The part of the daemon's own environment that failed: the resolver. The daemon then cannot judge the
   * response. `null`: it can.
   */
  readonly unknown: 'resolver' | null;
}

export interface WorldMirror {
  readonly name: string;
  /** Base URL. Its host and port, and `address`, decide whether two mirrors are independent. */
  readonly url: string;
  readonly address: string;
  readonly upstream: string;
  readonly role: 'mirror' | 'origin';
  readonly weight: number | null;
}

/** The configuration with which a daemon monitors a world. */
export interface WorldSetup {
  /**
   * The ecosystem of the mirrors; absent: Go. The players of this folder know only Go, the daemon knows every
   * ecosystem.
   */
  readonly ecosystem?: string;
  /** 1 to 20 mirrors of 1 to 3 upstreams. */
  readonly mirrors: readonly WorldMirror[];
  readonly modules: readonly { readonly upstream: string; readonly module: string; readonly version: string }[];
  readonly controls: readonly { readonly name: string; readonly url: string }[];
  /** The interval of the canary (`schedule.every`), 5 s to 5 min. Other intervals are the defaults. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /**
   * By upstream: the chain that clients use at the start. Members are names of mirrors, `direct` and `off`, with
   * separators: `a,b|direct`.
   */
  readonly chains: Readonly<Record<string, string>>;
}

/** An event of the daemon itself, not of a mirror. */
export type WorldEvent =
  | { readonly atMs: number; readonly kind: 'restart'; readonly downMs: number }
  | { readonly atMs: number; readonly kind: 'reload'; readonly setup: WorldSetup }
  | { readonly atMs: number; readonly kind: 'stall'; readonly forMs: number }
  | { readonly atMs: number; readonly kind: 'clock_jump'; readonly byMs: number };

/** A period in which the head of the declared chain, or the daemon's own network, really has a fault. */
export interface Incident {
  readonly upstream: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** `them`: a mirror. `us`: the daemon's own network, resolver, process or clock. */
  readonly whose: 'them' | 'us';
  readonly what: string;
}

/** A client's chain: `members` are names of mirrors, `direct` or `off`; `separators[i]` follows member `i`. */
export interface WorldChain {
  readonly members: readonly string[];
  readonly separators: readonly (',' | '|')[];
}

export interface World {
  readonly family: string;
  /** The group of the family in the report, for example `network`. */
  readonly group: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly setup: WorldSetup;
  readonly events: readonly WorldEvent[];
  readonly incidents: readonly Incident[];
  /** True if no mirror ever has a fault. Then every move is a false move. */
  readonly isCalm: boolean;
  /** The response of a mirror to a request over a new connection, whose first byte is sent at `atMs`. */
  ask(mirror: string, question: Question, atMs: number): Answer;
  /**
   * Makes an `ask` for one client that starts now, in worlds in which mirrors count the requests of each client (429).
   * Absent: no mirror counts requests.
   */
  asker?(): World['ask'];
  control(name: string, atMs: number): { readonly answered: boolean; readonly tookMs: number };
  /**
   * The true expected cost of one build, seconds, for clients of `upstream` that use `chain` at `atMs`: its time, plus
   * 300 × the share of builds that fail. A fault of the daemon's own network adds the same cost to every chain.
   */
  buildCost(upstream: string, chain: WorldChain, atMs: number): number;
  /**
   * The part of `buildCost` that a fault of the daemon's own network causes, the same for every chain; 0 or absent:
   * none. Costs of chains are compared without it.
   */
  ownLineCost?(atMs: number): number;
}

/**
 * A family: a kind of world, with one kind of fault. A seed determines each world. Odd seeds are used to choose
 * constants, even seeds are reported.
 */
export interface Family {
  readonly name: string;
  readonly group: string;
  /** The fault, in one line. */
  readonly what: string;
  readonly make: (seed: number) => World;
}

/** The cost of a failed build, seconds. */
export const failedBuildSeconds = 300;

/** A change of the advised chain: from `atMs` on, clients of `upstream` are advised to use `chain`. */
export interface Move {
  readonly atMs: number;
  readonly upstream: string;
  readonly chain: WorldChain;
  /** The reason, for a person who reads the trace of a run. */
  readonly why: string;
}

/** What one player did in one world. */
export interface Played {
  readonly moves: readonly Move[];
  /** The messages that a person would get: advice and findings, by kind and change. */
  readonly notices: readonly {
    readonly atMs: number;
    readonly what: string;
    /**
     * True: it changes an earlier message, or shares a card with another notice; absent: it is a message of its own.
     */
    readonly isAdded?: boolean;
  }[];
  /** The number of probes: `scheduled`, and `extra` beyond the schedule. */
  readonly probes: { readonly scheduled: number; readonly extra: number };
  /**
   * Moves by choice to a mirror with a worse score in the table of candidates of the same decision; absent: the player
   * has no such table.
   */
  readonly againstTable?: readonly string[];
}

/** A policy that decides which chain clients use. It is scored in simulated worlds. */
export interface Player {
  readonly name: string;
  play(world: World): Played;
}

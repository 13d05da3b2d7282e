/**
 * The cost for a client with an empty cache of verifying one artifact against an authority, besides the artifact itself:
 * requests, and waiting time in milliseconds.
 */
export interface Cost {
  readonly requests: number;
  readonly ms: number;
}

/** The cost both ways. A client with verification switched off has none. */
export interface AuthorityCost {
  /** Through the mirror's relay, over the client's existing connection to it; `null`: the mirror has no relay. */
  readonly relayed: Cost | null;
  /** From the authority itself, over a connection of its own; `null`: not reachable from here, or not probed. */
  readonly direct: Cost | null;
}

/**
 * What holding one artifact against an authority costs a client that has nothing of it in its cache yet, beside the artifact:
 * requests, and the milliseconds that it waits for them.
 */
export interface Cost {
  readonly requests: number;
  readonly ms: number;
}

/** The same two ways; switched off, it costs nothing. */
export interface AuthorityCost {
  /** Through the mirror's relay, over the connection that a client has to it anyway; `null`: it offers none. */
  readonly relayed: Cost | null;
  /** The authority itself, over a connection of its own; `null`: out of reach from here, or not asked. */
  readonly direct: Cost | null;
}

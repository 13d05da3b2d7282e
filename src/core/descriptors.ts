import { limits } from './limits.ts';

/** Limits of connections and probes that follow from the file descriptors of this process. */
export interface DescriptorBounds {
  /** The maximum number of client connections, in total and per address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** The maximum number of sockets to mirrors. */
  readonly outgoing: number;
  /** The maximum number of concurrent probes or relayed responses. */
  readonly exchanges: number;
}

/**
 * Divides the file descriptors: `limits.descriptorsOwn` for the process itself, half of the rest for clients, half for
 * mirrors. If there are too few, minimum bounds keep the daemon working, although together they may exceed the limit.
 * @param count  the descriptor limit of this process; `null`: not known, so that only `limits` applies
 */
export function descriptorBoundsFor(count: number | null): DescriptorBounds {
  const half = count === null ? Number.POSITIVE_INFINITY : Math.floor((count - limits.descriptorsOwn) / 2);
  const connections = Math.min(limits.connections, Math.max(half, limits.scrapesAtOnce));
  const outgoing = Math.max(half, limits.scrapesAtOnce);
  return {
    connections,
    connectionsPerAddress: Math.min(limits.connectionsPerAddress, Math.ceil(connections / 2)),
    outgoing,
    exchanges: Math.floor(outgoing / limits.descriptorsPerExchange),
  };
}

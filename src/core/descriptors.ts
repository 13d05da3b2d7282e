import { limits } from './limits.ts';

/** What the file descriptors of this process allow. */
export interface DescriptorBounds {
  /** Connections of clients, over all addresses and per address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Sockets towards mirrors. */
  readonly outgoing: number;
  /** Probes, or relayed responses, at once. */
  readonly exchanges: number;
}

/**
 * Divides descriptors: `limits.descriptorsOwn` for the process itself, half of the rest for clients, half for mirrors.
 * With too few of them, the least bounds still let the daemon work, and may be exceeded.
 * @param count  the limit of this process; `null`: not known, so that `limits` alone bound
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

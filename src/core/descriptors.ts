import { limits } from './limits.ts';

/**
 * Derives limits of connections and probes from the file descriptors: `limits.descriptorsOwn` for the process itself,
 * half of the rest for clients, half for mirrors. If there are too few, minimum bounds keep the daemon working, although
 * together they may exceed the limit.
 * @param count  the descriptor limit of this process; `null`: not known, so that only `limits` applies
 * @returns  the maximum numbers of client connections in total and per address, of sockets to mirrors (`outgoing`), and
 *   of concurrent probes or relayed responses (`exchanges`)
 */
export function descriptorBoundsFor(count: number | null) {
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
